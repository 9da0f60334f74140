"""Whatever name a user, a script or a foreign file gives: nothing is written outside `runs/`."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from algos.modes import new_run
from algos.run_dir import RunDir, make_folder
from cfg.compose import compose
from cfg.errors import ConfigError, RlgxError
from cfg.flags import parse
from cfg.schema import Config, validate
from cfg.sweep import expand
from tests.cfg.composing import composed
from tests.hostile_names import COUNT, can_be_a_word, hostile_names, snapshot
from tests.source_tree import ROOT

NAMES = hostile_names()
# Key -> every how many-th name is tried: all where a name is looked up before anything is composed.
KEYS = {"task": 1, "checkpoint": 1, "resume": 1, "file": 1, "train": 5, "network": 5, "wandb_name": 25}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with things to destroy, in which the working directory lies two deep."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("kept")
    work = tmp_path / "deep" / "work"
    (work / "runs").mkdir(parents=True)
    (work / "runs" / "away").symlink_to(tmp_path / "precious")
    monkeypatch.chdir(work)
    return tmp_path


def outcome(act) -> str:
    try:
        act()
    except RlgxError as error:
        assert "\n" not in str(error)
        assert str(error).isprintable()
        assert len(str(error)) < 4000
        return "refused"
    return "accepted"


def begin(config: Config) -> None:
    """Makes the run's directory, and sees where it came to lie."""
    run = new_run(config, "ppo")
    assert run.path.resolve().is_relative_to(Path("runs").resolve())
    for file in (run.best, run.nn / f"last_{run.name}_ep_100000_rew_-1000000.0.pth"):
        file.write_bytes(b"")


def test_there_are_as_many_names_as_are_promised():
    assert len(set(NAMES)) == COUNT == 500


def test_no_name_of_a_run_leads_out_of_runs(place):
    good, before = composed().model_dump(), snapshot(place / "deep" / "work") | snapshot(place, but="deep")
    outcomes: Counter[str] = Counter()
    for name in NAMES:
        for given in ({"experiment": name}, {"run_dir": name}, {"run_dir": f"runs/{name}"}):
            outcomes[outcome(lambda given=given: begin(validate({**good, **given})))] += 1
    assert snapshot(place / "deep" / "work") | snapshot(place, but="deep") == before
    assert outcomes["refused"] > 500
    assert outcomes["accepted"] > 100  # a name that is only odd is a name


def test_no_name_of_an_environment_leads_out_of_runs(place):
    good, before = composed("task=Gym", "env=Any-v0").model_dump(), snapshot(place / "deep" / "work")
    for name in NAMES[::4]:
        outcome(lambda name=name: begin(validate({**good, "env": name})))
    assert snapshot(place / "deep" / "work") == before


@pytest.mark.parametrize("key", KEYS)
def test_no_name_on_the_command_line_writes_anything(key, place):
    before = snapshot(place, but="")
    words = [f"{key}={name}" for name in NAMES[:: KEYS[key]]]
    outcomes = {outcome(lambda word=word: compose(parse([word]))) for word in words}
    assert "refused" in outcomes
    assert snapshot(place, but="") == before


def test_no_name_of_a_sweep_leads_out_of_runs(place):
    before = snapshot(place / "deep" / "work") | snapshot(place, but="deep")
    words = [("-m", f"experiment={name}", "seed=1,2") for name in NAMES]
    assert {outcome(lambda word=word: expand(parse(word).overrides)) for word in words} <= {
        "accepted",
        "refused",
    }
    assert {outcome(lambda name=name: make_folder(f"{name}_2026")) for name in NAMES} == {
        "accepted",
        "refused",
    }
    assert snapshot(place / "deep" / "work") | snapshot(place, but="deep") == before


def test_a_name_that_no_judgement_saw_is_stopped_where_directories_are_made(place):
    before = snapshot(place, but="")
    for stem in ("..", "../x", "../../precious/x", "/tmp/x", "away", "away/x", "", ".", "../runs", "a\0b"):
        with pytest.raises(ConfigError, match="leads out of runs/"):
            make_folder(stem)
    assert snapshot(place, but="") == before


def test_runs_itself_may_be_a_link_to_a_larger_disk(place):
    Path("runs").rename("other")
    (place / "disk").mkdir()
    Path("runs").symlink_to(place / "disk")
    assert RunDir.create(Path("runs/mine"), "mine", "").path.resolve() == place / "disk" / "mine"


def test_a_link_to_nowhere_in_place_of_runs_is_told_at_once(place):
    Path("runs").rename("other")
    Path("runs").symlink_to("nowhere")
    with pytest.raises(RlgxError, match="cannot create"):
        make_folder("x")


@pytest.mark.parametrize(
    "link",
    [
        "nn",
        "resume",
        "summaries",
        "videos",
        "metrics.jsonl",
        "config.yaml",
        "summaries/events",
        "nn/last.pth",
    ],
)
def test_a_run_that_somebody_made_with_links_out_of_it_is_not_gone_on_with(link, place):
    run = RunDir.create(Path("runs/gift"), "gift", "seed: 1\n")
    path = run.path / link
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    target = place / "precious" if not path.suffix and "/" not in link else place / "precious" / "file"
    path.symlink_to(target)
    for act in (
        lambda: RunDir.open("runs/gift", "gift"),
        lambda: RunDir.containing(run.nn / "a.pth", "gift"),
    ):
        with pytest.raises(ConfigError, match="is a link that leads out of the run"):
            act()
    assert (place / "precious" / "file").read_text() == "kept"


REAL = [name for name in NAMES if can_be_a_word(name)][::50]


def test_the_real_command_writes_nothing_either(place):
    before = snapshot(place, but="")
    for key, name in zip(("experiment", "run_dir", "checkpoint", "task", "env") * 2, REAL, strict=False):
        command = [sys.executable, str(ROOT / "train.py"), f"{key}={name}", "num_envs=-1"]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert done.returncode in (2, 3), (name, done)
        assert done.stderr.count(b"\n") == 1 and done.stderr.startswith(b"error: "), (name, done.stderr)
    assert snapshot(place, but="") == before
