"""Small environments for tests about workers far away. Not collected as tests."""

import os

from tasks.factory import EnvFactory
from tests.toy_envs import Countdown, Push


def odd_factory(name: str) -> EnvFactory:
    """The recipe for one of the classes below."""
    return EnvFactory(name, f"{__name__}:{name}")


class Scribbler(Push):
    """Doubles its action in place, and gives it as the reward."""

    def step(self, action):
        action *= 2
        obs, _, *rest = super().step(action)
        return obs, float(action[0]), *rest


class ProcessTeller(Countdown):
    """Draws the id of its process."""

    def __init__(self) -> None:
        super().__init__(render_mode="ansi")

    def render(self):
        return os.getpid()
