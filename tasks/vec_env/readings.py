"""Finds the row whose value is wrong, once a batch has turned out to be. NumPy only."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.arrays import Array
from tasks.vec_env.places import is_tensor

READABLE_KINDS = {np.bool_: "biu", np.float64: "fiub"}
"""Which kinds of values are read as yes or no, and which as numbers: never a text."""

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


def as_column(values: Any, dtype: type) -> Array:
    """Values as an array of `dtype`, a key of READABLE_KINDS; TypeError where they are of no such kind."""
    array: Array = np.array(values)
    if array.dtype.kind not in READABLE_KINDS[dtype]:
        raise TypeError(f"is of dtype {array.dtype}")
    return array.astype(dtype, copy=False)


def first_not_finite(batch: Any) -> int | None:
    """First row of a batch [N, ...], nested or not, with a NaN or an infinity; None where all is well."""
    if isinstance(batch, dict):
        return next((row for part in batch.values() if (row := first_not_finite(part)) is not None), None)
    if batch.dtype.kind != "f" or np.isfinite(batch).all():
        return None
    return int(np.argmin(np.isfinite(batch.reshape(len(batch), -1)).all(axis=1)))


def first_unreadable(values: Sequence[Any], dtype: type, shape: tuple[int, ...]) -> int:
    """First value that is no array of a dtype and shape; 0 where each alone would be."""
    return next((row for row, value in enumerate(values) if not _is_readable(value, dtype, shape)), 0)


def _is_readable(value: Any, dtype: type, shape: tuple[int, ...]) -> bool:
    try:
        as_column(value, dtype).reshape(shape)
    except NOT_READABLE:
        return False
    return True


def describe(value: Any) -> str:
    """Type of a value, and its shape or device if it has one."""
    if is_tensor(value):
        return f"a torch tensor on {value.device}"
    shape = f" of shape {value.shape}" if isinstance(value, np.ndarray) else ""
    return f"{type(value).__name__}{shape}"
