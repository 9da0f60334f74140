"""The suite trains what is not done, evaluates what was trained, and keeps both in one table."""

import json
import re
import shlex
from dataclasses import replace

import pytest

from benchmarks import learning
from benchmarks.parity import ROWS, Row
from benchmarks.settings import settings_of, still_hold
from tests.source_tree import text

SMALL = (
    "train=CartPolePPO",
    "train.params.config.horizon_length=16",
    "train.params.config.minibatch_size=64",
)
ROW = Row(("task=CartPole", "num_envs=4"), SMALL, 256, seeds=(1,))


@pytest.fixture
def small(monkeypatch):
    """One row that takes a moment."""
    monkeypatch.setitem(ROWS, "small", ROW)


def suite(folder, *words: str) -> int:
    place = ("--results", str(folder / "results"), "--runs", str(folder / "runs"), "--jobs", "1")
    return learning.main(["small", *place, *words])


def test_a_row_is_trained_evaluated_and_not_trained_again(small, tmp_path, capsys):
    assert suite(tmp_path) == 0
    told = capsys.readouterr().out
    lines = learning.read(tmp_path / "results" / "small.csv")
    random, *curve, final = lines
    assert (random["kind"], random["seed"]) == ("random", "random") and float(random["score"]) < 100
    assert {line["kind"] for line in curve} == {"curve"} and int(curve[-1]["frame"]) <= 256
    assert (final["kind"], final["frame"], final["seed"]) == ("final", "256", "1")
    assert final["command"].endswith(
        "max_frames=256 train.params.config.max_epochs=-1 task.solve_at=null eval_every=0 seed=1"
    )
    assert f"small seed 1: {final['score']}" in told
    settings = json.loads((tmp_path / "results" / "settings.json").read_text())
    assert settings["small"]["config"]["horizon_length"] == 16 and settings["small"]["num_envs"] == 4
    assert suite(tmp_path) == 0
    assert capsys.readouterr().out == "", "it is done"


def test_a_row_that_was_changed_since_is_trained_again(small, tmp_path):
    done = [{"seed": "1", "kind": "final", "command": "task=CartPole seed=1"}]
    done += [
        {"seed": "random", "kind": "random", "command": learning.command(learning.Trial("small", ROW, None))}
    ]
    for line in done:
        learning.keep(tmp_path / "small.csv", [line])
    args = learning.parse(["small", "--results", str(tmp_path)])
    assert [trial.seed for trial in learning.trials(args)] == [1]


def test_fresh_trains_anew_what_is_done(small, tmp_path):
    assert suite(tmp_path) == 0
    (summary,) = tmp_path.glob("runs/*/small/runs/seed1/summary.json")
    before = summary.stat().st_mtime_ns
    assert suite(tmp_path, "--fresh") == 0
    assert summary.stat().st_mtime_ns > before


def test_seeds_of_other_settings_are_forgotten_with_the_first_that_is_trained(small, tmp_path, monkeypatch):
    assert suite(tmp_path) == 0
    monkeypatch.setitem(
        ROWS, "small", replace(ROW, train=(*SMALL, "train.params.config.gamma=0.9"), seeds=(1, 2))
    )
    assert suite(tmp_path, "--seeds", "2") == 0
    table = tmp_path / "results" / "small.csv"
    assert [line["seed"] for line in learning.finals(learning.read(table))] == ["random", "2"]
    args = learning.parse(["small", "--results", str(tmp_path / "results")])
    assert [trial.seed for trial in learning.trials(args)] == [1]


def test_a_training_that_fails_is_told_and_ends_no_other(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(ROWS, "small", Row(("task=CartPole",), ("train=NoSuch",), 256, seeds=(1,)))
    assert suite(tmp_path) == 1
    assert "small seed 1: failed" in capsys.readouterr().err
    assert [line["seed"] for line in learning.read(tmp_path / "results" / "small.csv")] == ["random"]


def test_a_mistake_is_one_line(capsys):
    for words, says in ((["pong"], "pong is no row: choose from"), (["--seeds", "a"], "give numbers")):
        with pytest.raises(SystemExit, match="2"):
            learning.parse(words)
        assert says in capsys.readouterr().err


def test_the_documented_commands_are_taken():
    lines = re.findall(r"^python benchmarks/learning\.py(.*)$", text("docs/benchmarks.md"), re.MULTILINE)
    assert len(lines) >= 3
    for line in lines:
        assert learning.parse(shlex.split(line, comments=True)).rows


def test_every_committed_result_is_of_the_settings_of_now():
    """Where this fails, train that row again: its YAML has changed."""
    then = json.loads((learning.RESULTS / learning.SETTINGS).read_text())
    measured = [path.stem for path in learning.RESULTS.glob("*.csv")]
    assert sorted(then) == sorted(measured)
    assert [name for name in measured if not still_hold(then[name], settings_of(ROWS[name].words()))] == []


def test_every_committed_result_is_of_a_row_as_it_is_now():
    for path in learning.RESULTS.glob("*.csv"):
        row, lines = ROWS[path.stem], learning.read(path)
        assert {line["commit"][10:] for line in learning.finals(lines)} <= {""}, f"{path}: uncommitted code"
        for line in learning.finals(lines):
            seed = None if line["seed"] == "random" else int(line["seed"])
            assert line["command"] == learning.command(learning.Trial(path.stem, row, seed)), path
