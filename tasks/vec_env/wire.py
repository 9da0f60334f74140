"""One end of a line to another process: signals of a byte, and now and then a message. Knows no environment.

`multiprocessing.connection` frames whatever it sends. A step has nothing to frame, because what it exchanges
lies in shared memory, and there are thousands of steps to a message.
"""

import os
import socket
import struct
from multiprocessing.connection import Connection

from tasks.arrays import Array
from tasks.vec_env.attention import Attention
from tasks.vec_env.signals import MESSAGE, Bells, Signals, SocketSignals

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
        self._signal_by(SocketSignals(self._socket))
        connection.close()

    def ring_bells(self, cells: Array, is_driver: bool) -> Bells:
        """Has signals go through memory from now on, as the other end does."""
        bells = Bells(self._socket, cells, is_driver)
        self._signal_by(bells)
        return bells

    def limit_waiting(self, seconds: float) -> None:
        """Has `receive` and `send` raise BlockingIOError after a while, at no cost to each."""
        whole, rest = divmod(max(seconds, 1e-3), 1)  # 0 would be for ever
        limit = struct.pack("ll", int(whole), int(rest * 1e6))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def _signal_by(self, signals: Signals) -> None:
        self._signals = signals
        self.signal = signals.ring
        self._wait = Attention(signals.look, signals.asleep).wait if self.stays_awake else signals.asleep

    def send(self, message: bytes) -> None:
        """Sends a message of two bytes or more."""
        self.signal(MESSAGE)
        self._socket.sendall(_SIZE.pack(len(message)) + message)

    def receive(self) -> bytes:
        """The next signal, which is one byte, or message. Raises EOFError where the other end is gone."""
        kind = self._wait()
        # A step is spared the call.
        return kind if kind and kind != MESSAGE else self._whole(kind)

    def receive_now(self) -> bytes | None:
        """What has come already; None where nothing has. EOFError where the other end is known to be gone.

        It waits for a message that was rung, and raises BlockingIOError where none comes until the limit.
        """
        kind = self._signals.now()
        return None if kind is None else self._whole(kind)

    def close(self) -> None:
        """Lets go of this end; the other finds out, and nothing that it rings is heard here."""
        self._socket.close()
        self._signal_by(SocketSignals(self._socket))

    def _whole(self, kind: bytes) -> bytes:
        """A signal, or the message that its first byte announces."""
        if not kind:
            raise EOFError("the other end is gone")
        if kind != MESSAGE:
            return kind
        (size,) = _SIZE.unpack(self._read(_SIZE.size))
        return self._read(size)

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
