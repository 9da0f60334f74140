"""Environments in worker processes of our own, several in each. No Ray, so no start-up to wait for."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from socket import socketpair
from typing import Any

from cfg.errors import ConfigError, RlgxError
from tasks.vec_env.channel import AnyChannel, Channel
from tasks.vec_env.worker_env import CLOSE_TIMEOUT_S, WorkerVecEnv

_DYING_S = 0.5

# The driver's own search path is put in force first: what it can import, the worker can.
_BOOT = """
import sys
sys.path[:] = sys.argv[2:]
from tasks.vec_env.process_worker import main
main(int(sys.argv[1]))
"""


class ProcessVecEnv(WorkerVecEnv):
    """N Gymnasium environments in W processes that this one starts."""

    def _open(self, slices: Sequence[range]) -> list[AnyChannel | RlgxError]:
        if sys.platform == "win32":
            raise ConfigError("vec_env=process runs on Linux and macOS, not on Windows", "use vec_env=sync")
        channels = [self._spawn(rows) for rows in slices]
        answers = [channel.answer() for channel in channels]
        for channel, answer in zip(channels, answers, strict=True):
            if isinstance(answer, RlgxError):
                channel.close(0.0)
        return [
            answer if isinstance(answer, RlgxError) else channel
            for channel, answer in zip(channels, answers, strict=True)
        ]

    def _spawn(self, rows: range) -> AnyChannel:
        """A worker that begins to make its environments; its first answer says how that went."""
        ours, theirs = socketpair()
        with theirs:
            command = [sys.executable, "-c", _BOOT, str(theirs.fileno()), *sys.path]
            worker = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        self._hosts[rows] = worker
        channel = Channel(Connection(ours.detach()), self.name, rows, self._patience, worker.pid)
        channel.ask("start", *self._start_words(rows))
        return channel

    def _end_host(self, host: Any) -> str:
        # Its socket may be closed a moment before its process has ended by itself.
        return _in_words(_ended(host, _DYING_S))

    def _stop(self) -> None:
        deadline = time.monotonic() + CLOSE_TIMEOUT_S
        for worker in self._hosts.values():
            _ended(worker, deadline - time.monotonic())


def _ended(worker: "subprocess.Popen[bytes]", patience_s: float) -> int:
    """The code of a process that has ended by itself after a while, or was killed."""
    try:
        return worker.wait(max(patience_s, 0.0))
    except subprocess.TimeoutExpired:
        worker.kill()
        return worker.wait()


def _in_words(code: int) -> str:
    """How a process ended."""
    names = {int(each): each.name for each in signal.Signals}  # without most of the real-time ones
    return f"signal {names.get(-code, -code)}" if code < 0 else f"exit code {code}"
