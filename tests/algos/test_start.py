"""A checkpoint that does not fit is refused before rl_games' agents are loaded."""

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
code = main(["task=CartPole", "--play", "--checkpoint", sys.argv[1]])
print(code, "rl_games.torch_runner" in sys.modules)
"""


def test_the_spaces_are_compared_before_the_agents_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train import run

    monkeypatch.chdir(tmp_path)
    summary = run("task=Pendulum", "max_iterations=1", "num_envs=2", "eval_every=0", "device=cpu")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / summary["checkpoints"]["last"])],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["3", "False"]
    assert done.stderr.startswith(
        "error: the checkpoint (task Pendulum) has another observation_space: {'kind'"
    )
    assert done.stderr.count("\n") == 1


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
