"""Which processors each worker keeps to. Starts no process.

A driver and its workers wake each other thousands of times a second. Linux takes that for one job and puts
all of them on one processor, whatever else is idle: two workers are then slower than one.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress


def usable() -> tuple[int, ...]:
    """The processors that this process may use; none where the system does not say."""
    return tuple(sorted(os.sched_getaffinity(0))) if sys.platform == "linux" else ()


def share_of(processors: Sequence[int], worker: int, num_workers: int) -> tuple[int, ...]:
    """A worker's share of the processors: of 4, the second of two workers gets two and of eight shares one.

    Shares are as large as they can be, so that the system may still move a worker out of another run's way.
    """
    count = len(processors)
    return tuple(processors[worker % count :: min(num_workers, count)]) if count else ()


def keep_to(processors: Sequence[int]) -> None:
    """Has the calling thread run nowhere else; no processors are no limit."""
    if processors:
        os.sched_setaffinity(0, processors)


def give_way() -> None:
    """Has the calling thread not take the processor from whoever wakes it up, where the system allows that.

    A driver wakes its workers one after the other; the first one would otherwise run at once in the driver's
    place, and the second one wait until it is done.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
