"""Runs trials, each in a forked process and a folder of its own, and keeps the ledger. Knows no kind.

A trial's process can die, hang or be killed without the others noticing. It is forked from one that has
imported torch and rl_games, so that a driver of a trial can be forked from there without importing them.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos import processes
from tests.chaos.kinds import KINDS
from tests.chaos.ledger import Ledger
from tests.chaos.trial import LONGEST, Result, Trial

POLL_S = 0.02
STALLED_S = 1.0
PATIENCE_S = 10.0
"""How long a trial's process may take to end its drivers."""


@dataclass
class Running:
    """A trial at work in the process `pid` since `began`.

    Attributes:
        stalled_s: how long this whole machine has stood still meanwhile, where that was over a second.
        again: whether it is done once more for that.
    """

    trial: Trial
    pid: int
    began: float
    stalled_s: float = 0.0
    again: bool = False

    def ended(self) -> Result | None:
        """Its result, once it has one."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        limit_s = KINDS[self.trial.kind].limit_s
        if not pid and time.monotonic() - self.began > limit_s:
            self.stop()
            return self._result(f"it was still running after {limit_s:.0f} s")
        return self._result(f"its process ended with {os.waitstatus_to_exitcode(status)}") if pid else None

    def stop(self) -> None:
        """End its process and all that it has started."""
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_S
        while not os.waitpid(self.pid, os.WNOHANG)[0]:
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(POLL_S)

    def _result(self, without_one: str) -> Result:
        seconds = round(time.monotonic() - self.began, 2)
        said: dict = {"problems": [without_one], "figures": {}}
        with contextlib.suppress(OSError, ValueError):
            said = json.loads(_result_file(self.trial).read_text())
        figures = {**said["figures"], **({"stalled_s": round(self.stalled_s, 1)} if self.stalled_s else {})}
        figures |= {"again": 1} if self.again else {}
        return Result(self.trial.kind, self.trial.seed, tuple(said["problems"]), figures, seconds)


def run(trials: Iterable[Trial], ledger: Ledger, jobs: int) -> Iterator[Result]:
    """Run them, `jobs` at a time, and give each result as it is there; a passed trial's folder is removed.

    One that fails while the machine stood still, as virtual ones do, is done once more.
    """
    waiting, working = iter(trials), list[Running]()
    try:
        while True:
            while len(working) < jobs and (trial := next(waiting, None)):
                working.append(begin(trial))
            if not working:
                return
            stalled_s = _pause()
            for each in list(working):
                each.stalled_s += stalled_s
                if result := each.ended():
                    working.remove(each)
                    if not result.passed and each.stalled_s and not each.again:
                        working.append(replace(begin(each.trial), again=True))
                        continue
                    ledger.add(result)
                    if result.passed:
                        shutil.rmtree(each.trial.folder, ignore_errors=True)
                    yield result
    finally:
        for each in working:
            each.stop()


def begin(trial: Trial) -> Running:
    """Start a trial in a forked process."""
    shutil.rmtree(trial.folder, ignore_errors=True)
    trial.folder.mkdir(parents=True)
    trial.shared.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        _carry_out(trial)
    return Running(trial, pid, time.monotonic())


def _pause() -> float:
    """Sleep for a moment; returns how long it took where that was far too long."""
    began = time.monotonic()
    time.sleep(POLL_S)
    took = time.monotonic() - began
    return took if took > STALLED_S else 0.0


def _carry_out(trial: Trial) -> None:
    """In the trial's process: never returns."""
    os.setsid()  # Ctrl-C is the runner's, which ends us by SIGTERM
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    code = 0
    try:
        KINDS[trial.kind].function()(trial)
    except SystemExit:
        code = 143
    except BaseException:  # noqa: BLE001  whatever goes wrong in a trial is a failed trial
        trial.expect(False, f"the trial itself failed: {_last_of(traceback.format_exc())}")
    finally:
        processes.end_all()
        if not code:
            said = {"problems": trial.problems, "figures": trial.figures}
            _result_file(trial).write_text(json.dumps(said))
        os._exit(code)


def _last_of(text: str) -> str:
    return text[-LONGEST // 2 :]


def _result_file(trial: Trial) -> Path:
    return trial.folder / "result.json"
