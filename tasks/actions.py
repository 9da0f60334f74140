"""Actions of an agent made into what an environment's action space wants. Knows no environment and no agent.

An agent acts on a `Discrete`, a `Tuple` of `Discrete` (several choices at once) or a 1-D `Box`, each
starting at zero and flat; the environment gets its own shape, offset and dtype back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from cfg.errors import ConfigError, NumericalFault
from tasks.arrays import Array
from tasks.spaces import find_by_type

SUPPORTED = "Discrete, MultiDiscrete, MultiBinary, a Tuple of Discrete or Box"


@dataclass(frozen=True)
class ActionAdapter:
    """Turns a batch of an agent's actions into one action per environment.

    Attributes:
        space: what the agent acts on: Discrete, Tuple of Discrete, or 1-D Box.
        heads: number of choices of each Discrete; empty for Box.
        split: actions [N], [N, heads] or [N, A] -> N actions, a list or an array [N, ...], each as the
            environment wants it.
    """

    space: spaces.Discrete | spaces.Tuple | spaces.Box
    heads: tuple[int, ...]
    split: Callable[[Array], list[Any] | Array]


def adapt_actions(space: spaces.Space[Any]) -> ActionAdapter:
    """Adapter for a raw action space; refuses what no agent here can act on."""
    make = find_by_type(ADAPTERS, space)
    if make is None:
        raise ConfigError(
            f"action space {type(space).__name__} is not supported",
            f"wrap the environment to give {SUPPORTED}",
        )
    return make(space)


def _discrete(space: spaces.Discrete) -> ActionAdapter:
    n, start, dtype = int(space.n), int(space.start), space.dtype

    def split(actions: Array) -> list[Any]:
        flat = actions.reshape(-1)
        # NumPy's integers, as the space itself samples them: it checks those quicker than Python's.
        return list((flat + start if start else flat).astype(dtype, copy=False))

    return ActionAdapter(spaces.Discrete(n), (n,), split)


def _multi_discrete(space: spaces.MultiDiscrete) -> ActionAdapter:
    heads = tuple(int(n) for n in space.nvec.reshape(-1))
    start, shape, dtype = space.start.reshape(-1), space.shape, space.dtype

    def split(actions: Array) -> list[Any]:
        return list((actions.reshape(-1, len(heads)) + start).astype(dtype).reshape(-1, *shape))

    return ActionAdapter(_heads_space(heads), heads, split)


def _multi_binary(space: spaces.MultiBinary) -> ActionAdapter:
    shape, dtype = space.shape, space.dtype
    heads = (2,) * int(np.prod(shape))

    def split(actions: Array) -> list[Any]:
        return list(actions.astype(dtype).reshape(-1, *shape))

    return ActionAdapter(_heads_space(heads), heads, split)


def _tuple(space: spaces.Tuple) -> ActionAdapter:
    parts = [part for part in space.spaces if isinstance(part, spaces.Discrete)]
    if len(parts) < len(space.spaces):
        names = ", ".join(type(part).__name__ for part in space.spaces)
        raise ConfigError(
            f"action space Tuple of {names} is not supported", f"wrap the environment to give {SUPPORTED}"
        )
    heads = tuple(int(part.n) for part in parts)
    starts = np.array([int(part.start) for part in parts])

    def split(actions: Array) -> list[Any]:
        return [tuple(row) for row in (actions.reshape(-1, len(heads)) + starts).tolist()]

    return ActionAdapter(_heads_space(heads), heads, split)


def _box(space: spaces.Box) -> ActionAdapter:
    low, high = (np.asarray(bound, np.float32).reshape(-1) for bound in (space.low, space.high))
    raw_low, raw_high = space.low.reshape(-1), space.high.reshape(-1)
    shape, dtype = space.shape, space.dtype
    is_integer = np.issubdtype(dtype, np.integer)
    is_vector = len(shape) == 1

    def split(actions: Array) -> Array:
        if 0 in np.isfinite(actions).tobytes():  # see `tasks.vec_env.readings.is_finite`
            row = int(np.flatnonzero(~np.isfinite(actions).reshape(len(actions), -1).all(axis=1))[0])
            raise NumericalFault(f"the agent's action for row {row} is not finite", "lower the learning rate")
        # An array of the right shape is spared the call.
        flat = actions if actions.shape[1:] == raw_low.shape else actions.reshape(len(actions), len(raw_low))
        # An environment asserts its own bounds, and float32 rounds a float64 bound past itself.
        # `np.clip` does the same in three times as long.
        bounded = np.maximum(np.rint(flat) if is_integer else flat, raw_low)
        np.minimum(bounded, raw_high, out=bounded)
        # The cast comes last: a whole number that its type cannot hold would come round at the other end.
        bounded = bounded.astype(dtype, copy=False)
        return bounded if is_vector else bounded.reshape(-1, *shape)

    return ActionAdapter(spaces.Box(low, high, dtype=np.float32), (), split)


def _heads_space(heads: tuple[int, ...]) -> spaces.Tuple:
    return spaces.Tuple([spaces.Discrete(n) for n in heads])


ADAPTERS: dict[type, Callable[[Any], ActionAdapter]] = {
    spaces.Discrete: _discrete,
    spaces.MultiDiscrete: _multi_discrete,
    spaces.MultiBinary: _multi_binary,
    spaces.Tuple: _tuple,
    spaces.Box: _box,
}
