"""Plays on from a state in another environment, and compares."""

import copy
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from tasks.states import read_state, write_state


def goes_on_elsewhere(make: Callable[[], gym.Env], before: int = 37, after: int = 200) -> bool:
    """Whether a second environment, seeded otherwise, goes on from a state as the first does."""
    first, second = make(), make()
    first.reset(seed=3)
    first.action_space.seed(0)
    _played(first, [first.action_space.sample() for _ in range(before)])
    state = copy.deepcopy(read_state(first))
    actions = [first.action_space.sample() for _ in range(after)]
    expected = _played(first, actions)
    second.reset(seed=4)
    assert _played(second, actions) != expected, "otherwise there is nothing to tell"
    write_state(second, state)
    again = _played(second, actions)
    fresh = make()
    write_state(fresh, state)
    return _played(fresh, actions) == again == expected


def _played(env: gym.Env, actions: list[Any]) -> list[Any]:
    """What `actions` give, with a reset wherever an episode ends."""
    told = []
    for action in actions:
        obs, reward, terminated, truncated, _ = env.step(action)
        told.append((np.array(obs).tobytes(), float(reward), terminated, truncated))
        if terminated or truncated:
            told.append(np.array(env.reset()[0]).tobytes())
    return told
