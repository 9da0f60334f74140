"""Environments of the API before Gymnasium: 4-tuples, bare observations, seed(). Everything behind it is new.

This is the only place that probes an environment for what it can do.
"""

import inspect
from typing import Any

import gymnasium as gym
from gymnasium.utils import seeding

TRUNCATED_KEY = "TimeLimit.truncated"
"""Where the old API said that a done was a time limit."""


class OldGymEnv(gym.Env[Any, Any]):
    """Gives an old environment, or an object that only looks like one, the API of Gymnasium."""

    speaks_old_gym = True

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped
        self.observation_space = wrapped.observation_space
        self.action_space = wrapped.action_space
        self.metadata = getattr(wrapped, "metadata", {"render_modes": []})
        self.render_mode = getattr(wrapped, "render_mode", None)
        self.spec = getattr(wrapped, "spec", None)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        """Seeds by whichever way the environment has, then resets it."""
        if _takes_seed(self.wrapped):
            return split_reset(self.wrapped.reset(seed=seed))
        if seed is not None:
            if callable(getattr(self.wrapped, "seed", None)):
                self.wrapped.seed(seed)
            elif isinstance(self.wrapped, gym.Env):
                self.wrapped.np_random = seeding.np_random(seed)[0]
        return split_reset(self.wrapped.reset())

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Steps and splits `done`."""
        return five_tuple(self.wrapped.step(action))

    def render(self) -> Any:
        """The environment's own frame."""
        return self.wrapped.render()

    def close(self) -> None:
        """Closes the environment, where it can be closed."""
        if callable(getattr(self.wrapped, "close", None)):
            self.wrapped.close()

    def has_wrapper_attr(self, name: str) -> bool:
        """Whether this or the old environment has an attribute."""
        return super().has_wrapper_attr(name) or hasattr(self.wrapped, name)

    def get_wrapper_attr(self, name: str) -> Any:
        """An attribute of this or of the old environment."""
        return getattr(self if super().has_wrapper_attr(name) else self.wrapped, name)


def adapt_old_gym(env: Any) -> gym.Env[Any, Any]:
    """The environment itself, or with an adapter put below its wrappers where its core is of the old API."""
    core = env.unwrapped if isinstance(env, gym.Env) else env
    if isinstance(core, OldGymEnv) or (isinstance(core, gym.Env) and _takes_seed(core)):
        return env
    if core is env:
        return OldGymEnv(core)
    wrapper = env
    while wrapper.env is not core:
        wrapper = wrapper.env
    wrapper.env = OldGymEnv(core)
    return env


def read_attribute(env: gym.Env[Any, Any], name: str, default: Any = None) -> Any:
    """An attribute of an environment or of anything below its wrappers."""
    return env.get_wrapper_attr(name) if env.has_wrapper_attr(name) else default


def five_tuple(result: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
    """What `step` gave, as observation, reward, terminated, truncated, info."""
    if len(result) == 5:
        return result
    observation, reward, done, info = result
    is_truncated = bool(done) and isinstance(info, dict) and bool(info.get(TRUNCATED_KEY, False))
    return observation, reward, bool(done) and not is_truncated, is_truncated, info


def split_reset(result: Any) -> tuple[Any, dict[str, Any]]:
    """What `reset` gave, as observation and info; the old API gives an observation alone."""
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict):
        return result
    return result, {}


def _takes_seed(env: Any) -> bool:
    try:
        parameters = inspect.signature(env.reset).parameters
    except ValueError:  # compiled code says nothing of its arguments, and is younger than that API
        return True
    return "seed" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
