"""Wakes workers on processors of their own. Steps nothing.

Linux may wake two workers that slept through an update on one processor, though another is idle, and then
leaves them there for dozens of steps: it moves no process that ran within the last half millisecond. Where
there are no more processors than workers, that doubles what a step takes.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from tasks.vec_env.channel import AnyChannel
from tasks.vec_env.wire import SPIN_S

_LOAD = Path("/proc/loadavg")


class Spread:
    """Pins workers for as long as it takes to wake them, where nobody else runs.

    For good they are never pinned: beside a busy process one that may not move away waits for it.

    Args:
        channels: to the workers; read anew each time, since a worker may be replaced.
    """

    def __init__(self, channels: Sequence[AnyChannel]) -> None:
        self._channels = channels
        self._processors = _processors()
        # Where there are more processors than workers, Linux finds an idle one for each.
        self._helps = 1 < len(self._processors) <= len(channels)
        self._asked_at = -SPIN_S

    def before_asking(self) -> bool:
        """Called before the workers are asked for a step; whether they are pinned now."""
        if not self._helps or perf_counter() - self._asked_at <= SPIN_S or not _is_quiet():
            return False
        for index, channel in enumerate(self._channels):
            _allow(channel.pid, [self._processors[index % len(self._processors)]])
        return True

    def after_asking(self) -> None:
        """Called once they all are, where they are pinned."""
        for channel in self._channels:
            _allow(channel.pid, self._processors)

    def after_answers(self) -> None:
        """Called once they all have answered; from then on they stay awake for a while."""
        self._asked_at = perf_counter()


def _processors() -> list[int]:
    """Those that this process may use; none where the operating system has no word for it."""
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


def _is_quiet() -> bool:
    """Whether this process is the only one that runs."""
    try:
        running, _, _ = _LOAD.read_text().split()[3].partition("/")
    except (OSError, IndexError):
        return False
    return running == "1"


def _allow(pid: int | None, processors: Sequence[int]) -> None:
    if sys.platform == "linux" and pid is not None:
        with suppress(OSError):  # it died, or the processor was taken away
            os.sched_setaffinity(pid, processors)
