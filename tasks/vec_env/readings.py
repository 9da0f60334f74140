"""Finds the row whose value is wrong, once a batch has turned out to be. NumPy only."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tasks.arrays import Array
from tasks.vec_env.places import is_tensor

READABLE_KINDS = {np.bool_: "biu", np.float64: "fiub"}
"""Which kinds of values are read as yes or no, and which as numbers: never a text."""

_LARGEST = np.array(np.finfo(np.float32).max, np.float64)  # NumPy makes one of a number, each time

NOT_READABLE = (ValueError, TypeError, RuntimeError)
"""What NumPy and torch raise for what is no array."""


class UnreadableInfo(Exception):
    """Something in an environment's info that is not what its key promises.

    Attributes:
        index: local position of the row.
        reason: what was found and what was expected.
    """

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(index, reason)
        self.index = index
        self.reason = reason


def as_readable(array: Array, dtype: type) -> Array:
    """An array as one of `dtype`, a key of READABLE_KINDS; TypeError where it is of no such kind."""
    if array.dtype.kind not in READABLE_KINDS[dtype]:
        raise TypeError(f"is of dtype {array.dtype}")
    return array.astype(dtype, copy=False)


def plain_flags(values: Sequence[Any]) -> bytes | None:
    """Python's own True and False as a byte each, 1 or 0; None where a closer look is due.

    Most environments give these, and to have NumPy find out what they are takes thrice as long. After a first
    one of them, others may be 0, 1 or whatever counts as such an integer.
    """
    if values[0].__class__ is not bool:
        return None
    try:
        flags = bytes(values)
    except NOT_READABLE:
        return None
    return None if flags.strip(b"\0") and flags.translate(None, b"\0\1") else flags


def is_finite(batch: Any) -> bool:
    """Whether a batch [N, ...], nested or not, is free of NaN and infinity."""
    if isinstance(batch, dict):
        return all(is_finite(part) for part in batch.values())
    # To look for the byte of a False runs no Python, as NumPy's `all` and `count_nonzero` do. And after its
    # `max`, or a dot product, environments run slower by a twentieth (docs/log.md).
    return batch.dtype.kind != "f" or 0 not in np.isfinite(batch).tobytes()


def without_choice(masks: Array, heads: Sequence[int]) -> Array:
    """Rows int64 [K] of masks bool [N, all choices] that forbid every value of one of their choices."""
    starts = np.cumsum([0, *heads[:-1]])
    rows: Array = np.flatnonzero(~np.logical_or.reduceat(masks, starts, axis=1).all(axis=1))
    return rows


def fits_float32(values: Array) -> bool:
    """Whether numbers are free of NaN and infinity, as float32 too."""
    return 0 not in (np.abs(values) <= _LARGEST).tobytes()


def as_float32(values: Array) -> Array:
    """Rewards as the agent reads them; what is too large for that is infinite."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def not_finite(obs: Any, rewards: Array | None = None) -> dict[int, str]:
    """What is not finite in each row of a batch: where in the observation, or which reward."""
    found: dict[int, str] = {}
    for name, part in _leaves(obs, "the observation"):
        if part.dtype.kind == "f":
            for row, *place in np.argwhere(~np.isfinite(part)).tolist():
                at = f"[{', '.join(map(str, place))}]" if place else ""
                found.setdefault(row, f"{name}{at} is {part[tuple([row, *place])]}, not a finite number")
    if rewards is not None:
        for row, *_ in np.argwhere(~np.isfinite(as_float32(rewards))).tolist():
            found.setdefault(row, f"the reward is {rewards[row]}, not a finite number")
    return dict(sorted(found.items()))


def _leaves(obs: Any, name: str) -> Iterator[tuple[str, Array]]:
    """Every array of an observation with its name."""
    if not isinstance(obs, dict):
        yield name, obs
        return
    for key, part in obs.items():
        yield from _leaves(part, f'{name}["{key}"]')


def first_unreadable(values: Sequence[Any], dtype: type, shape: tuple[int, ...]) -> int:
    """First value that is no array of a dtype and shape; 0 where each alone would be."""
    return next((row for row, value in enumerate(values) if not _is_readable(value, dtype, shape)), 0)


def _is_readable(value: Any, dtype: type, shape: tuple[int, ...]) -> bool:
    try:
        as_readable(np.array(value), dtype).reshape(shape)
    except NOT_READABLE:
        return False
    return True


def describe(value: Any) -> str:
    """Type of a value, and its shape or device if it has one."""
    if is_tensor(value):
        return f"a torch tensor on {value.device}"
    shape = f" of shape {value.shape}" if isinstance(value, np.ndarray) else ""
    return f"{type(value).__name__}{shape}"
