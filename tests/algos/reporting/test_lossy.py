"""A log that finds no room is given up with one line, and nobody waits or fails for it."""

import json
import logging
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from algos.reporting import noise
from algos.reporting.lossy import LossyFile
from algos.reporting.metrics import MetricsFile
from algos.reporting.report import EpochReport
from algos.reporting.tensorboard import TensorBoardEvents
from algos.run_dir import RunDir
from cfg.errors import StorageError
from tests.full_disk import files_up_to


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    monkeypatch.chdir(tmp_path)
    return RunDir.create(Path("runs/Task_PPO"), "Task", "")


def report(epoch: int) -> EpochReport:
    losses = {"a_loss": 0.5, "c_loss": 0.25}
    return EpochReport(epoch, 10 * epoch, 1.0 * epoch, 10.0, 1.0, 2.0, losses, 0.1, 0.2, 1.0, 10)


def test_a_full_device_is_told_once_and_takes_what_comes() -> None:
    said: list[str] = []
    file = LossyFile(Path("/dev/full"), said.append)
    assert [file.write(b"abc") for _ in range(3)] == [3, 3, 3]
    file.append(b"line\n")
    file.close()
    (line,) = said
    assert "/dev/full: No space left on device" in line and line.endswith("training goes on without it")


def test_a_log_that_cannot_even_be_opened_is_told_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Is a directory"):
        LossyFile(tmp_path, print)


def test_metrics_hold_whole_lines_up_to_the_full_disk(run: RunDir) -> None:
    said: list[str] = []
    metrics = MetricsFile(run, said.append)
    with files_up_to(1000):
        for epoch in range(50):
            metrics.epoch(report(epoch))
    size = metrics.flush()["metrics.jsonl"]
    metrics.close()
    epochs = [json.loads(line)["epoch"] for line in run.metrics.read_text().splitlines()]
    assert epochs == list(range(len(epochs))) and 3 < len(epochs) < 50
    assert size == run.metrics.stat().st_size <= 1000
    assert len(said) == 1 and "metrics.jsonl: File too large" in said[0]


def test_a_full_disk_for_the_events_stops_nobody(run: RunDir) -> None:
    said: list[str] = []
    events = TensorBoardEvents(run, said.append)
    with files_up_to(20_000):
        for epoch in range(1, 100):  # tensorboardX' own queue is full after ten events
            events.epoch(report(epoch))
        events.flush()
        events.writer.add_scalar("an/observers", 1.0, 1)
        events.close()
    (file,) = run.summaries.iterdir()
    assert file.stat().st_size == 20_000
    assert len(said) == 1 and "summaries/events" in said[0]
    steps = [event.step for event in EventAccumulator(str(file)).Reload().Scalars("info/epochs")]
    assert steps == [10 * epoch for epoch in range(1, len(steps) + 1)] and len(steps) > 5


def test_a_flush_leaves_every_event_in_the_file_and_its_size(run: RunDir) -> None:
    events = TensorBoardEvents(run, print)
    for epoch in range(1, 20):
        events.epoch(report(epoch))
    ((name, size),) = events.flush().items()
    file = run.path / name
    assert file.stat().st_size == size
    found = EventAccumulator(str(file)).Reload()
    assert [event.step for event in found.Scalars("losses/c_loss")] == [10 * epoch for epoch in range(1, 20)]
    events.close()
    assert file.stat().st_size == size, "nothing was still on its way"


def test_what_libraries_print_is_dropped_once_the_log_is_full(run: RunDir) -> None:
    said: list[str] = []
    with files_up_to(2000), noise.into(run.log, said.append):
        for number in range(200):
            sys.stdout.write(f"a library talks {number}\n")
            logging.getLogger("a library").warning("and logs %d", number)
    assert run.log.stat().st_size == 2000
    assert len(said) == 1 and "run.log" in said[0]
