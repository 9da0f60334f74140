"""TensorBoard events under rl_games' own tags; what is ours has prefixes of its own."""

from typing import Any

from tensorboardX import SummaryWriter

from algos.reporting.report import EpochReport
from algos.run_dir import RunDir

_LOSSES = ("a_loss", "c_loss", "entropy", "bounds_loss", "cval_loss")
_INFO = ("last_lr", "kl")


class TensorBoardEvents:
    """Writes the run's `summaries/`; `writer` takes what observers add to them."""

    def __init__(self, run: RunDir) -> None:
        self._run = run
        # tensorboardX names files by the second: a run resumed within it would write over the first file.
        part = len(list(run.summaries.iterdir()))
        self.writer = SummaryWriter(str(run.summaries), filename_suffix=f".{part}")

    def epoch(self, report: EpochReport) -> None:
        """See `Reporter.epoch`."""
        update_s = report.epoch_s - report.play_s
        scalars = {
            "performance/step_inference_rl_update_fps": report.fps,
            "performance/step_inference_fps": report.frames / report.play_s,
            "performance/step_fps": report.frames / report.step_s,
            "performance/rl_update_time": update_s,
            "performance/step_inference_time": report.play_s,
            "performance/step_time": report.step_s,
            "info/epochs": report.epoch,
        }
        for name, value in report.losses.items():
            scalars[f"info/{name}" if name in _INFO else _loss_tag(name)] = value
        for tag, value in scalars.items():
            self.writer.add_scalar(tag, value, report.frame)
        self._by_axis("rewards", report.reward_mean, report)
        self._by_axis("episode_lengths", report.episode_length_mean, report)

    def _by_axis(self, name: str, value: float | None, report: EpochReport) -> None:
        if value is None:
            return
        axes = {"step": report.frame, "iter": report.epoch, "time": int(report.wall_s)}
        for axis, position in axes.items():
            self.writer.add_scalar(f"{name}/{axis}", value, position)

    def evaluation(self, epoch: int, frame: int, result: dict[str, Any]) -> None:
        """See `Reporter.evaluation`."""
        for name in ("return_mean", "return_std", "length_mean", "success_rate"):
            if name in result:
                self.writer.add_scalar(f"eval/{name}", result[name], frame)

    def flush(self) -> dict[str, int]:
        """See `Reporter.flush`."""
        self.writer.flush()
        files = self._run.summaries.iterdir()
        return {str(file.relative_to(self._run.path)): file.stat().st_size for file in files}

    def close(self) -> None:
        """See `Reporter.close`."""
        self.writer.close()


def _loss_tag(name: str) -> str:
    return f"losses/{name}" if name in _LOSSES else f"train/{name}"
