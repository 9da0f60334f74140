"""Cuts episodes off for all rows at once, in place of a wrapper around each. Steps nothing.

What `gymnasium.make` gives is called through two wrappers that only count and look whether it
was reset. Two more calls for each row and step cost a twelfth of what a CartPole takes to step.
"""

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import OrderEnforcing, TimeLimit

from tasks.arrays import Array

NEVER = np.iinfo(np.int64).max


class TimeLimits:
    """The steps of some environments below Gymnasium's outermost wrappers, and what those would have cut off.

    Attributes:
        steps: each environment's `step`. Resetting and drawing go through the wrappers as ever.
    """

    def __init__(self, envs: Sequence[gym.Env[Any, Any]]) -> None:
        peeled = [_peel(env) for env in envs]
        self.steps: list[Callable[[Any], Any]] = [step for step, _ in peeled]
        self._limits = np.array([limit for _, limit in peeled], np.int64)
        self._lengths = np.zeros(len(envs), np.int64)

    def replace(self, index: int, env: gym.Env[Any, Any]) -> None:
        """A row has another environment, which counts from zero."""
        self.steps[index], self._limits[index] = _peel(env)
        self._lengths[index] = 0

    def count(self) -> Array:
        """One more step in every row: bool [E], the rows that have reached their limit."""
        self._lengths += 1
        return self._lengths >= self._limits

    def restart(self, rows: Any) -> None:
        """Rows that were reset count from zero."""
        self._lengths[rows] = 0

    def state(self, row: int) -> int:
        """Steps that a row has counted."""
        return int(self._lengths[row])

    def load(self, row: int, steps: int) -> None:
        """Take what `state` gave."""
        self._lengths[row] = steps


def _peel(env: gym.Env[Any, Any]) -> tuple[Callable[[Any], Any], int]:
    limit = NEVER
    # A class derived from these may do anything, so it stays.
    while type(env) in (OrderEnforcing, TimeLimit):
        assert isinstance(env, gym.Wrapper)
        if isinstance(env, TimeLimit):
            limit = min(limit, env._max_episode_steps)
        env = env.env
    return env.step, limit
