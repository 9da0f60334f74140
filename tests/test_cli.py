"""The command line as a process: exit codes, one line on stderr, no traceback, nothing left behind, fast."""

import os
import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.source_tree import ROOT
from train import main


@dataclass(frozen=True)
class Answer:
    """What a process left: its exit code, its output, and the processor time that it took."""

    code: int
    stdout: str
    stderr: str
    cpu_s: float


@pytest.fixture
def cli(tmp_path: Path):
    """Runs a command line in an empty directory, which has to stay empty."""

    def call(*words: str, **environment: str) -> Answer:
        before = _cpu_s()
        done = subprocess.run(
            [sys.executable, str(ROOT / "train.py"), *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert list(tmp_path.iterdir()) == []
        return Answer(done.returncode, done.stdout, done.stderr, _cpu_s() - before)

    return call


def _cpu_s() -> float:
    """Of the children so far: beside other work a clock would tell of that work."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


MISTAKES = {
    "task=CartPoel": (2, 'did you mean "CartPole"'),
    "train=PendulumPP": (2, 'did you mean "PendulumPPO"'),
    "network=mpl": (2, 'did you mean "mlp"'),
    "vec_env=rai": (2, 'did you mean "ray"'),
    "--evla": (2, 'did you mean "--eval"'),
    "nm_envs=3": (2, 'did you mean "num_envs"'),
    "train.params.config.gama=0.9": (2, 'did you mean "gamma"'),
    "train.params.config.gamma=7": (2, "give a number from 0 to 1"),
    "num_envs=-1": (2, "give an integer from 1"),
    "num_envs=many": (2, "give an integer from 1"),
    "train.params.config.minibatch_size=100": (2, "use one of 16, 32, 64, 128"),
    "env=Acrobot-v1": (2, "write task=Gym env=Acrobot-v1"),
    "task=Gym env=LunaLander-v3": (2, "did you mean"),
    "env_kwargs.gravity=1": (2, "has no such argument"),
    "task.env=null task.entry_point=no.such:Env": (2, "no module"),
    "experiment=../x": (2, 'no ".."'),
    "--play": (2, "add --checkpoint"),
    "checkpoint=lost.pth": (3, "does not exist"),
    "--resume=runs/lost": (3, "does not exist"),
    "env_kwargs.x=${oc.env:HOME}": (2, "asks for a resolver"),
    "-p": (2, "write --play"),
    "seed=1,2": (2, "add -m to run each of them"),
    "-m seed=1 task=CartPole,CartPoel": (2, "job 2 of 2 (task=CartPoel): task=CartPoel is not known -- did"),
    "-m seed=1,2 jobs=none": (2, "give one integer of at least 1"),
    "run_dir=elsewhere": (2, "give a path below runs/"),
    "wandb_activate=True": (2, "is not built yet"),
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_costs_one_line_and_its_exit_code(cli, words):
    code, remedy = MISTAKES[words]
    answer = cli(*words.split(" "))
    assert answer.code == code
    assert answer.stdout == ""
    assert re.fullmatch(r"error: .+ -- .+\n", answer.stderr)
    assert remedy in answer.stderr
    assert answer.cpu_s < 2


@pytest.mark.parametrize("word", ["--help", "--list", "--version"])
def test_what_only_shows_something_answers_at_once(cli, word):
    answer = cli(word)
    assert (answer.code, answer.stderr) == (0, "")
    assert answer.stdout
    assert answer.cpu_s < 1


def test_the_lists_name_what_is_there(cli):
    text = cli("--list").stdout
    assert all(name in text for name in ("CartPole", "PendulumPPO", "cnn_small", "ppo", "ray"))
    assert "CartPole" not in cli("--list", "networks").stdout


def test_debug_shows_the_traceback(cli):
    answer = cli("gamma=1", RLGX_DEBUG="1")
    assert answer.code == 2
    assert answer.stderr.startswith("Traceback")
    assert answer.stderr.splitlines()[-1].startswith("error: unknown key gamma")


def test_a_mistake_is_told_without_torch_and_ray(cli):
    answer = cli("train.params.config.gamma=7", PYTHONPROFILEIMPORTTIME="1")
    imported = set(re.findall(r"\| +(\S+)$", answer.stderr, re.MULTILINE))
    assert "pydantic" in imported
    assert not {"torch", "ray", "rl_games", "gymnasium", "numpy"} & imported


def test_from_python_the_exit_code_is_the_result(capsys):
    assert main(["gamma=1"]) == 2
    assert capsys.readouterr().err == "error: unknown key gamma -- did you mean train.params.config.gamma?\n"
