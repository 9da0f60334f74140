"""Every command, file and Python example of the documents is run, on a tiny budget. Knows only fences."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.plugin_environment import fresh_python
from tests.source_tree import ROOT, files, text

DOCUMENTS = [path for path in files() if path.endswith(".md")]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED_FILE = re.compile(r"# (\S+\.(?:py|yaml|toml))\n")

# What is appended to a command so that it ends in seconds; the first row that fits counts.
BUDGETS = (
    (r"^(python -m )?pip install", "--quiet --no-deps --no-build-isolation"),
    (r"--(list|help|version)\b", ""),
    (r"benchmarks/throughput", "--env CartPole-v1 --num-envs 2 --only bare --rounds 1 --seconds 0.02"),
    (r"benchmarks/sac_speed", "--envs Pendulum-v1 --threads 1 --only rlgx --rounds 1 --frames 600"),
    (r"benchmarks.compiling", "--help"),
    (r"benchmarks/training_speed", "--only sync --rounds 1 --frames 10240"),
    (r"benchmarks/race", "--tasks CartPole --only rlgx --seeds 1 --threads 1 --frames 5000"),
    (r"--check\b", "num_envs=2 max_frames=40"),
    (r"--(eval|play)\b", "episodes=2 headless=True"),
    # A whole rollout through a convolutional network takes two busy cores a minute.
    (
        r"task=(Pong|Reach)|env=ale:|env=envpool:Pong",
        "max_iterations=1 eval_every=0 train.params.config.horizon_length=16",
    ),
    (r"--resume\b", "max_iterations=4 eval_every=0"),
    (r"task=(Sim|Ball)", "max_iterations=2 eval_every=0 num_envs=16"),
    (r"", "max_iterations=2 eval_every=0"),
)
# Shell lines that are not run here, each for its reason.
NOT_RUN = (
    (r"^make (test|check)$", "the gate runs this test"),
    (r"^tensorboard ", "a server that does not end"),
    (r"^git clone ", "it needs a network"),
    (r"^make peers$", "it installs many packages, for minutes"),
    (r"^source ", "the tests name their Python themselves"),
    (
        r"^bash benchmarks/figures.sh ",
        "it takes most of an hour; its commands are parsed by tests/benchmarks",
    ),
    (r"^python benchmarks/learning.py", "it trains for hours; tests/benchmarks/test_learning.py parses it"),
    (r"^make chaos", "it takes most of an hour; tests/chaos runs a part of it"),
    (r"^make head ", "it needs a checkout of rl_games; tests/test_head.py is what it runs"),
    (r"^ray get-auth-token", "it writes into the home of whoever runs the tests"),
    (r"^RAY_AUTH_MODE=token ray start", "servers that do not end"),
    (r"ray\.address=", "it needs a cluster; tests/tasks/vec_env/test_ray_channel.py trains on one"),
    (r"^(RUN|CONFIGS)=", "the tests name a run of their own, and the folder"),
    (r"^python -m pytest ", "a part of the gate, or what the gate does not install"),
)

# What a line needs that the gate does not install, by its module: where that is missing, the line is skipped.
OF_EXTRAS = ((r"env=envpool:", "envpool"), (r"env=dm_control/", "shimmy"))
STARTS_RAY = re.compile(r"vec_env=ray|--check(?!.*vec_env=)")


@dataclass(frozen=True)
class Example:
    """Something a document shows: a shell line or a block of Python."""

    document: str
    code: str

    def __str__(self) -> str:
        return f"{self.document}: {self.code.splitlines()[0]}"


def blocks(document: str, *languages: str) -> list[str]:
    return [body for language, body in FENCE.findall(text(document)) if language in languages]


def shell_lines(document: str) -> list[str]:
    """Commands without their comments, lines that end in a backslash joined."""
    joined = "\n".join(blocks(document, "bash", "sh")).replace("\\\n", " ")
    lines = (re.sub(r"(^|\s+)#.*", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line]


def is_run(line: str) -> bool:
    return not any(re.search(pattern, line) for pattern, _ in NOT_RUN)


def with_budget(line: str) -> str:
    """The command as `python train.py`, short enough for a test."""
    made = re.match(r'make train(?: ARGS="(.*)")?$', line)
    if made:
        line = f"python train.py {made[1] or ''}"
    if line.startswith("pip "):
        line = f"python -m {line}"  # a fresh environment sees the tests' own pip
    return f"{line} {next(extra for pattern, extra in BUDGETS if re.search(pattern, line))}"


def parameter(example: Example):
    marks = [pytest.mark.ray] if STARTS_RAY.search(example.code) else []
    for pattern, module in OF_EXTRAS:
        missing = bool(re.search(pattern, example.code)) and importlib.util.find_spec(module) is None
        marks.append(pytest.mark.skipif(missing, reason=f"{module} is not installed"))
    return pytest.param(example, marks=marks)


LINES = [Example(path, line) for path in DOCUMENTS for line in shell_lines(path)]
SHELL = [parameter(example) for example in LINES if is_run(example.code)]
PYTHON = [
    Example(path, body) for path in DOCUMENTS for body in blocks(path, "python") if not NAMED_FILE.match(body)
]


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory) -> Path:
    """A short run of CartPole, as the documents' $RUN."""
    place = tmp_path_factory.mktemp("finished")
    command = [sys.executable, str(ROOT / "train.py"), "task=CartPole", "max_iterations=2", "eval_every=0"]
    subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=100)
    return next((place / "runs").iterdir())


