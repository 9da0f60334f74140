"""A checkpoint that does not fit is refused before rl_games' agents are loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from algos.spaces import space_to_plain
from algos.start import check_fit
from cfg.errors import CheckpointError
from tasks.make import env_info_of, factory_of
from tests.cfg.composing import composed

PROGRAM = """
import sys
from train import main
code = main(sys.argv[1:])
print(code, "rl_games.torch_runner" in sys.modules)
"""


def told(*words: str, folder: Path) -> tuple[str, str]:
    """What a command line prints on stdout and on stderr, in a process of its own."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr


def test_the_spaces_are_compared_before_the_agents_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train import run

    monkeypatch.chdir(tmp_path)
    summary = run("task=Pendulum", "max_iterations=1", "num_envs=2", "eval_every=0", "device=cpu")
    out, line = told(
        "task=CartPole", "--play", "--checkpoint", summary["checkpoints"]["last"], folder=tmp_path
    )
    assert out.split() == ["3", "False"]
    assert line.startswith("error: the checkpoint (task Pendulum) has another observation_space: {")
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("task=CartPole", "train=SAC"), "SAC needs continuous actions, and the action space is Discrete(2)"),
        (("task=CartPole", "network=cnn"), "network: a CNN cannot read observations of shape (4,)"),
    ],
)
def test_spaces_that_do_not_fit_cost_no_start_up_and_leave_no_run(
    words: tuple[str, ...], problem: str, tmp_path: Path
) -> None:
    out, line = told(*words, folder=tmp_path)
    assert out.split() == ["2", "False"]
    assert line.startswith(f"error: {problem} -- ")
    assert list(tmp_path.iterdir()) == []


def test_bounds_are_told_where_nothing_else_differs() -> None:
    config = composed("task=Pendulum")
    info = env_info_of(factory_of(config.task))
    plain = {part: space_to_plain(info[part]) for part in ("observation_space", "action_space")}
    plain["action_space"]["high"] = 7.0
    state = {"rlgx": {"task": "Pendulum", "policy": {"algo": "a2c_continuous", **plain}}}
    with pytest.raises(
        CheckpointError, match="another action_space: .*'high': 7.0.* there, .*'high': 2.0.* here"
    ):
        check_fit(state, config, info)
