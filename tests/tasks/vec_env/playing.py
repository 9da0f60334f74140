"""Plays vector environments and compares what they gave, for the tests beside it."""

from typing import Any

import numpy as np


def play(vec: Any, actions: np.ndarray) -> list[Any]:
    """Everything a vector environment gives, for comparison."""
    with vec:
        return [vec.reset(), *(vec.step(action) for action in actions)]


def same(one: Any, other: Any) -> bool:
    """Whether two nested results hold the same numbers, of the same types."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
