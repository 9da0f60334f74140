"""The script itself, with one short training; and who is absent."""

import json
import subprocess
import sys

import pytest

from benchmarks.learner import Task, answer, speed_of
from tests.source_tree import ROOT


def run(*words: str):
    command = [sys.executable, str(ROOT / "benchmarks" / "training_speed.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def test_a_training_gives_its_speed_and_the_absent_their_reason(tmp_path):
    path = tmp_path / "figures.json"
    done = run("--only", "sync,cleanrl", "--rounds", "1", "--frames", "10240", "--json", str(path))
    assert done.returncode == 0, done.stderr
    assert "rlgx, sync" in done.stdout
    assert "CleanRL ppo.py: absent: name a checkout of it with --cleanrl" in done.stdout
    found = json.loads(path.read_text())
    assert (found["frames"], found["rounds"], found["threads"]) == (10240, 1, 1)
    (speed,) = found["learners"]["sync"]["steps_per_s"]
    assert 100 < speed < 1_000_000


def test_another_cleanrl_than_the_one_whose_layers_are_replaced_is_refused(tmp_path):
    script = tmp_path / "ppo.py"
    script.write_text("nn.Linear(64, 64)\n")
    told = answer("cleanrl", Task(2048, script))
    assert told["status"] == "failed" and "names 64 in 2 places" in told["reason"]


def test_a_wrong_word_is_told_in_a_line(tmp_path):
    done = run("--cleanrl", str(tmp_path))
    assert done.returncode == 2 and done.stderr.splitlines()[-1].endswith("ppo.py")
    assert "no learner" in run("--only", "ppo").stderr
    assert "--frames 8192 is too short a training: give 10240 or more" in run("--frames", "8192").stderr


def test_the_clock_runs_from_the_fourth_update_to_the_last():
    # The first four take 10 s each, the two after them 1 s each: 200 steps in 2 s.
    points = [(100, 10.0), (200, 20.0), (300, 30.0), (400, 40.0), (500, 41.0), (600, 42.0)]
    assert speed_of(points) == 100.0
    with pytest.raises(ValueError, match="4 updates are too few"):
        speed_of(points[:4])
