"""Environments in worker processes of our own, several in each. No Ray, so no start-up to wait for."""

import subprocess
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from socket import socketpair

from cfg.errors import ConfigError
from tasks.factory import EnvFactory
from tasks.vec_env.channel import Channel, collect
from tasks.vec_env.packing import pack
from tasks.vec_env.worker_env import CLOSE_TIMEOUT_S, WorkerVecEnv

# The driver's own search path is put in force first: what it can import, the worker can.
_BOOT = """
import sys
sys.path[:] = sys.argv[2:]
from tasks.vec_env.process_worker import main
main(int(sys.argv[1]))
"""


class ProcessVecEnv(WorkerVecEnv):
    """N Gymnasium environments in W processes that this one starts."""

    _workers: tuple[subprocess.Popen[bytes], ...] = ()

    def _start(self, factory: EnvFactory, slices: Sequence[range], seed: int, role: str) -> None:
        if sys.platform == "win32":
            raise ConfigError("vec_env=process runs on Linux and macOS, not on Windows", "use vec_env=sync")
        packed = pack(factory)
        for rows in slices:
            ours, theirs = socketpair()
            with theirs:
                command = [sys.executable, "-c", _BOOT, str(theirs.fileno()), *sys.path]
                worker = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
            self._workers += (worker,)
            self._channels.append(Channel(Connection(ours.detach()), factory.name, rows))
            self._channels[-1].ask("start", packed, rows, seed, role)
        collect(self._channels)

    def _stop(self) -> None:
        for worker in self._workers:
            _end(worker)


def _end(worker: "subprocess.Popen[bytes]") -> None:
    try:
        worker.wait(CLOSE_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
