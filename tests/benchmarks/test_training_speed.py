"""The script itself, with one short training; and who is absent."""

import json
import subprocess
import sys

from benchmarks.learner import Task, answer
from tests.source_tree import ROOT


def run(*words: str):
    command = [sys.executable, str(ROOT / "benchmarks" / "training_speed.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def test_a_training_gives_its_speed_and_the_absent_their_reason(tmp_path):
    path = tmp_path / "figures.json"
    done = run("--only", "sync,cleanrl", "--rounds", "1", "--frames", "4096", "--json", str(path))
    assert done.returncode == 0, done.stderr
    assert "rlgx, sync" in done.stdout
    assert "CleanRL ppo.py: absent: name a checkout of it with --cleanrl" in done.stdout
    found = json.loads(path.read_text())
    assert (found["frames"], found["rounds"], found["threads"]) == (4096, 1, 1)
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
