"""Keeps workers on processors of their own while nobody else runs. Steps nothing.

A driver and its workers may be one more than the processors. Linux evens that out by moving a worker to the
other's processor, for a step or for dozens, and wakes two that slept through an update on one, though
another is idle. Where there are no more processors than workers, that doubles what a step takes.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from tasks.vec_env.channel import AnyChannel

LOOK_S = 0.05
"""How often to look who else runs. Beside a busy process, one that may not move away waits for its whole time
slice, step after step."""

REST = 1000
"""For how many times as long as a look takes there is no other: one takes 20 us and more with each worker."""

MOST_S = 1.0
"""The longest time without a look, whatever kept one from its processor."""

_LOAD = "/proc/loadavg"


class Spread:
    """Pins workers as long as nobody else runs.

    A thread or a process that a pinned worker starts begins on the worker's processor. Once it runs beside
    the worker, somebody else runs: then it may run anywhere as well.

    Args:
        channels: to the workers; read anew each time, since a worker may be replaced.
    """

    def __init__(self, channels: Sequence[AnyChannel]) -> None:
        self._channels = channels
        self._processors = _processors()
        # Where there are more processors than workers, Linux finds an idle one for each.
        self._helps = 1 < len(self._processors) <= len(channels)
        self._pinned: dict[int, int] = {}  # each worker's processor; none where they may run anywhere

    def look(self) -> float:
        """Looks who runs, and says when to look again, in seconds of `perf_counter`."""
        began = perf_counter()
        if self._helps:
            self._look()
        ended = perf_counter()
        return ended + min(max(LOOK_S, REST * (ended - began)), MOST_S)

    def _look(self) -> None:
        places = {
            channel.pid: self._processors[index % len(self._processors)]
            for index, channel in enumerate(self._channels)
            if channel.pid is not None  # it is on another machine
        }
        if _strangers(places) < 1:
            for pid, processor in places.items():
                if _move(pid, self._processors, [processor]):
                    self._pinned[pid] = processor
            return
        for pid, processor in self._pinned.items():
            for member in _family(pid):
                _move(member, [processor], self._processors)
        self._pinned.clear()


def _processors() -> list[int]:
    """Those that this process may use; none where the operating system has no word for it."""
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


def _strangers(pids: Iterable[int]) -> float:
    """How many run, or want to, besides this process and these; infinite where the system does not say."""
    try:
        running, _, _ = _read(_LOAD).split()[3].partition(b"/")
        return int(running) - 1 - sum(map(_runs, pids))
    except (OSError, IndexError, ValueError):
        return float("inf")


def _runs(pid: int) -> bool:
    """Whether a process runs or wants to, as a worker does that polls for what comes next."""
    try:
        # The name in brackets may hold blanks and brackets itself.
        return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[0] == b"R"
    except OSError:  # it ended
        return False


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # unbuffered: a third of the calls into the system
        return file.read(512)


def _family(pid: int) -> Iterator[int]:
    """A process's threads, and those of all that it has started."""
    with suppress(OSError):  # whoever ends meanwhile
        for thread in os.listdir(f"/proc/{pid}/task"):
            yield int(thread)
            for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split():
                yield from _family(int(child))


def _move(thread: int, source: Sequence[int], target: Sequence[int]) -> bool:
    """Has a thread run on `target` if `source` is where it may run now; otherwise somebody has moved it."""
    if sys.platform != "linux":
        return False
    try:
        if os.sched_getaffinity(thread) != set(source):
            return False
        os.sched_setaffinity(thread, target)
    except OSError:  # it ended, or the processor was taken away
        return False
    return True
