"""Gymnasium wrappers that task YAMLs name. Knows no task."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from cfg.errors import ConfigError
from tasks.arrays import Array


class HideVelocity(gym.ObservationWrapper[Any, Any, Any]):
    """Shows a vector observation without some of its numbers, so that the policy has to remember.

    Args:
        env: gives a 1-D Box.
        keep: indices of the numbers that stay, such as the positions [0, 2] of CartPole.
    """

    def __init__(self, env: gym.Env[Any, Any], keep: list[int]) -> None:
        super().__init__(env)
        space = _vector_space(self, env, keep)
        self._keep = np.array(keep)
        low, high = space.low[self._keep], space.high[self._keep]
        self.observation_space = spaces.Box(low, high, dtype=low.dtype.type)

    def observation(self, observation: Array) -> Array:
        """[D] -> [len(keep)]."""
        return observation[self._keep]


class MaskObservation(gym.ObservationWrapper[Any, Any, Any]):
    """Shows 0 in place of some numbers of a vector observation, as rl_games masks velocities.

    Args:
        env: gives a 1-D Box.
        keep: indices of the numbers that are shown.
    """

    def __init__(self, env: gym.Env[Any, Any], keep: list[int]) -> None:
        super().__init__(env)
        space = _vector_space(self, env, keep)
        self._mask = np.zeros(space.shape, space.dtype)
        self._mask[keep] = 1

    def observation(self, observation: Array) -> Array:
        """[D] -> [D]."""
        return observation * self._mask


def resize(env: gym.Env[Any, Any], height: int, width: int) -> gym.Env[Any, Any]:
    """Pictures of another size, in pixels: Gymnasium's wrapper, whose tuple no YAML can write."""
    return gym.wrappers.ResizeObservation(env, (height, width))


def _vector_space(
    wrapper: gym.Wrapper[Any, Any, Any, Any], env: gym.Env[Any, Any], keep: list[int]
) -> spaces.Box:
    """The environment's space, of which `keep` names numbers. Raises ConfigError where it does not."""
    name, space = type(wrapper).__name__, env.observation_space
    if not isinstance(space, spaces.Box) or len(space.shape) != 1:
        raise ConfigError(f"{name} takes a 1-D Box observation", "leave the wrapper out")
    size = space.shape[0]
    wrong = [index for index in keep if not 0 <= index < size]
    if wrong or not keep:
        raise ConfigError(
            f"{name} keep={list(keep)}, but the observation has the indices 0 to {size - 1}",
            "name at least one of them",
        )
    return space
