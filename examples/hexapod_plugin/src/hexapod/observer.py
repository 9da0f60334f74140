"""How the robot walks, in TensorBoard: an rl_games observer that reads what the environment reports."""

from typing import Any

import numpy as np
from rl_games.common.algo_observer import AlgoObserver


class GaitObserver(AlgoObserver):
    """Writes each epoch's mean of every metric as `hexapod/<name>`."""

    def after_init(self, algo: Any) -> None:
        """Remember where to write."""
        self._writer = algo.writer
        self._seen: dict[str, list[float]] = {}

    def process_infos(self, infos: dict[str, Any], done_indices: Any) -> None:
        """Take in a step's metrics, each [N]."""
        for name, values in infos.get("metrics", {}).items():
            self._seen.setdefault(name, []).append(float(np.nanmean(values)))

    def after_print_stats(self, frame: int, epoch_num: int, total_time: float) -> None:
        """Write the means of the epoch, and begin anew."""
        for name, values in self._seen.items():
            self._writer.add_scalar(f"hexapod/{name}", float(np.mean(values)), frame)
        self._seen.clear()
