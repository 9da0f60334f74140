"""The runner notices every way in which a trial can go wrong, and forgets none that is done."""

import subprocess
import sys
from pathlib import Path

import psutil

from tests.chaos.__main__ import too_much
from tests.chaos.ledger import Ledger
from tests.chaos.trial import Result
from tests.source_tree import ROOT


def results(folder: Path, kind: str, *seeds: int) -> list[Result]:
    command = [sys.executable, "-m", "tests.chaos.bad_trials", str(folder), kind, *map(str, seeds)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout
    return sorted((Result.read(line) for line in said.splitlines()), key=lambda result: result.seed)


def test_a_trial_that_finds_nothing_wrong_passes_and_its_folder_goes(tmp_path):
    (first, second) = results(tmp_path, "passes", 1, 2)
    assert first.passed and second.passed
    assert not (tmp_path / "passes-1").exists()


def test_a_seed_repeats_what_is_random_and_another_does_not(tmp_path):
    (first, second) = results(tmp_path, "passes", 1, 2)
    (again,) = results(tmp_path, "passes", 1)
    assert again.figures == first.figures != second.figures


def test_what_a_trial_finds_is_told_in_one_line_and_its_folder_stays(tmp_path):
    (result,) = results(tmp_path, "finds", 1)
    assert result.problems == ("two is not three",)
    assert (tmp_path / "finds-1").is_dir()


def test_a_mistake_in_a_trial_fails_it(tmp_path):
    (result,) = results(tmp_path, "raises", 3)
    assert "ZeroDivisionError: trial 3" in result.problems[0]


def test_a_trial_whose_process_dies_has_failed(tmp_path):
    (result,) = results(tmp_path, "dies", 1)
    assert result.problems == ("its process ended with -9",)


def test_a_trial_that_hangs_is_ended_with_all_it_started_and_has_failed(tmp_path):
    (result,) = results(tmp_path, "hangs", 1)
    assert result.problems == ("it was still running after 3 s",)
    assert not psutil.pid_exists(int((tmp_path / "shared" / "sleeper").read_text()))


def test_a_trial_that_fails_as_the_machine_stands_still_is_done_once_more(tmp_path):
    (result,) = results(tmp_path, "stalls", 1)
    assert result.problems == ("it failed",) and result.figures["again"] == 1
    assert (tmp_path / "shared" / "stalls").read_text() == "xx"


def test_the_ledger_keeps_the_newest_result_and_forgives_a_cut_line(tmp_path):
    ledger = Ledger(tmp_path / "results.jsonl")
    ledger.add(Result("disk", 1, ("it failed",), {}, 1.0))
    ledger.add(Result("disk", 1, (), {"exit_s": 0.5}, 1.0))
    ledger.add(Result("sigkill", 2, (), {}, 1.0))
    with ledger.file.open("a") as file:
        file.write('{"kind": "disk", "seed": 3, "pro')
    assert ledger.results("disk") == {1: Result("disk", 1, (), {"exit_s": 0.5}, 1.0)}


def test_a_median_above_its_bound_is_told():
    slow = [Result("workers", seed, (), {"recovery_s": took_s}, 1.0) for seed, took_s in enumerate((1, 4, 5))]
    assert too_much("workers", slow) == ["recovery_s is 4 in the median, 3 is allowed"]
    assert not too_much("workers", slow[:1]) and not too_much("disk", slow)
