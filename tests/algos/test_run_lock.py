"""A run is one process's at a time, and nobody's once that process is gone, however it went."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from algos.run_lock import RunLock
from cfg.errors import ConfigError, StorageError

HOLDS = """
import sys, time
from pathlib import Path
from algos.run_lock import RunLock
lock = RunLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def held_by_another(run: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", HOLDS, str(run)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        try:
            yield other
        finally:
            other.kill()


def test_a_second_process_is_refused_and_a_dead_ones_lock_is_taken_over(tmp_path: Path) -> None:
    with held_by_another(tmp_path) as other:
        with pytest.raises(ConfigError, match=f"is in use by pid {other.pid} -- .*kill {other.pid}"):
            RunLock(tmp_path)
        other.kill()
        other.wait()
        RunLock(tmp_path).release()


def test_a_lock_that_is_released_or_forgotten_is_free(tmp_path: Path) -> None:
    first = RunLock(tmp_path)
    with pytest.raises(ConfigError, match=f"in use by pid {os.getpid()}"):
        RunLock(tmp_path)
    first.release()
    second = RunLock(tmp_path)
    del second
    RunLock(tmp_path).release()


def test_a_lock_is_not_written_through_a_link(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("kept")
    (tmp_path / ".lock").symlink_to(mine)
    with pytest.raises(StorageError, match=r"\.lock: "):
        RunLock(tmp_path)
    assert mine.read_text() == "kept"
