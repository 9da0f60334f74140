"""TensorBoard events under rl_games' own tags; what is ours has prefixes of its own."""

import io
import time
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter
from tensorboardX.proto.summary_pb2 import Summary

from algos.reporting.lossy import LossyFile, Tell
from algos.reporting.report import Clip, EpochReport
from algos.run_dir import RunDir, files_in
from algos.storage import failed

_LOSSES = ("a_loss", "c_loss", "entropy", "bounds_loss", "cval_loss", "c1_loss", "c2_loss", "alpha_loss")
_INFO = ("last_lr", "kl", "alpha")
_FLUSH_S = 30.0


class TensorBoardEvents:
    """Writes the run's `summaries/`; `writer` takes what observers add to them."""

    def __init__(self, run: RunDir, tell: Tell) -> None:
        self._run = run
        # tensorboardX names files by the second: a run resumed within it would write over the first file.
        part = len(list(run.summaries.iterdir()))
        try:
            self.writer = SummaryWriter(str(run.summaries), filename_suffix=f".{part}")
            _write_at_once(self.writer, tell)
        except OSError as error:
            raise failed(run.summaries, error) from error
        self._flushed_at = time.monotonic()

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
        by_frame, by_epoch, by_second = scalars, {}, {}
        for name, mean in (("rewards", report.reward_mean), ("episode_lengths", report.episode_length_mean)):
            if mean is not None:
                by_frame[f"{name}/step"] = by_epoch[f"{name}/iter"] = by_second[f"{name}/time"] = mean
        self._add(by_frame, report.frame)
        self._add(by_epoch, report.epoch)
        self._add(by_second, int(report.wall_s))
        if time.monotonic() - self._flushed_at > _FLUSH_S:
            self.flush()

    def evaluation(self, epoch: int, frame: int, result: dict[str, Any]) -> None:
        """See `Reporter.evaluation`."""
        names = ("return_mean", "return_std", "length_mean", "success_rate")
        self._add({f"eval/{name}": result[name] for name in names if name in result}, frame)

    def video(self, frame: int, clip: Clip) -> None:
        """See `Reporter.video`: an animated picture among the images, and where the film lies as text."""
        picture = Summary.Value(tag="video", image=Summary.Image(encoded_image_string=clip.preview))
        # tensorboardX' own add_video needs a second encoder, and takes frames instead of a picture.
        self.writer.file_writer.add_summary(Summary(value=[picture]), frame)
        self.writer.add_text("video", f"`{clip.path}`", frame)

    def _add(self, scalars: dict[str, float], position: int) -> None:
        """Several numbers as one event, for each event takes its time."""
        if scalars:
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
            self.writer.file_writer.add_summary(Summary(value=values), position)

    def flush(self) -> dict[str, int]:
        """See `Reporter.flush`."""
        self.writer.flush()
        self._flushed_at = time.monotonic()
        files = files_in(self._run.summaries)
        return {str(file.relative_to(self._run.path)): file.stat().st_size for file in files}

    def close(self) -> None:
        """See `Reporter.close`."""
        self.writer.close()


def _write_at_once(writer: SummaryWriter, tell: Tell) -> None:
    """Have events written by who adds them, and dropped once the disk is full.

    tensorboardX hands them to a thread through a queue of ten. Where the disk is full that thread dies, and
    whoever adds an event waits for ever; and a flush does not wait for what is still in the queue.
    """
    events = writer.file_writer.event_writer
    events._worker.stop()
    events.add_event = events._ev_writer.write_event
    record = events._ev_writer._py_recordio_writer
    record._writer.close()  # holds the first event
    record._writer = _Unsynced(io.BufferedWriter(LossyFile(Path(record.path), tell)))


class _Unsynced:
    """A file without a number, so that tensorboardX does not ask the disk to write it down: logs can wait."""

    def __init__(self, file: io.BufferedWriter) -> None:
        self.write, self.flush, self.close = file.write, file.flush, file.close


def _loss_tag(name: str) -> str:
    if "/" in name:  # as faults/restarts
        return name
    return f"losses/{name}" if name in _LOSSES else f"train/{name}"
