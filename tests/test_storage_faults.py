"""What a command says where the machine gives it no room: before training, and as a process of its own."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source_tree import ROOT
from train import main

SMALL = ("task=CartPole", "num_envs=2", "max_iterations=2", "eval_every=0", "device=cpu")


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def limited(kind: int, limit: int, *words: str) -> tuple[int, list[str]]:
    """The exit code and the lines on stderr of the command under a limit of the kernel's."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "train.py"), *SMALL, *words],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(kind, (limit, limit)),
    )
    return done.returncode, done.stderr.splitlines()


def test_too_few_open_files_are_told_with_the_remedy() -> None:
    code, lines = limited(resource.RLIMIT_NOFILE, 12, "vec_env=process", "num_workers=2")
    assert code in (2, 5) and len(lines) == 1
    assert lines[0].startswith("error: ") and "Too many open files" in lines[0]


def test_a_disk_that_is_full_from_the_start_is_told_and_leaves_no_half_files() -> None:
    code, (line,) = limited(resource.RLIMIT_FSIZE, 30_000)
    assert code == 5 and "nn/last.pth: File too large (it takes at least 0." in line and "are free" in line
    (run,) = Path("runs").iterdir()
    assert list((run / "nn").iterdir()) == [] and not list(run.rglob("*.tmp"))


def test_a_file_in_place_of_runs_is_told_before_training(capsys: pytest.CaptureFixture[str]) -> None:
    Path("runs").write_text("")
    assert main(list(SMALL)) == 5
    out, errors = capsys.readouterr()
    assert errors.startswith("error: cannot create a run under runs/") and errors.count("\n") == 1
    assert "training" not in out
