"""Each check fails on the outcome that it is there for."""

import subprocess
import sys
import time

import pytest
import torch

from algos import checkpoint
from tests.chaos import judge
from tests.chaos.conftest import LINES
from tests.chaos.processes import Driver, end

UNDISTURBED = [{"epoch": 1, "reward_mean": 9.5}, {"epoch": 2, "reward_mean": 9.75}]


def test_what_is_right_has_no_problems(trial, run):
    judge.checkpoints_are_whole(trial, run)
    judge.no_seam(trial, run, UNDISTURBED)
    judge.no_temporary_files(trial, run)
    assert judge.newest_epoch(trial, run) == 4
    assert not trial.problems


def test_a_damaged_checkpoint_is_found(trial, run):
    last = run / "nn" / "last.pth"
    last.write_bytes(last.read_bytes()[:-40])
    judge.checkpoints_are_whole(trial, run)
    assert judge.newest_epoch(trial, run) is None
    assert len(trial.problems) == 2 and "does not load" in trial.problems[0]


def test_weights_that_are_not_finite_are_found(trial, run, monkeypatch):
    bad = {"model": {"w": torch.tensor([1.0, float("nan")])}, "epoch": 4}
    buffer = run / "nn" / "bad.pth"
    torch.save(bad, buffer)  # as rl_games writes them
    judge.checkpoints_are_whole(trial, run)
    assert trial.problems == ["bad.pth holds numbers that are not finite: ['0.w']"]


def test_another_weight_is_another_hash(run):
    before = judge.weights_sha(run)
    checkpoint.write(run / "nn" / "last.pth", {"model": {"w": torch.tensor([1.0, 1.0, 1.0000001])}})
    assert judge.weights_sha(run) != before


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (LINES.splitlines(keepends=True)[0], "1 lines in place of 2"),
        (LINES.replace("9.75", "9.5"), "in line [2]"),
        (LINES + LINES, "4 lines in place of 2"),
        (LINES[:-20], "cannot be read"),
    ],
)
def test_a_seam_in_the_metrics_is_found(trial, run, lines, problem):
    (run / "metrics.jsonl").write_text(lines)
    judge.no_seam(trial, run, UNDISTURBED)
    assert problem in trial.problems[0]


def test_an_unfinished_file_is_found(trial, run):
    (run / "nn" / ".last.pth.17.tmp").touch()
    judge.no_temporary_files(trial, run)
    assert trial.problems == ["unfinished files are left: ['nn/.last.pth.17.tmp']"]


def test_a_wrong_exit_a_traceback_and_an_error_without_remedy_are_found(trial, driver):
    assert not judge.ended_with(trial, driver, 0, 20.0)
    judge.said_no_traceback(trial, driver)
    judge.said_one_error(trial, driver)
    wrong_exit, traceback, error = trial.problems
    assert wrong_exit == "exit 3 in place of 0; it said: error: a"
    assert traceback == "a traceback that ends in ['error: a']"
    assert error.startswith("not one error with a remedy")


def test_an_orphan_and_a_driver_that_does_not_end_are_found(trial, driver, monkeypatch):
    monkeypatch.setattr(judge, "OURS_S", 0.3)
    judge.ended_with(trial, driver, 3, 20.0)
    judge.nothing_left(trial, driver)
    assert "time.sleep(60)" in trial.problems[0]
    hung = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    hung.returncode = 0
    endless = Driver(hung.pid, trial.folder, "driver1", "endless")
    assert not judge.ended_with(trial, endless, 0, 0.2)
    end(endless)
    assert trial.problems[1] == "the driver had not ended 0 s later" and endless.code == 137


def test_shared_memory_that_nobody_uses_is_found(trial, driver, monkeypatch, tmp_path):
    memory = tmp_path / "shm"
    memory.mkdir()
    monkeypatch.setattr(judge, "SHARED_MEMORY", memory)
    monkeypatch.setattr(judge, "OURS_S", 0.0)
    driver.wait(20.0)
    driver.ended = time.monotonic() + 1.0
    (memory / "rlgx-1").touch()
    judge.nothing_left(trial, driver)
    assert "rlgx-1" in trial.problems[0]
