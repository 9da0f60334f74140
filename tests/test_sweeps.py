"""Sweeps through the real entry: a directory for each run, a table, exit codes, and Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cfg.errors import ConfigError
from train import run

ROOT = Path(__file__).parents[1]
SHORT = ("num_envs=4", "eval_every=0", "max_iterations=1", "device=cpu", "train.params.config.mini_epochs=1")
FRAIL = """
import gymnasium
from gymnasium.envs.classic_control import CartPoleEnv


class Frail(CartPoleEnv):
    def __init__(self, breaks=False):
        super().__init__()
        self.breaks = breaks

    def step(self, action):
        if self.breaks:
            raise RuntimeError("it broke")
        return super().step(action)
"""


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def sweep_in_a_process(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), "-m", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_job_that_fails_ends_no_other_and_each_run_has_its_directory() -> None:
    Path("frail.py").write_text(FRAIL)
    frail = (
        "task.env=null",
        "task.entry_point=frail:Frail",
        "+env_kwargs.breaks=True,False",
        "task.solve_at=null",
    )
    process = sweep_in_a_process(*SHORT, *frail, "experiment=try", "jobs=2")
    output, errors = process.communicate(timeout=100)
    assert (process.returncode, errors) == (4, ""), output
    (folder,) = Path("runs").iterdir()
    assert folder.name.startswith("try_")
    failed, done = json.loads((folder / "sweep.json").read_text())["jobs"]
    assert (failed["label"], failed["status"], failed["exit_code"]) == (
        "+env_kwargs.breaks=True",
        "failed",
        4,
    )
    assert (done["label"], done["status"], done["exit_code"]) == ("+env_kwargs.breaks=False", "budget", 0)
    assert done["run"] == f"{folder}/002_try_PPO"
    assert "it broke" in failed["error"] and failed["error"].startswith("error: ")
    assert (folder / "001_try_PPO.log").read_text().endswith(f"{failed['error']}\n")
    assert "002_try_PPO" in output and "failed" in output


def test_a_run_of_a_sweep_is_evaluated_played_and_resumed_like_any() -> None:
    result = run("-m", *SHORT, "task=CartPole")
    (job,) = result["jobs"]
    assert result["exit_code"] == 0 and job["run"].startswith(f"{result['sweep']}/001_CartPole_PPO")
    assert run("mode=eval", f"checkpoint={job['run']}", "episodes=1")["episodes"] == 1
    assert (
        run("mode=play", f"checkpoint={job['run']}/nn/last.pth", "episodes=1", "headless=True")["episodes"]
        == 1
    )
    resumed = run(f"resume={job['run']}", "max_iterations=2")
    assert (resumed["epochs"], resumed["run"]) == (2, job["run"])


def test_a_mistake_in_the_last_job_is_told_before_the_first_starts() -> None:
    for word in ("num_envs=4,0", "env_kwargs.sutton=True,1 env_kwargs.x=1", "device=cpu,cuda:99"):
        with pytest.raises(ConfigError, match=r"^job [12] of 2 \("):
            run("-m", "task=CartPole", *word.split())
    assert not Path("runs").exists()


def test_ctrl_c_saves_what_runs_and_ends_the_sweep() -> None:
    endless = ("task=CartPole", "num_envs=8", "device=cpu", "max_iterations=100000", "task.solve_at=null")
    process = sweep_in_a_process(*endless, "seed=1,2")
    deadline = time.monotonic() + 60
    while not list(Path("runs").glob("*/001*/nn/CartPole.pth")) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, ""), output
    (path,) = Path("runs").glob("*/sweep.json")
    first, second = json.loads(path.read_text())["jobs"]
    assert (first["status"], first["exit_code"]) == ("interrupted", 130)
    assert Path(first["run"], "nn", "last.pth").is_file()
    assert (second["status"], second["exit_code"]) == ("not started", None)
