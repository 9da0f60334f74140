"""A faulty environment costs one line and its exit code on the command line, whoever steps it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ray_session import ray_session
from tests.source_tree import ROOT
from train import main

__all__ = ["ray_session"]

FAULTY = ("task=CartPole", "task.env=null", "task.entry_point=my_faulty:Faulty")
SHORT = ("num_envs=2", "max_iterations=1", "eval_every=0", "device=cpu", "train.params.torch_threads=1")
SMALL = ("train.params.config.horizon_length=8", "train.params.config.minibatch_size=16")

Answer = tuple[int, str]


@pytest.fixture
def told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Answer]]:
    """Runs a command line in a folder that holds my_faulty.py; the exit code and the line on stderr."""
    shutil.copy(ROOT / "tests" / "faulty_module.py", tmp_path / "my_faulty.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])

    def call(*words: str) -> Answer:
        code = main([*words, *SHORT, *SMALL])
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, lines
        return code, lines[0]

    yield call
    sys.modules.pop("my_faulty", None)


LINES = {
    "shape": r"the observation has shape \(1,\) where its space says \(2,\) -- mend the environment",
    "dtype": "the observation is of dtype complex128 where its space says float32 -- mend",
    "text": "the observation is of dtype <U5 where its space says float32 -- mend",
    "tensor": r"the observation is a torch tensor on cpu where NumPy was expected: return tensor.detach\(\)",
    "tensor_elsewhere": "the observation is a torch tensor on meta where NumPy was expected",
    "not_finite": r"the observation\[0\] is nan, not a finite number -- mend what divides by zero",
    "reward_nan": "the reward is nan, not a finite number -- mend what divides by zero",
    "reward_text": r"reward is str where shape \(\) was expected -- mend",
    "done_text": r"terminated is str where shape \(\) was expected -- mend",
    "info": "step returned list as info -- return a dict",
    "metrics": r'info\["metrics"\]\["speed"\] is str, not a number -- mend',
    "success": r'info\["is_success"\] is str, not True or False -- mend',
}


@pytest.mark.parametrize("fault", LINES)
def test_a_fault_of_the_environment_names_it_with_row_and_step(
    told: Callable[..., Answer], fault: str
) -> None:
    code, line = told(*FAULTY, f"env_kwargs.fault={fault}", "vec_env=sync")
    assert code == (6 if fault in ("not_finite", "reward_nan") else 4)
    assert re.match(f"error: my_faulty:Faulty, row 0, step 3: {LINES[fault]}", line), line


def test_an_info_of_a_reset_that_is_no_dict_is_told(told: Callable[..., Answer]) -> None:
    code, line = told(*FAULTY, "env_kwargs.fault=reset_info", "vec_env=sync")
    assert (code, line) == (
        4,
        "error: my_faulty:Faulty, row 0, step 0: reset returned list as info -- return a dict",
    )


@pytest.mark.parametrize("kind", ["process", pytest.param("ray", marks=pytest.mark.ray)])
@pytest.mark.parametrize("fault", ["shape", "tensor", "info"])
def test_the_same_line_comes_from_a_worker(
    told: Callable[..., Answer], request: pytest.FixtureRequest, kind: str, fault: str
) -> None:
    if kind == "ray":
        request.getfixturevalue("ray_session")
    code, line = told(*FAULTY, f"env_kwargs.fault={fault}", f"vec_env={kind}", "num_workers=2")
    assert code == 4
    assert re.match(f"error: my_faulty:Faulty, row 0, step 3: {LINES[fault]}", line), line


def test_a_worker_that_dies_is_told(told: Callable[..., Answer]) -> None:
    code, line = told(
        *FAULTY, "env_kwargs.fault=death", "vec_env=process", "num_workers=2", "faults.mode=fatal"
    )
    assert code == 4
    assert line == (
        "error: my_faulty:Faulty: the worker of rows 0 to 0 died (signal SIGKILL) -- "
        "an environment ended its process, or the memory ran out: use fewer num_envs or num_workers"
    )


@pytest.mark.parametrize("kind", ["process", pytest.param("ray", marks=pytest.mark.ray)])
def test_a_factory_that_cannot_travel_names_the_field(
    told: Callable[..., Answer], request: pytest.FixtureRequest, kind: str
) -> None:
    if kind == "ray":
        request.getfixturevalue("ray_session")
    code, line = told("task=Gym", "env=Locked-v0", "imports=[my_faulty]", f"vec_env={kind}")
    assert code == 2
    assert line == (
        "error: Locked-v0: source.entry_point cannot be sent to a worker process: "
        "TypeError: cannot pickle '_thread.lock' object -- give plain values, or use vec_env=sync"
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("num_workers=3",), "num_workers=3 is more than num_envs=2 -- write num_workers=2 or fewer"),
        (("num_workers=0",), "num_workers=0 is not allowed -- give an integer from 1 to 1048576 or null"),
        (("num_workers=-1",), "num_workers=-1 is not allowed -- give an integer from 1 to 1048576 or null"),
    ],
)
def test_a_number_of_workers_that_cannot_be_is_refused(
    told: Callable[..., Answer], words: tuple[str, ...], line: str
) -> None:
    assert told("task=CartPole", "vec_env=process", *words) == (2, f"error: {line}")


def test_more_workers_than_processors_run_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import os

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    words = ("task=CartPole", "vec_env=process", "num_workers=2", *SHORT, *SMALL)
    assert main(list(words)) == 0
    assert (
        "note: num_workers=2 take turns on 1 processors: more workers are no faster"
        in capsys.readouterr().out
    )


NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


def can_mount() -> bool:
    """Whether a process may be given a /dev/shm of its own here."""
    mount = (*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/dev/shm")
    return shutil.which("unshare") is not None and subprocess.run(mount, capture_output=True).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="a /dev/shm of one's own needs user namespaces")
def test_no_room_in_shared_memory_says_how_much_is_needed_and_how_to_give_it(tmp_path: Path) -> None:
    """512 CartPoles share 8 float32 of observations each, and some columns: not in a /dev/shm of 16 KiB."""
    train = [sys.executable, str(ROOT / "train.py"), "task=CartPole", "vec_env=process", "num_envs=512"]
    script = 'mount -t tmpfs -o size=16k tmpfs /dev/shm && exec "$@"'
    command = [*NAMESPACE, "sh", "-c", script, "sh", *train, *SHORT[1:]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 5
    assert done.stderr == (
        "error: no room for 1 MiB in /dev/shm: No space left on device -- use fewer num_envs, "
        "or give the container more shared memory (docker run --shm-size=2g)\n"
    )
