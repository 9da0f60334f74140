"""Records the return of the game itself below wrappers that change it. Knows no vector environment."""

from typing import Any

import gymnasium as gym
import numpy as np


class EpisodeRecorder(gym.Wrapper[Any, Any, Any, Any]):
    """Sums rewards as the environment gives them, from one of its resets to the next.

    A wrapper above may scale rewards, or end the learner's episode at a lost life without a reset down here.
    """

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        super().__init__(env)
        self._return = 0.0
        self._has_stepped = False
        self._finished: float | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        """Starts an episode and closes the one before."""
        if self._has_stepped and self._finished is None:
            self._finished = self._return
        self._return = 0.0
        self._has_stepped = False
        return super().reset(seed=seed, options=options)

    def step(self, action: Any) -> Any:
        """Steps and adds the reward up."""
        result = super().step(action)
        self._return += float(np.sum(np.asarray(result[1])))
        self._has_stepped = True
        return result

    def take_finished(self) -> float | None:
        """Return of the episode that ended since the last call; None where none did."""
        finished, self._finished = self._finished, None
        return finished


def find_recorder(env: gym.Env[Any, Any]) -> EpisodeRecorder | None:
    """The recorder below an environment's wrappers, if there is one."""
    while isinstance(env, gym.Wrapper):
        if isinstance(env, EpisodeRecorder):
            return env
        env = env.env
    return None
