"""First observations of rows: of new episodes, and of environments made anew. Steps nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cfg.errors import FOREIGN, NumericalFault, RlgxError
from tasks.arrays import Observation
from tasks.vec_env.copies import Copies
from tasks.vec_env.reader import MEND, Infos, Reader
from tasks.vec_env.readings import is_finite, not_finite

MEND_NUMBERS = "mend what divides by zero or grows without bound, or use faults.on_nonfinite=reset"


class Beginnings:
    """Resets some environments.

    Args:
        copies: the environments.
        read: reads what they give.
        value_size: number of rewards per step.

    Attributes:
        lost: rows made anew within the step at work, with their first infos.
        resets: of int64; the first counts how often resets were begun and ended: odd within one.
    """

    def __init__(self, copies: Copies, read: Reader, value_size: int) -> None:
        self._copies = copies
        self._read = read
        self._value_size = value_size
        self.lost: Infos = {}
        self.resets = np.zeros(1, np.int64).data  # as an array, each look at it would make an object

    def in_place_of(self, index: int, fault: RlgxError) -> tuple[Any, Any, bool, bool, Any]:
        """What stands for the step of a row that failed: the next episode's first observation, cut off."""
        raw, self.lost[index] = self._renewed(index, fault)
        size = self._value_size
        return raw, 0.0 if size == 1 else np.zeros(size), False, True, {}

    def _renewed(self, index: int, fault: RlgxError) -> tuple[Any, Any]:
        """First observation and info of an environment made anew, which takes as long as a reset may."""
        before = self.resets[0]
        self.resets[0] = (before | 1) + 2
        first = self._read.first(self._copies.renew(index, fault), index)
        self.resets[0] += 1 - before % 2
        return first

    def firsts(self, indices: Sequence[int]) -> tuple[Observation, Infos]:
        """New episodes in some rows: first observations [len(indices), ...], and the infos not empty."""
        raw, infos = self._reset_rows(indices)
        obs = self._read.batch(raw, indices)
        if is_finite(obs):
            return obs, infos
        for position, problem in not_finite(obs).items():
            index = indices[position]
            fault = self._read.fault(index, problem, MEND_NUMBERS, NumericalFault)
            if not self._copies.rebuilding.of_nonfinite:
                raise fault
            raw[position], infos[index] = self._renewed(index, fault)
        obs = self._read.batch(raw, indices)
        for position, problem in not_finite(obs).items():
            raise self._read.fault(
                indices[position], f"{problem}, made anew as well", MEND_NUMBERS, NumericalFault
            )
        return obs, infos

    def _reset_rows(self, indices: Sequence[int]) -> tuple[list[Any], Infos]:
        """New episodes in some rows: raw observations in the order of `indices`, and the infos not empty."""
        raw: list[Any] = []
        infos: Infos = {}
        self.resets[0] |= 1
        for index in indices:
            self.resets[0] += 2
            try:
                result = self._copies.envs[index].reset(seed=self._copies.seeds[index])
            except FOREIGN as cause:  # noqa: BLE001  # an environment may raise anything
                fault = self._read.fault(index, f"reset failed: {type(cause).__name__}: {cause}", MEND)
                fault.__cause__ = cause
                result = self._copies.renew(index, fault)
                self.resets[0] += 2
            observation, info = self._read.first(result, index)
            raw.append(observation)
            if info:
                infos[index] = info
        self.resets[0] += 1
        return raw, infos
