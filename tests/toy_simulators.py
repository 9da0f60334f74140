"""Small simulators with known behaviour, and ways to make one of them wrong."""

from typing import Any

import numpy as np
import torch
from gymnasium import spaces

from tasks.factory import EnvFactory
from tasks.simulators.base import Simulator
from tasks.simulators.recipe import SimulatorClass
from tasks.vec_env.simulator_env import SimulatorVecEnv

WIDE = np.full(2, np.inf, np.float32)


def pay(before, action, after):
    return action.float()


def clock(before, action, after):
    return after["time"]


class Counter(Simulator):
    """Counts by `stride` from a random offset in [0, 0.5]; ends at 3 where its row's action was 1."""

    observation_space = spaces.Box(-WIDE, WIDE)
    action_space = spaces.Discrete(2)
    parameters = {"stride": 1.0}
    rewards = {"pay": pay}

    def start(self):
        return {"time": torch.zeros(self.num_envs, device=self.device), "offset": self.uniform(0.0, 0.5)}

    def advance(self, state, action):
        return {"time": state["time"] + self.world.stride, "offset": state["offset"]}

    def observe(self, state):
        return torch.stack((state["time"], state["offset"]), dim=1)

    def terminated(self, state):
        return (state["time"] >= 3) & (state["offset"] > 0.25)

    def succeeded(self, state):
        return state["time"] >= 3


class Swapping(Counter):
    """Remembers the time before: a state that is another one's old value."""

    def start(self):
        return {**super().start(), "before": torch.zeros(self.num_envs)}

    def advance(self, state, action):
        return {**super().advance(state, action), "before": state["time"]}

    def observe(self, state):
        return torch.stack((state["time"], state["before"]), dim=1)


class Hurrying(Counter):
    """Counts by twice its stride."""

    def derive(self, world):
        return {"pace": 2 * world.stride}

    def advance(self, state, action):
        return {"time": state["time"] + self.world.pace, "offset": state["offset"]}


class Goals(Counter):
    """A Dict of observations, two rewards, two choices."""

    observation_space = spaces.Dict({"time": spaces.Box(0.0, 9.0, (1,)), "goal": spaces.Box(0.0, 1.0, (1,))})
    action_space = spaces.Tuple([spaces.Discrete(2), spaces.Discrete(3)])
    rewards = {"pay": lambda before, action, after: action.sum(dim=1).float(), "clock": clock}

    def observe(self, state):
        return {"time": state["time"].clone()[:, None], "goal": state["offset"].clone()[:, None]}

    def terminated(self, state):
        return state["time"] >= 3


class Diverging(Counter):
    """Row 2's time is not a number from the third step on, until its episode ends."""

    rewards = {"alive": pay}

    def advance(self, state, action):
        after = super().advance(state, action)
        row = torch.arange(self.num_envs) == 2
        return {**after, "time": after["time"].masked_fill(row & (after["time"] == 3), torch.nan)}


class NeverSays(Counter):
    """Does not say what a success is."""

    def succeeded(self, state):
        return None


def toy_simulator(
    name: str = "Counter", num_envs: int = 4, limit: int | None = 5, seed: int = 0, **kwargs: Any
) -> SimulatorVecEnv:
    """One of the above behind the contract."""
    source = SimulatorClass(f"tests.toy_simulators:{name}")
    factory = EnvFactory(name, source, kwargs, max_episode_steps=limit)
    return SimulatorVecEnv(factory, num_envs, "cpu", seed=seed)


class Unpaid(Counter):
    """Rewards nothing."""

    rewards = {}
