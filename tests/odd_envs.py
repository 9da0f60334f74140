"""Small environments for tests about workers far away, and about masks. Not collected as tests."""

import os
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from tasks.factory import EnvFactory
from tests.toy_envs import Countdown, Masked, Push


def odd_factory(name: str, **kwargs: Any) -> EnvFactory:
    """The recipe for one of the classes below."""
    return EnvFactory(name, f"{__name__}:{name}", kwargs)


class Scribbler(Push):
    """Doubles its action in place, and gives it as the reward."""

    def step(self, action):
        action *= 2
        obs, _, *rest = super().step(action)
        return obs, float(action[0]), *rest


class WearsOut(Countdown):
    """Fails after more steps than a check takes before it times."""

    def __init__(self) -> None:
        super().__init__(length=8)
        self.total = 0

    def step(self, action):
        self.total += 1
        if self.total > 500:
            raise OSError("the battery is empty")
        return super().step(action)


class ProcessTeller(Countdown):
    """Draws the id of its process."""

    def __init__(self) -> None:
        super().__init__(render_mode="ansi")

    def render(self):
        return os.getpid()


class Spaceless(gym.Env):
    """Does not say what is observed."""

    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {}


class Uneven(Countdown):
    """The first one that is made sees less than the others."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        width = 3
        try:
            Path(folder, "taken").mkdir()
            width = 2
        except FileExistsError:
            pass
        self.observation_space = gym.spaces.Box(-1.0, 1.0, (width,), np.float32)


class FourBelowALimit(gym.Env):
    """Steps as before Gymnasium, but takes a seed: a time limit around it cannot read it."""

    observation_space = gym.spaces.Box(-1.0, 1.0, (1,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return self.np_random.uniform(-1, 1, 1).astype(np.float32), {}

    def step(self, action):
        self.time += 1
        return self.np_random.uniform(-1, 1, 1).astype(np.float32), 1.0, self.time == 9, {}


class ShortMask(Masked):
    """Forgets an action in its second step."""

    def get_action_mask(self):
        return super().get_action_mask()[: 2 if self.time == 2 else 3]


class NothingAllowed(Masked):
    """Forbids everything in its second step."""

    def get_action_mask(self):
        return super().get_action_mask() & (self.time != 2)
