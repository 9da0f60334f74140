"""The numbers of one epoch, and what receives them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class EpochReport:
    """One epoch. Times in seconds, `frame` in agent steps, `fps` agent steps a second in this epoch."""

    epoch: int
    frame: int
    wall_s: float
    fps: float
    reward_mean: float | None
    episode_length_mean: float | None
    losses: dict[str, float]
    step_s: float
    play_s: float
    epoch_s: float
    frames: int  # of this epoch


@dataclass(frozen=True)
class Clip:
    """A finished film: where it lies, and a small animated GIF of it."""

    path: Path
    preview: bytes


class Reporter(Protocol):
    """Receives what happens in a run."""

    def epoch(self, report: EpochReport) -> None:
        """An epoch is done."""

    def evaluation(self, epoch: int, frame: int, result: dict[str, Any]) -> None:
        """An evaluation is done; `result` is what eval.json holds, with `best` and `confirms` besides."""

    def video(self, frame: int, clip: Clip) -> None:
        """A film of the policy is done."""

    def flush(self) -> dict[str, int]:
        """Put everything on the disk; returns the size in bytes of each file, by its path within the run."""

    def close(self) -> None:
        """No more will come."""
