"""Finds the row whose value is wrong, once a batch has turned out to be. NumPy only."""

from collections.abc import Sequence
from typing import Any

import numpy as np


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
        np.array(value, dtype).reshape(shape)
    except (ValueError, TypeError):
        return False
    return True


def describe(value: Any) -> str:
    """Type of a value, and its shape if it has one."""
    shape = f" of shape {value.shape}" if isinstance(value, np.ndarray) else ""
    return f"{type(value).__name__}{shape}"
