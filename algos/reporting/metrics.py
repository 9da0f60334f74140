"""metrics.jsonl: one object an epoch and one an evaluation, in the order of events."""

import json
import math
import os
from typing import Any

from algos.reporting.lossy import LossyFile, Tell
from algos.reporting.report import Clip, EpochReport
from algos.run_dir import RunDir


def _as_json(value: Any) -> Any:
    """JSON knows no NaN and no infinity: null stands for these."""
    if isinstance(value, dict):
        return {key: _as_json(part) for key, part in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


class MetricsFile:
    """Appends to the run's metrics.jsonl."""

    def __init__(self, run: RunDir, tell: Tell) -> None:
        self._file = LossyFile(run.metrics, tell)

    def epoch(self, report: EpochReport) -> None:
        """See `Reporter.epoch`."""
        self._append(
            {
                "epoch": report.epoch,
                "frame": report.frame,
                "wall_s": round(report.wall_s, 3),
                "fps": round(report.fps),
                "reward_mean": report.reward_mean,
                "episode_length_mean": report.episode_length_mean,
                **report.losses,
            }
        )

    def evaluation(self, epoch: int, frame: int, result: dict[str, Any]) -> None:
        """See `Reporter.evaluation`."""
        self._append({"epoch": epoch, "frame": frame, "evaluation": result})

    def video(self, frame: int, clip: Clip) -> None:
        """See `Reporter.video`; it has no number to keep."""

    def _append(self, entry: dict[str, Any]) -> None:
        self._file.append(f"{json.dumps(_as_json(entry))}\n".encode())

    def flush(self) -> dict[str, int]:
        """See `Reporter.flush`."""
        return {"metrics.jsonl": os.fstat(self._file.fileno()).st_size}

    def close(self) -> None:
        """See `Reporter.close`."""
        self._file.close()
