"""Numbers that environments report by name in their infos, one array per name. NumPy only."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.arrays import Array


def named_numbers(group: str, infos: Mapping[int, Mapping[str, Any]], num_rows: int) -> dict[str, Array]:
    """Float64 [R] of each name under `group` ("rewards" or "metrics"); NaN in rows that do not report it."""
    numbers: dict[str, Array] = {}
    for index, info in infos.items():
        for name, value in info.get(group, {}).items():
            if name not in numbers:
                numbers[name] = np.full(num_rows, np.nan)
            numbers[name][index] = value
    return numbers
