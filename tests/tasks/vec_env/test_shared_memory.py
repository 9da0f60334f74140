"""Arrays in shared memory: seen by all who map them, gone with the last, refused where there is no room."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np

from tasks.vec_env.shared_memory import FOLDER, SharedArrays

PLAN = {"flags": (np.bool_, (3,)), "numbers": (np.float64, (2, 5)), "images": (np.uint8, (2, 4, 4))}


def leftovers() -> set[Path]:
    return set(FOLDER.glob("rlgx-*"))


def test_what_one_writes_another_reads_and_no_array_touches_its_neighbour() -> None:
    mine = SharedArrays.create(PLAN)
    theirs = SharedArrays(mine.path, PLAN)
    mine.unlink()
    for number, name in enumerate(PLAN, 1):
        mine[name][...] = number
    assert [theirs[name].dtype for name in PLAN] == [dtype for dtype, _ in PLAN.values()]
    assert [theirs[name].shape for name in PLAN] == [shape for _, shape in PLAN.values()]
    assert theirs["flags"].all() and (theirs["numbers"] == 2).all() and (theirs["images"] == 3).all()


def test_nothing_is_left_once_the_name_is_taken_away() -> None:
    before = leftovers()
    shared = SharedArrays.create(PLAN)
    assert leftovers() - before == {shared.path}
    shared.unlink()
    assert leftovers() == before


def test_no_room_is_told_in_one_line_with_the_size_and_leaves_nothing() -> None:
    """The kernel's limit on the size of a file stands in for a full file system: the same call fails."""
    before = leftovers()
    program = (
        "import numpy as np, resource\n"
        "from tasks.vec_env.shared_memory import SharedArrays\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, {resource.RLIM_INFINITY}))\n"
        "try:\n"
        "    SharedArrays.create({'images': (np.uint8, (64, 2**20))})\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.startswith(
        f"StorageError no room for 64 MiB in {FOLDER}: File too large -- use fewer num_envs"
    )
    assert told.count("\n") == 1
    assert leftovers() == before
