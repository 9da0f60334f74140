"""Return, length and success of finished episodes, all rows at once. NumPy only."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tasks.arrays import Array
from tasks.recorder import EpisodeRecorder
from tasks.vec_env.readings import NOT_READABLE, UnreadableInfo, describe

SUCCESS_KEYS = ("is_success", "success")
"""Where environments say in their last info whether the episode succeeded."""


class EpisodeStatistics:
    """Counts E rows from reset to reset.

    Where wrappers may change rewards or end episodes early, a recorder below them knows the return, and an
    episode is over only when the game is.

    Args:
        num_rows: E.
        recorders: one per row, or none at all.
    """

    def __init__(self, num_rows: int, recorders: Sequence[EpisodeRecorder]) -> None:
        self._recorders = recorders
        self._returns = np.zeros(num_rows, np.float64)
        self._count = 0  # of steps in every row: lengths are what it has grown by since the starts
        self._starts = np.zeros(num_rows, np.int64)
        self._unknown = np.full(num_rows, np.nan)

    def restart(self) -> None:
        """Forgets unfinished episodes, when every row is reset by hand."""
        self._returns[:] = 0.0
        self._starts[:] = self._count
        for recorder in self._recorders:
            recorder.take_finished()

    def state(self, row: int) -> tuple[float, int]:
        """Return and length of a row's unfinished episode."""
        return float(self._returns[row]), self._count - int(self._starts[row])

    def load(self, row: int, state: tuple[float, int]) -> None:
        """Take what `state` gave."""
        self._returns[row], length = state
        self._starts[row] = self._count - length

    def forget(self, rows: Sequence[int]) -> None:
        """Forgets the unfinished episodes of rows that were reset by hand, or made anew."""
        for row in rows:
            self.load(row, (0.0, 0))
            if self._recorders:
                self._recorders[row].take_finished()

    def add(self, rewards: Array) -> None:
        """Counts one step with float64 rewards [E] or [E, value_size]."""
        self._returns += rewards if rewards.ndim == 1 else rewards.sum(axis=1)
        self._count += 1

    def finish(self, rows: Array, infos: Mapping[int, Mapping[str, Any]]) -> dict[str, Array]:
        """Statistics of the episodes that ended, after the rows were reset.

        Args:
            rows: local positions of done rows.
            infos: what the rows' last steps said.
        """
        if self._recorders:
            recorded = [(int(row), self._recorders[row].take_finished()) for row in rows]
            rows = np.array([row for row, finished in recorded if finished is not None], np.int64)
            self._returns[rows] = [finished for _, finished in recorded if finished is not None]
        if not len(rows):
            return {}
        episode = {
            "row": rows,
            "return": self._returns[rows],
            "length": self._count - self._starts[rows],
            "success": self._successes(rows, infos),
        }
        self._returns[rows] = 0.0
        self._starts[rows] = self._count
        return episode

    def _successes(self, rows: Array, infos: Mapping[int, Mapping[str, Any]]) -> Array:
        """Whether the rows' last infos say so; NaN for those that say nothing of it."""
        if not infos:
            return self._unknown[: len(rows)].copy()
        return np.array([_success(infos.get(row, {}), row) for row in rows.tolist()], np.float64)


def _success(info: Mapping[str, Any], row: int) -> float:
    for key in SUCCESS_KEYS:
        if key in info:
            try:
                return float(np.mean(info[key]))
            except NOT_READABLE:
                reason = f'info["{key}"] is {describe(info[key])}, not True or False'
                raise UnreadableInfo(row, reason) from None
    return float("nan")
