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
        self._count = 0  # of steps in every row, so that a step with no limit in sight touches no array
        self._starts = np.zeros(len(envs), np.int64)
        self._look_at = self._soonest()

    def replace(self, index: int, env: gym.Env[Any, Any]) -> None:
        """A row has another environment, which counts from zero."""
        self.steps[index], self._limits[index] = _peel(env)
        self.load(index, 0)

    def count(self) -> Array | None:
        """One more step in every row: bool [E], those at their limit; None where none can be."""
        self._count += 1
        if self._count < self._look_at:
            return None
        self._look_at = self._soonest()
        return self._count - self._starts >= self._limits

    def restart(self, rows: Any) -> None:
        """Rows that were reset count from zero."""
        self._starts[rows] = self._count

    def state(self, row: int) -> int:
        """Steps that a row has counted."""
        return self._count - int(self._starts[row])

    def load(self, row: int, steps: int) -> None:
        """Take what `state` gave."""
        self._starts[row] = self._count - steps
        self._look_at = min(self._look_at, self._soonest())

    def _soonest(self) -> int:
        """The step in which a row may reach its limit first; rows that are reset until then only delay it."""
        left = self._limits - (self._count - self._starts)
        return self._count + max(1, int(left.min()))


def _peel(env: gym.Env[Any, Any]) -> tuple[Callable[[Any], Any], int]:
    limit = NEVER
    # A class derived from these may do anything, so it stays.
    while type(env) in (OrderEnforcing, TimeLimit):
        assert isinstance(env, gym.Wrapper)
        if isinstance(env, TimeLimit):
            limit = min(limit, env._max_episode_steps)
        env = env.env
    return env.step, limit
