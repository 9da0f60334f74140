"""The driver's side of a seat: a contestant's process, its turns, its memory, its end. Compares nothing."""

import contextlib
import json
import os
import select
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.contestants import Order
from benchmarks.processes import descendants, memory_mib, signal_all, workers_among

ROOT = Path(__file__).resolve().parents[1]
START_LIMIT_S = 600.0
TURN_LIMIT_S = 120.0
"""How much longer than asked for a turn may take."""
CLOSE_LIMIT_S = 30.0
MOST_WORDS = 160
"""Letters of what a dead contestant said last."""


class SeatError(Exception):
    """A contestant's process died or does not answer."""


class Seat:
    """A contestant in a process of its own.

    Between its turns its processes are stopped, as some of them poll and Ray's watch each other. Its code is
    that of a checkout, ours by default.

    Attributes:
        about: what the contestant told of its start; `status` is ok, absent or failed.
    """

    def __init__(self, name: str, order: Order, python: str = sys.executable, checkout: Path = ROOT) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed with the seat
        self._process = subprocess.Popen(
            [python, "-W", "ignore", "-m", "benchmarks.seat", name, order.env]
            + [str(order.num_envs), str(order.num_workers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": str(checkout)},
            start_new_session=True,  # Ctrl-C is the driver's to handle
        )
        self._pids: list[int] = []
        try:
            self.about = self._answer(START_LIMIT_S)
        except SeatError as error:
            self.about = {"status": "failed", "reason": str(error)}
        self._pids = [self._process.pid, *descendants(self._process.pid)]
        self.rest()

    @property
    def is_ok(self) -> bool:
        """Whether it plays."""
        return self.about["status"] == "ok"

    def begin(self, seconds: float) -> None:
        """Has it play for so long."""
        assert self._process.stdin is not None
        signal_all(self._pids, signal.SIGCONT)
        self._seconds = seconds
        with contextlib.suppress(BrokenPipeError):  # who is dead does not answer either
            self._process.stdin.write(f"{seconds}\n".encode())
            self._process.stdin.flush()

    def speed(self) -> float:
        """Steps a second of the turn that was begun; SeatError where there is no answer."""
        played = self._answer(self._seconds + TURN_LIMIT_S)
        return float(played["steps"] / played["seconds"])

    def rest(self) -> None:
        """Takes its processors away until the next turn."""
        signal_all(self._pids, signal.SIGSTOP)

    def memory(self) -> dict[str, Any]:
        """Its own process's and, where it has any, its workers' memory: how many, and the median of each."""
        driver, *others = self._pids
        found = {"driver": memory_mib(driver)}
        workers = [each for pid in workers_among(others) if (each := memory_mib(pid)) is not None]
        if workers:
            medians = {key: statistics.median(each[key] for each in workers) for key in workers[0]}
            found["worker"] = {"count": len(workers), **medians}
        return found

    def close(self) -> None:
        """Ends it and all it started, politely first."""
        signal_all(self._pids, signal.SIGCONT)
        self._pids = list({*self._pids, *descendants(self._process.pid)})
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(CLOSE_LIMIT_S if self.is_ok else 1)
        # Those that it left behind were its own: a process id is not given anew within a benchmark.
        signal_all([pid for pid in self._pids if pid != self._process.pid], signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def _answer(self, limit_s: float) -> dict[str, Any]:
        answers = self._process.stdout
        assert answers is not None
        if not select.select([answers], [], [], limit_s)[0]:
            raise SeatError(f"no answer within {limit_s:.0f} s")
        line = answers.readline()
        if not line:
            raise SeatError(f"it died: {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = [line for line in self._errors.read().splitlines() if line.strip()]
        return lines[-1][:MOST_WORDS] if lines else "it said nothing"
