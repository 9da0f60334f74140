"""The script itself, with a training for a moment; and what it keeps."""

import json
import subprocess
import sys

import pytest

from benchmarks.courses import COURSES
from benchmarks.race import compact
from benchmarks.settings import settings_of, still_hold
from tests.source_tree import ROOT

RACES = json.loads((ROOT / "benchmarks" / "results" / "race.json").read_text())["races"]


def run(*words: str):
    command = [sys.executable, str(ROOT / "benchmarks" / "race.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def test_racers_leave_table_and_figures_and_other_tasks_stay(tmp_path):
    path = tmp_path / "figures.json"
    kept = {"task": "Acrobot", "title": "kept", "every": 1, "budget": 2, "seconds": 3, "racers": {}}
    path.write_text(json.dumps({"races": [kept]}))
    words = ("--only", "rlgx,cleanrl", "--seeds", "1", "--threads", "1", "--frames", "5120")
    done = run("--tasks", "CartPole", *words, "--json", str(path))
    assert done.returncode == 0, done.stderr
    assert "CleanRL: absent: name a checkout of it with --cleanrl" in done.stdout
    found = json.loads(path.read_text())
    race, other = found["races"]
    assert other == kept
    assert (race["task"], race["target"], race["every"], race["budget"]) == ("CartPole", 475, 5000, 5120)
    assert race["settings"] == settings_of(COURSES["CartPole"].ours)
    racer = race["racers"]["rlgx"]
    (training,) = racer["runs"]
    assert (racer["status"], racer["threads"], training["seed"]) == ("ok", 1, 1)
    assert 0.01 < training["seconds"] < 60
    # An update is of 1,024 frames, so that the fifth passes 5,000, and it ends the budget as well.
    ((frames, seconds, score),) = training["curve"]
    assert (frames, seconds) == (training["frames"], training["seconds"]) and frames == 5120
    assert 8 <= score <= 500 and training["reached"] is False


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tasks", "CartPole,Pong"), "--tasks Pong is not known"),
        (("--only", "rlgx,you"), "--only you is not known"),
        (("--threads", "1,0"), "--threads 1,0 is no list of numbers above 0"),
        (("--seeds", "0"), "--seeds is above 0"),
        (("--cleanrl", "nowhere"), "there is no nowhere/cleanrl/ppo.py"),
    ],
)
def test_a_wrong_word_is_told_in_a_line(words, said):
    done = run(*words)
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr


def test_figures_have_a_line_for_each_list_of_numbers():
    found = {"races": [{"title": "PPO [x]", "curve": [[1, 2.5, -3.0], [2, 5.0, None]]}], "empty": []}
    written = compact(found)
    assert json.loads(written) == found
    assert "    [1, 2.5, -3.0],\n" in written


@pytest.mark.parametrize("race", RACES, ids=[race["task"] for race in RACES])
def test_committed_figures_are_of_the_settings_of_now(race):
    """Where this fails, hold that race again: benchmarks/race.py --tasks TASK."""
    assert still_hold(race["settings"], settings_of(COURSES[race["task"]].ours))
