"""A run knows its command and its commit; git.txt holds no file of secrets, and making it runs nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from algos.origin import command_line, write_origin


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one commit, with changes since; the working directory is a folder in it."""
    files = ("code.py", "sub/.env", "sub/server.KEY", "secrets.yaml", "sub/model.py")
    (tmp_path / "sub").mkdir()
    git(tmp_path, "init", "-q")
    for name in files:
        (tmp_path / name).write_text("before\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "first")
    for name in files:
        (tmp_path / name).write_text(f"changed {Path(name).name}\n")
    monkeypatch.chdir(tmp_path / "sub")
    return tmp_path


def git(place: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=place, check=True, capture_output=True)


def written(place: Path) -> str:
    folder = place / "run"
    folder.mkdir()
    write_origin(folder)
    return (folder / "git.txt").read_text()


def test_the_diff_is_of_the_whole_repository_but_for_files_that_hold_secrets(repository):
    text = written(repository)
    assert text.startswith("commit ")
    assert "+changed code.py" in text and "+changed model.py" in text
    assert not any(f"changed {name}" in text for name in (".env", "server.KEY", "secrets.yaml"))
    assert "left out, because their names say that they hold secrets" in text
    assert "sub/.env" in text and "sub/server.KEY" in text and "secrets.yaml" in text


def test_programs_that_a_repository_names_are_not_run(repository):
    marker = repository / "was_run"
    program = repository / "program"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    (repository / ".gitattributes").write_text("*.py diff=own\n")
    for key in ("core.fsmonitor", "diff.external", "diff.own.textconv", "diff.own.command"):
        git(repository, "config", key, str(program))
    git(repository, "status")  # git itself runs the first
    assert marker.exists()
    marker.unlink()
    assert "+changed code.py" in written(repository)
    assert not marker.exists()


def test_bytes_that_are_no_text_are_no_fault(repository, monkeypatch):
    (repository / "code.py").write_bytes(b"caf\xe9\n")
    monkeypatch.setattr(sys, "argv", ["train.py", "checkpoint=\udcff.pth"])
    assert "+caf\ufffd" in written(repository)
    assert "checkpoint=\\udcff.pth" in (repository / "run" / "command.txt").read_text()


def test_outside_of_a_repository_there_is_no_git_txt(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    write_origin(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["command.txt"]


@pytest.mark.parametrize(
    ("started", "program"),
    [
        ("train.py", "python train.py"),
        ("../my code/train.py", "python '../my code/train.py'"),
        ("/usr/local/bin/rlgx", "rlgx"),
        ("my_experiment.py", "python train.py"),  # which called train.run
    ],
)
def test_a_command_line_is_as_the_user_types_it(started, program, monkeypatch):
    monkeypatch.setattr(sys, "argv", [started, "task=CartPole"])
    assert command_line("--resume", "runs/my first") == f"{program} --resume 'runs/my first'"