def workspace(place: Path, document: str, run: Path) -> None:
    """A checkout with the files the document tells the reader to write, and a finished run."""
    for path in files():
        if path.split("/")[0] in {"train.py", "cfg", "tasks", "algos", "examples", "benchmarks"}:
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, place / path)
    for body in blocks(document, "python", "yaml", "toml"):
        named = NAMED_FILE.match(body)
        if named:
            assert not (place / named[1]).exists(), f"{document} would overwrite {named[1]}"
            (place / named[1]).parent.mkdir(parents=True, exist_ok=True)
            (place / named[1]).write_text(body)
    shutil.copytree(run, place / "runs" / run.name)


def installed(place: Path, document: str, line: str, run: Path) -> Path:
    """The Python a command is run by: a fresh one with what the document says to install, where it does."""
    wanted = [each for each in shell_lines(document) if each.startswith("pip ") and each != line]
    if not wanted and not line.startswith("pip "):
        return Path(sys.executable)
    python = fresh_python(place / ".venv")
    for each in wanted:
        run_in(place, ["bash", "-c", with_budget(each)], run, python)
    return python


def run_in(place: Path, command: list[str], run: Path, python: Path) -> None:
    """Runs a command as a reader of the document would; fails with what it printed."""
    environment = {
        **os.environ,
        "RUN": f"runs/{run.name}",
        "CONFIGS": f"{importlib.util.find_spec('rl_games').submodule_search_locations[0]}/configs",
        "PATH": f"{python.parent}:{os.environ['PATH']}",
    }
    result = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=110)
    assert result.returncode == 0, f"{result.stdout[-2000:]}\n{result.stderr[-2000:]}"
    assert "Traceback" not in result.stderr, result.stderr[-2000:]


@pytest.mark.parametrize("example", SHELL, ids=str)
def test_the_documented_command_works(example, tmp_path, finished_run):
    workspace(tmp_path, example.document, finished_run)
    python = installed(tmp_path, example.document, example.code, finished_run)
    run_in(tmp_path, ["bash", "-c", with_budget(example.code)], finished_run, python)


@pytest.mark.parametrize("example", PYTHON, ids=str)
def test_the_documented_python_works(example, tmp_path, finished_run):
    workspace(tmp_path, example.document, finished_run)
    run_in(tmp_path, [sys.executable, "-c", example.code], finished_run, Path(sys.executable))


def test_what_is_not_run_is_still_there():
    assert all(any(re.search(pattern, example.code) for example in LINES) for pattern, _ in NOT_RUN)


def test_every_documented_make_target_exists():
    wanted = {example.code.split()[1] for example in LINES if example.code.startswith("make ")}
    offered = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    assert wanted <= offered
