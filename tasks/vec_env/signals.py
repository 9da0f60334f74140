"""Signals of a byte between two processes: through a socket, or through memory that both share.

A byte through a socket takes two calls into the system, from cold caches 5 us; one in memory takes none as
long as its listener is awake. The socket still wakes up who sleeps, carries messages, and tells of an end.
"""

import platform
import socket
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from threading import Lock
from time import perf_counter
from typing import Protocol

from tasks.arrays import Array
from tasks.vec_env.attention import give_way

MESSAGE = b"m"
"""The signal that a message follows in the socket."""

CELLS = 16
"""Int64 numbers for two ends, a cache line for what is rung to each."""

KEEPS_ORDER = platform.machine() in ("x86_64", "AMD64")
"""Whether a processor shows its writes to others in their order: what was written before a bell is seen then.
Elsewhere that takes instructions that Python has no word for."""

_WAKE = b"w"
_KINDS = [bytes((number,)) for number in range(256)]


class Signals(Protocol):
    """One end's way to ring the other, and to hear it."""

    def ring(self, kind: bytes) -> object:
        """Sends a byte."""

    def now(self) -> bytes | None:
        """What has come already; None where nothing has, empty where the other end is known to be gone.

        It waits for a message that was rung, and raises BlockingIOError where none comes until the limit.
        """

    def look(self, seconds: float) -> bytes | None:
        """What comes while it polls for so long; None where nothing does."""

    def asleep(self) -> bytes:
        """Sleeps until something comes; empty where the other end is gone. At a limit BlockingIOError."""


class SocketSignals:
    """Each signal is a byte in the socket."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self.ring = wire.send
        self.asleep = partial(wire.recv, 1)

    def now(self) -> bytes | None:
        """See `Signals`."""
        try:  # `suppress` would cost a step more
            return self._wire.recv(1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def look(self, seconds: float) -> bytes | None:
        """See `Signals`."""
        receive, until = self._wire.recv, perf_counter() + seconds
        while perf_counter() < until:
            give_way()
            try:
                return receive(1, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
        return None


class Bells:
    """Each signal is a number in memory: how many there were, and which the last one was.

    For questions and answers: one that was not heard yet is replaced by the next.

    A listener says there that it sleeps before it looks a last time, and who rings looks for that afterwards:
    one of both sees the other, if each write is out before the look (Dekker's algorithm). So a listener that
    sleeps gets a byte in the socket besides; one that came too late for it is read over.

    Args:
        wire: to the other end.
        cells: int64 [CELLS], zeros at first, which the other end has with `is_driver` the other way round.
        is_driver: which of two ends this is.

    Attributes:
        cells: the same, for quick looks.
        out, rung: where this end rings, and what it rang last.
        place, heard: where the other rings, and what it had rung last when it was heard.
        barrier: to hold it between a write and a look lets the write be seen before the look.
        wake: sends a byte to who sleeps.
    """

    def __init__(self, wire: socket.socket, cells: Array, is_driver: bool) -> None:
        self._wire = wire
        self.cells = cells.data
        self.out, self.place = (0, CELLS // 2) if is_driver else (CELLS // 2, 0)
        self.rung = self.heard = 0
        self.wake = partial(wire.send, _WAKE)
        self.barrier = Lock()  # to take it is an instruction before which all writes are out

    def ring(self, kind: bytes) -> None:
        """See `Signals`."""
        cells, out = self.cells, self.out
        self.rung = rung = (self.rung | 255) + 1 + kind[0]
        cells[out] = rung
        with self.barrier:
            is_asleep = cells[out + 1]
        if kind == MESSAGE:
            self._wire.send(kind)
        elif is_asleep:
            self.wake()

    def now(self) -> bytes | None:
        """See `Signals`."""
        rung = self.cells[self.place]
        if rung == self.heard:
            return None
        kind = _KINDS[rung & 255]
        while kind == MESSAGE and (byte := self._wire.recv(1)) != MESSAGE:
            if not byte:
                return byte
        self.heard = rung
        return kind

    def look(self, seconds: float) -> bytes | None:
        """See `Signals`."""
        cells, place, heard, until = self.cells, self.place, self.heard, perf_counter() + seconds
        while perf_counter() < until:
            give_way()
            if (rung := cells[place]) != heard:
                if (kind := _KINDS[rung & 255]) == MESSAGE:
                    return self.now()
                self.heard = rung
                return kind
        return None

    def asleep(self) -> bytes:
        """See `Signals`."""
        cells, sleeps = self.cells, self.place + 1
        cells[sleeps] = 1
        try:
            with self.barrier:
                kind = self.now()
            while kind is None:
                byte = self._wire.recv(1)
                if byte != _WAKE:
                    self.heard = cells[self.place]
                    return byte
                kind = self.now()
            return kind
        finally:
            cells[sleeps] = 0


# Both are one function for all bells, with `Bells.ring` and `Bells.now` written out: see `Attention` for why.


def ring_all(bells: Sequence[Bells], kind: bytes) -> None:
    """Rings several ends at once, but for no message. Who is gone is told when it is heard."""
    for bell in bells:
        bell.rung = rung = (bell.rung | 255) + 1 + kind[0]
        bell.cells[bell.out] = rung
    with bells[0].barrier:
        sleepers = [bell for bell in bells if bell.cells[bell.out + 1]]
    for bell in sleepers:
        with suppress(OSError):
            bell.wake()


def hear_all(bells: Sequence[Bells], seconds: float) -> list[bytes] | None:
    """What each of several ends rings, where all ring in time, and none announces a message."""
    looks = [(bell, bell.cells, bell.place, bell.heard) for bell in bells]
    until = perf_counter() + seconds
    while perf_counter() < until:
        give_way()
        kinds = []
        for _, cells, place, heard in looks:
            if (rung := cells[place]) == heard:
                break
            if (kind := _KINDS[rung & 255]) == MESSAGE:
                return None
            kinds.append(kind)
        else:
            for bell, cells, place, _ in looks:
                bell.heard = cells[place]
            return kinds
    return None
