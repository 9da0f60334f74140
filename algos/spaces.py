"""Gymnasium spaces as plain data, so that a checkpoint can name them without a pickle."""

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

Plain = dict[str, Any]


def space_to_plain(space: spaces.Space[Any]) -> Plain:
    """Box, Discrete, Tuple or Dict -> dictionaries, lists, numbers and strings."""
    if isinstance(space, spaces.Box):
        bounds = {"low": _bound(space.low), "high": _bound(space.high)}
        return {"kind": "Box", "shape": list(space.shape), "dtype": str(space.dtype), **bounds}
    if isinstance(space, spaces.Discrete):
        return {"kind": "Discrete", "n": int(space.n), "start": int(space.start)}
    if isinstance(space, spaces.Tuple):
        return {"kind": "Tuple", "spaces": [space_to_plain(part) for part in space.spaces]}
    assert isinstance(space, spaces.Dict), space
    return {"kind": "Dict", "spaces": {key: space_to_plain(part) for key, part in space.items()}}


def space_from_plain(plain: Plain) -> spaces.Space[Any]:
    """The inverse of `space_to_plain`. Raises KeyError where the data is not of its making."""
    return _BUILDERS[plain["kind"]](plain)


def _bound(values: np.ndarray) -> float | list[float]:
    """One number where all are equal: an image has tens of thousands."""
    flat = values.astype(float).ravel()
    return float(flat[0]) if flat.size and (flat == flat[0]).all() else flat.tolist()


def _box(plain: Plain) -> spaces.Box:
    shape, dtype = tuple(plain["shape"]), np.dtype(plain["dtype"])
    low, high = (
        np.broadcast_to(np.array(plain[key], dtype), _size(plain[key], shape)) for key in ("low", "high")
    )
    return spaces.Box(low.reshape(shape), high.reshape(shape), shape, dtype.type)


def _size(bound: float | list[float], shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape if isinstance(bound, float) else (len(bound),)


_BUILDERS: dict[str, Callable[[Plain], spaces.Space[Any]]] = {
    "Box": _box,
    "Discrete": lambda plain: spaces.Discrete(plain["n"], start=plain["start"]),
    "Tuple": lambda plain: spaces.Tuple([space_from_plain(part) for part in plain["spaces"]]),
    "Dict": lambda plain: spaces.Dict({key: space_from_plain(part) for key, part in plain["spaces"].items()}),
}
