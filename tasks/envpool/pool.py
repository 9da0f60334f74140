"""Which environment of envpool an id means, with its arguments judged. Steps nothing."""

import importlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from cfg.errors import ConfigError, EnvFault, did_you_mean, foreign_code
from tasks.lookup import dependency_error

PREFIX = "envpool:"
"""Engine ids: envpool's own names, which are often Gymnasium's."""

ELSEWHERE = {
    "num_envs": "write num_envs=N",
    "batch_size": "leave it out: a step is one of all rows",
    "num_threads": "write num_workers=N",
    "max_num_players": "leave it out: one agent plays",
    "seed": "write seed=N",
    "env_seed": "write seed=N",
    "gym_reset_return_info": "leave it out",
    "render_mode": "write capture_video=True",
    "reward_clip": "clip in the learner: train.params.config.reward_shaper.min_val and max_val",
    "episodic_life": "use env=ale:<game>: a reset of envpool's starts the whole game anew, not the next life",
}
"""envpool's own keys for what is said in another way here, or cannot be had."""

CANNOT_DRAW = "envpool.mujoco."
"""Modules whose environments ended the whole process when they were asked for a frame, with 1.2.5."""


@dataclass(frozen=True)
class Pool:
    """An environment of envpool, before any is made.

    Attributes:
        env_id: envpool's own, e.g. Ant-v5.
        kwargs: what envpool is called with besides number, threads and seeds.
        observation_space: of one environment.
        action_space: of one environment.
        can_draw: whether it may be asked for frames.
    """

    env_id: str
    kwargs: Mapping[str, Any]
    observation_space: spaces.Space[Any]
    action_space: spaces.Space[Any]
    can_draw: bool

    def make(self, seeds: Sequence[int], num_threads: int, render_mode: str | None) -> Any:
        """One row for each seed, all in one envpool. 0 threads: as many as envpool thinks right."""
        drawn = {} if render_mode is None else {"render_mode": render_mode}
        with foreign_code(f"{PREFIX}{self.env_id} cannot be made", "check env_kwargs", EnvFault):
            env = importlib.import_module("envpool").make(
                self.env_id,
                env_type="gymnasium",
                num_envs=len(seeds),
                num_threads=num_threads,
                seed=list(seeds),
                **self.kwargs,
                **drawn,
            )
            _spaces_of(env)  # envpool reads them once, in its first reset
            return env


def find_pool(env_id: str, kwargs: Mapping[str, Any], max_episode_steps: int | None = None) -> Pool | None:
    """The environment of an engine id; None for any other id.

    Raises ConfigError where envpool is missing, has no such environment, or does not take an argument.

    Args:
        env_id: e.g. envpool:Ant-v5.
        kwargs: env_kwargs.
        max_episode_steps: a task's time limit; it may cut envpool's own short.
    """
    if not env_id.startswith(PREFIX):
        return None
    name = env_id.removeprefix(PREFIX)
    try:
        envpool: Any = importlib.import_module("envpool")
    except ImportError as cause:
        raise dependency_error(env_id, cause) from cause
    known = envpool.list_all_envs()
    if name not in known:
        raise ConfigError(f'env="{env_id}" is no environment of envpool', did_you_mean(name, known))
    defaults = _config(_spec(envpool, env_id, {}))
    if defaults["max_num_players"] > 1:
        raise ConfigError(
            f"{env_id} is a game of {defaults['max_num_players']} players", "choose one for one player"
        )
    _judge(env_id, kwargs, defaults)
    if max_episode_steps is not None:
        own = kwargs.get("max_episode_steps", defaults["max_episode_steps"])
        kwargs = {**kwargs, "max_episode_steps": min(max_episode_steps, own)}
    spec = _spec(envpool, env_id, kwargs)
    seen, acted = _spaces_of(spec, "gymnasium_")
    can_draw = not envpool.registration.registry.specs[name][0].startswith(CANNOT_DRAW)
    return Pool(name, dict(kwargs), _with_true_bounds(seen), _with_true_bounds(acted), can_draw)


def _spec(envpool: Any, env_id: str, kwargs: Mapping[str, Any]) -> Any:
    with foreign_code(f"{env_id} does not take {dict(kwargs)}", "check env_kwargs"):
        try:
            return envpool.make_spec(env_id.removeprefix(PREFIX), **kwargs)
        except ImportError as cause:
            raise dependency_error(env_id, cause) from cause


def _spaces_of(source: Any, prefix: str = "") -> tuple[Any, Any]:
    """Observation and action space, without Gymnasium's warning that envpool's bounds are of float64."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return getattr(source, f"{prefix}observation_space"), getattr(source, f"{prefix}action_space")


def _config(spec: Any) -> dict[str, Any]:
    """What envpool would call an environment with."""
    return dict(zip(spec._config_keys, spec._config_values, strict=True))


def _judge(env_id: str, kwargs: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Whether envpool takes these; it ends the process, or says nothing, where a value is of another kind."""
    for key, value in kwargs.items():
        if key in ELSEWHERE:
            raise ConfigError(f"env_kwargs.{key}={value} is no key of {env_id}", ELSEWHERE[key])
        if key not in defaults:
            choices = [name for name in defaults if name not in ELSEWHERE]
            problem = f"env_kwargs.{key}={value}: {env_id} has no such argument"
            raise ConfigError(problem, did_you_mean(key, choices))
        default = defaults[key]
        kinds: tuple[type, ...] = (float, int) if isinstance(default, float) else (type(default),)
        if type(value) not in kinds:
            raise ConfigError(
                f"env_kwargs.{key}={value} is no {type(default).__name__}", f"its default is {default!r}"
            )
        if isinstance(default, int) and not isinstance(default, bool) and value <= 0 < default:
            raise ConfigError(f"env_kwargs.{key}={value} is too small", f"its default is {default}")


def _with_true_bounds(space: Any) -> Any:
    """A space whose bounds are infinite where envpool gives the limits of the type for them."""
    if isinstance(space, spaces.Dict):
        return spaces.Dict({key: _with_true_bounds(part) for key, part in space.spaces.items()})
    if not isinstance(space, spaces.Box) or space.dtype.kind != "f":
        return space
    # Without bounds it gives C++'s numeric_limits: min() is the smallest number above zero.
    limits = np.finfo(space.dtype)
    low = np.where((space.low == limits.tiny) | (space.low == limits.min), -np.inf, space.low)
    high = np.where(space.high == limits.max, np.inf, space.high)
    return spaces.Box(low.astype(space.dtype), high.astype(space.dtype), dtype=space.dtype.type)
