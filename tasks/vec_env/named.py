"""Numbers that environments report by name in their infos, one array per name. NumPy only."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.arrays import Array
from tasks.vec_env.readings import NOT_READABLE, UnreadableInfo, describe


def named_numbers(group: str, infos: Mapping[int, Mapping[str, Any]], num_rows: int) -> dict[str, Array]:
    """Float64 [R] of each name under `group` ("rewards" or "metrics"); NaN in rows that do not report it.

    Raises UnreadableInfo for what is no number.
    """
    numbers: dict[str, Array] = {}
    for index, info in infos.items():
        if group not in info:
            continue
        named = info[group]
        if not isinstance(named, Mapping):
            raise UnreadableInfo(index, f'info["{group}"] is {describe(named)}, not a dict of numbers')
        for name, value in named.items():
            if name not in numbers:
                numbers[name] = np.full(num_rows, np.nan)
            try:
                numbers[name][index] = value
            except NOT_READABLE:
                reason = f'info["{group}"]["{name}"] is {describe(value)}, not a number'
                raise UnreadableInfo(index, reason) from None
    return numbers
