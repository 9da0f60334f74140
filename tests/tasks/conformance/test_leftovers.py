"""Processes below this one and shared-memory files are found, and Ray's own are not counted."""

import subprocess
import sys

import numpy as np

from tasks.conformance.leftovers import leftovers_now, wait_for_none_since
from tasks.vec_env.shared_memory import SharedArrays

GRANDCHILD = "import subprocess, sys; subprocess.run(['sleep', '30'], stdin=sys.stdin)"


def test_processes_are_found_two_levels_down_and_forgotten_once_they_end():
    before = leftovers_now()
    with subprocess.Popen([sys.executable, "-c", GRANDCHILD], start_new_session=True) as parent:
        left = wait_until(lambda: len(leftovers_now().since(before)) == 2) and leftovers_now().since(before)
        assert any(f"process {parent.pid} (" in line for line in left)
        assert any(line.endswith("(sleep 30)") for line in left)
        import os
        import signal

        os.killpg(parent.pid, signal.SIGKILL)
    assert wait_for_none_since(before, 5.0) == []


def test_a_file_is_found_until_its_name_is_taken_away():
    before = leftovers_now()
    shared = SharedArrays.create({"obs": (np.float32, (3,))})
    assert str(shared.path) in leftovers_now().since(before)
    shared.unlink()
    assert wait_for_none_since(before, 5.0) == []


def wait_until(holds) -> bool:
    import time

    deadline = time.monotonic() + 10.0
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()
