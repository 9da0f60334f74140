"""One end of a Unix socket that carries signals of a byte, and now and then a message. Knows no environment.

`multiprocessing.connection` frames whatever it sends. A step has nothing to frame, because what it exchanges
lies in shared memory, and there are thousands of steps to a message.
"""

import os
import socket
import struct
import sys
from multiprocessing.connection import Connection
from time import perf_counter

from tasks.arrays import Array
from tasks.vec_env.signals import MESSAGE, Bells, Signals, SocketSignals

SPIN_S = 1e-3
"""For how long an end stays awake for what comes next. To wake it up takes 20 to 40 us, and its caches go
cold. Small environments and small policies take less for a step; through an update a worker sleeps."""

RESTS = 100
"""How many signals are waited for asleep after a look for one that took far too long: somebody else wants the
processor then, and gets a whole time slice with each yield."""

_SIZE = struct.Struct("!Q")  # of the message that follows


class Wire:
    """Sends and receives signals and messages.

    Args:
        connection: to the other end; it is taken over.
        stays_awake: whether to look for what comes again and again, for a while, before it sleeps.

    Attributes:
        signal: sends a byte of the user's choice, other than "m".
        stays_awake: as given.
    """

    def __init__(self, connection: Connection, stays_awake: bool = False) -> None:
        self._socket = socket.socket(fileno=os.dup(connection.fileno()))
        self._socket.setblocking(True)
        self.stays_awake = stays_awake
        self._is_soon = False
        self._rests = 0
        self._signal_by(SocketSignals(self._socket))
        connection.close()

    def ring_bells(self, cells: Array, is_driver: bool) -> None:
        """Has signals go through memory from now on, as the other end does: see `Bells`."""
        self._signal_by(Bells(self._socket, cells, is_driver))

    def limit_waiting(self, seconds: float) -> None:
        """Has `receive` and `send` raise BlockingIOError after a while, at no cost to each."""
        whole, rest = divmod(max(seconds, 1e-3), 1)  # 0 would be for ever
        limit = struct.pack("ll", int(whole), int(rest * 1e6))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def _signal_by(self, signals: Signals) -> None:
        self._signals = signals
        self.signal = signals.ring
        self._read_kind = self._stay_awake if self.stays_awake else signals.asleep

    def send(self, message: bytes) -> None:
        """Sends a message of two bytes or more."""
        self.signal(MESSAGE)
        self._socket.sendall(_SIZE.pack(len(message)))
        self._socket.sendall(message)

    def receive(self) -> bytes:
        """The next signal, which is one byte, or message. Raises EOFError where the other end is gone."""
        kind = self._read_kind()
        # A step is spared the call.
        return kind if kind and kind != MESSAGE else self._whole(kind)

    def receive_now(self) -> bytes | None:
        """What has come already; None where nothing has. Raises EOFError where the other end is gone."""
        kind = self._signals.now()
        return None if kind is None else self._whole(kind)

    def close(self) -> None:
        """Lets go of this end; the other finds out."""
        self._socket.close()

    def _whole(self, kind: bytes) -> bytes:
        """A signal, or the message that its first byte announces."""
        if not kind:
            raise EOFError("the other end is gone")
        if kind != MESSAGE:
            return kind
        (size,) = _SIZE.unpack(self._read(_SIZE.size))
        return self._read(size)

    def _stay_awake(self) -> bytes:
        """Polls for a while where the last signal came soon, and lets others run in between."""
        began, kind = perf_counter(), None
        if self._rests:
            self._rests -= 1
        elif self._is_soon:
            kind = self._look_until(began + SPIN_S)
            if perf_counter() - began > 2 * SPIN_S:
                self._rests = RESTS
        if kind is None:
            kind = self._signals.asleep()
            self._is_soon = perf_counter() - began < SPIN_S
        return kind

    def _look_until(self, deadline: float) -> bytes | None:
        now = self._signals.now
        while perf_counter() < deadline:
            # Whoever is to be heard may wait for this very processor: it gets it, and so does anybody else.
            if sys.platform == "linux":
                os.sched_yield()
            if (kind := now()) is not None:
                return kind
        return None

    def _read(self, size: int) -> bytes:
        message = bytearray()
        while len(message) < size:
            try:
                piece = self._socket.recv(min(size - len(message), 1 << 20))
            except BlockingIOError:
                raise EOFError("the other end stopped within a message") from None
            if not piece:
                raise EOFError("the other end is gone")
            message += piece
        return bytes(message)
