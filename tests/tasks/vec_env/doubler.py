"""A worker that doubles a shared number whenever it is asked, and now and then takes its time.

`python -m tests.tasks.vec_env.doubler DESCRIPTOR PATH [bells]`
"""

import random
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from tasks.vec_env.attention import SPIN_S
from tasks.vec_env.shared_memory import ArrayPlan, SharedArrays
from tasks.vec_env.signals import CELLS
from tasks.vec_env.wire import Wire

PLAN: ArrayPlan = {"bells": (np.int64, (CELLS,)), "number": (np.int64, (1,))}


def main(descriptor: str, path: str, bells: str) -> None:
    """Answers until it is told something else than to double."""
    wire = Wire(Connection(int(descriptor)), stays_awake=True)
    shared, chance = SharedArrays(Path(path), PLAN), random.Random(1)
    if bells:
        wire.ring_bells(shared["bells"], is_driver=False)
    wire.send(b"ready")
    while wire.receive() == b"s":
        if not chance.randrange(3):
            time.sleep(chance.uniform(0.8, 1.2) * SPIN_S)
        shared["number"][0] *= 2
        wire.signal(b"s")
    wire.send(b"to the end")


if __name__ == "__main__":
    main(*sys.argv[1:])
