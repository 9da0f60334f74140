"""`--check` is the test of every shipped task: each keeps the contract under each vector environment."""

import re
import sys

import pytest

from cfg.compose import load_task
from cfg.errors import ConfigError
from cfg.listing import available
from tasks.make import factory_of
from tests.ray_session import ray_session
from tests.source_tree import text
from train import main, run

__all__ = ["ray_session"]

FIXED = [name for name, *_ in available("tasks") if not load_task(name).is_open]

# What these are made of is checked with others: Pong's engine, Hopper's simulator.
LIKE_OTHERS = ("Breakout", "Walker2d", "Humanoid")

# Four rows of a hundred steps: the ends of longer episodes are met under a time limit.
SHORT = ("num_envs=4", "max_frames=400")
# A game takes a tenth of a second to seed.
FEW = ("num_envs=2", "max_frames=200")


@pytest.mark.ray
@pytest.mark.usefixtures("ray_session")
@pytest.mark.parametrize(
    "task", [pytest.param(task, marks=[pytest.mark.long] * (task in LIKE_OTHERS)) for task in FIXED]
)
def test_a_shipped_task_keeps_the_contract_whoever_steps_it(task: str) -> None:
    try:
        factory_of(load_task(task))
    except ConfigError as error:
        if "pip install" in error.remedy:
            pytest.skip(str(error))
        raise
    is_game = (load_task(task).env or "").startswith("ale:")
    result = run("--check", f"task={task}", *(FEW if is_game else SHORT))
    expected = {"simulator"} if load_task(task).simulator else {"sync", "process", "ray"}
    assert expected <= result["vec_envs"].keys()
    for kind, column in result["vec_envs"].items():
        assert column["failed"] == {}, kind
        # Few environments end by themselves in a hundred steps at random.
        assert column["unseen"].keys() <= {"terminations"}, kind
    assert result["exit_code"] == 0


def test_the_faulty_example_of_the_document_gives_the_lines_it_shows(tmp_path, monkeypatch, capsys):
    document = text("docs/check.md")
    (code,) = re.findall(r"```python\n# drift\.py\n(.*?)```", document, re.DOTALL)
    (shown,) = re.findall(r"```text\n(sync: .*?)```", document, re.DOTALL)
    (tmp_path / "drift.py").write_text(code)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    words = ("task=CartPole", "task.env=null", "task.entry_point=drift:Drift", "vec_env=sync")
    assert main(["--check", *words]) == 4
    told = capsys.readouterr().out
    assert all(line in told for line in shown.splitlines())


def test_a_check_writes_nothing_and_tells_a_mistake_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["--check", "task=CartPole", "vec_env=sync", *SHORT]) == 0
    assert list(tmp_path.iterdir()) == []
    capsys.readouterr()
    assert main(["--check", "task=CartPoel"]) == 2
    assert main(["--check", "task=Pendulum", "vec_env=native"]) == 2
    assert main(["--check", "task=CartPole", "num_workers=9", "vec_env=process"]) == 2
    assert capsys.readouterr().err.count("\n") == 3
