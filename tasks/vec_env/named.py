"""Numbers that environments report by name in their infos, one array per name. NumPy only."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.arrays import Array
from tasks.vec_env.readings import NOT_READABLE, UnreadableInfo, describe


def named_numbers(
    infos: Mapping[int, Mapping[str, Any]], num_rows: int
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Float64 [R] of each name under "rewards", and of each under "metrics"; NaN in rows that do not tell.

    Raises UnreadableInfo for what is no number.
    """
    rewards: dict[str, Array] = {}
    metrics: dict[str, Array] = {}
    for index, info in infos.items():
        if "rewards" in info:
            _read("rewards", info["rewards"], index, num_rows, rewards)
        if "metrics" in info:
            _read("metrics", info["metrics"], index, num_rows, metrics)
    return rewards, metrics


def _read(group: str, named: Any, index: int, num_rows: int, numbers: dict[str, Array]) -> None:
    """Adds one row's numbers."""
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
