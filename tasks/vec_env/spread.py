"""Keeps workers on processors of their own while nobody else runs. Steps nothing.

A driver and its workers may be one more than the processors. Linux evens that out by moving a worker to the
other's processor, for a step or for dozens, and wakes two that slept through an update on one, though
another is idle. Where there are no more processors than workers, that doubles what a step takes.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from tasks.vec_env.channel import AnyChannel
from tasks.vec_env.wire import SPIN_S

LOOK_S = 0.05
"""How often to look who else runs, which takes 10 us. Beside a busy process, one that may not move away waits
for its whole time slice, step after step."""

_LOAD = Path("/proc/loadavg")


class Spread:
    """Pins workers as long as nobody else runs.

    Args:
        channels: to the workers; read anew each time, since a worker may be replaced.
    """

    def __init__(self, channels: Sequence[AnyChannel]) -> None:
        self._channels = channels
        self._processors = _processors()
        # Where there are more processors than workers, Linux finds an idle one for each.
        self._helps = 1 < len(self._processors) <= len(channels)
        self._pinned: list[int | None] = []
        self._look_at = 0.0
        self._answered_at = -SPIN_S

    def before_asking(self) -> None:
        """Called before the workers are asked for a step."""
        if not self._helps:
            return
        now = perf_counter()
        are_awake = now - self._answered_at <= SPIN_S
        if are_awake and now < self._look_at:
            return
        self._look_at = now + LOOK_S
        self._pin(_running() <= 1 + are_awake * len(self._channels))

    def after_answers(self) -> None:
        """Called once they all have answered; from then on they stay awake for a while."""
        self._answered_at = perf_counter()

    def _pin(self, is_quiet: bool) -> None:
        """Has each worker run on a processor of its own, or anywhere."""
        pids = [channel.pid for channel in self._channels] if is_quiet else []
        if pids == self._pinned:
            return
        for pid in self._pinned:
            _allow(pid, self._processors)
        for index, pid in enumerate(pids):
            _allow(pid, [self._processors[index % len(self._processors)]])
        self._pinned = pids


def _processors() -> list[int]:
    """Those that this process may use; none where the operating system has no word for it."""
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


def _running() -> float:
    """How many processes run or want to, this one included; no end of them where the system does not say."""
    try:
        with open(_LOAD, "rb", buffering=0) as file:  # unbuffered: a third of the calls into the system
            running, _, _ = file.read(64).split()[3].partition(b"/")
        return int(running)
    except (OSError, IndexError, ValueError):
        return float("inf")


def _allow(pid: int | None, processors: Sequence[int]) -> None:
    if sys.platform == "linux" and pid is not None:
        with suppress(OSError):  # it died, or the processor was taken away
            os.sched_setaffinity(pid, processors)
