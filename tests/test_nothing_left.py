"""The check after every test does fail: on a process that lives on, and on a shared-memory file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.source_tree import ROOT

LEAKING = '''
"""Tests that leave something behind."""

import subprocess
from pathlib import Path

import numpy as np

from tasks.vec_env.shared_memory import SharedArrays


def test_leaves_a_process():
    process = subprocess.Popen(["sleep", "100"])
    Path("number").write_text(str(process.pid))


def test_leaves_a_file():
    Path("path").write_text(str(SharedArrays.create({"obs": (np.float32, (3,))}).path))


def test_leaves_nothing():
    subprocess.run(["sleep", "0.1"])
    SharedArrays.create({"obs": (np.float32, (3,))}).unlink()
'''


def test_what_a_test_leaves_behind_fails_it_by_name(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import tests.nothing_left\n"
        "tests.nothing_left.PATIENCE_S = 0.5\n"
        "from tests.nothing_left import nothing_is_left_behind\n"
    )
    (tmp_path / "test_leaking.py").write_text(LEAKING)
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100)
    path, number = (tmp_path / "path").read_text(), int((tmp_path / "number").read_text())
    os.kill(number, signal.SIGKILL)
    Path(path).unlink()
    assert "3 passed, 2 errors" in done.stdout, done.stdout
    assert f"the test leaves behind: process {number} (sleep 100)" in done.stdout
    assert f"the test leaves behind: {path}" in done.stdout
    assert done.returncode == 1
