"""A driver of rlgx as a process of a trial: started, watched with all it starts, signalled, ended.

It is started by the real command, or as a fork of this process, which has imported torch and rl_games
already: that saves 2.5 s of processor time each. Both run `train.main` with the same words.
"""

import atexit
import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
MARK = "RLGX_CHAOS_TRIAL"
"""The variable by which all processes of a trial are known, whoever their parent is."""
POLL_S = 0.01
SEEN_EVERY_S = 0.1

Prepare = Callable[[], None]


@dataclass
class Driver:
    """A running or ended `train.py`.

    Attributes:
        pid: its process. began, ended: of the monotonic clock. code: as a shell shows it, None while it runs.
        mark: what its processes carry in their environment.
        below: the processes that were seen below it.
    """

    pid: int
    folder: Path
    name: str
    mark: str
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    code: int | None = None
    below: dict[int, psutil.Process] = field(default_factory=dict)
    _looked: float = 0.0

    @property
    def output(self) -> str:
        """What it wrote to standard output so far."""
        return (self.folder / f"{self.name}.out").read_text(errors="replace")

    @property
    def errors(self) -> str:
        """What it wrote to standard error so far."""
        return (self.folder / f"{self.name}.err").read_text(errors="replace")

    def is_running(self) -> bool:
        """Whether it has not ended yet; looks at what it has started now and then."""
        if self.code is not None:
            return False
        if time.monotonic() - self._looked > SEEN_EVERY_S:
            self.look()
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.ended = time.monotonic()
            code = os.waitstatus_to_exitcode(status)
            self.code = code if code >= 0 else 128 - code
        return self.code is None

    def seconds(self) -> float:
        """How long it ran."""
        return round((self.ended or time.monotonic()) - self.began, 2)

    def look(self) -> None:
        """Remember the processes below it."""
        self._looked = time.monotonic()
        with contextlib.suppress(psutil.NoSuchProcess):
            self.below |= {each.pid: each for each in psutil.Process(self.pid).children(recursive=True)}

    def wait_until(self, condition: Callable[[], object], timeout_s: float) -> bool:
        """Wait while it runs; whether the condition came true."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if not self.is_running() or time.monotonic() > deadline:
                return bool(condition())
            time.sleep(POLL_S)
        return True

    def wait(self, timeout_s: float) -> bool:
        """Whether it ended in time."""
        return self.wait_until(lambda: not self.is_running(), timeout_s)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.is_running():
            os.kill(self.pid, number)

    def limit_files(self, size: int) -> None:
        """From now on no file that it writes can grow beyond `size` bytes: to it, the disk is full."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def left(self) -> list[psutil.Process]:
        """Processes of it that are still there, itself left out."""
        found = {**self.below, **{each.pid: each for each in marked(self.mark)}}
        return [each for pid, each in found.items() if pid != self.pid and is_alive(each)]


STARTED: list[Driver] = []


def start(
    folder: Path, words: Sequence[str], *, warm: bool, prepare: Prepare | None = None, **environment: str
) -> Driver:
    """Start `train.py` with these words in a folder, as a fork of this process where `warm`.

    `prepare` is called in a forked one before it begins.
    """
    name = f"driver{len(list(folder.glob('driver*.out'))) + 1}"
    mark = f"{folder.name}-{os.getpid()}-{name}"
    full = {**os.environ, MARK: mark, "OMP_NUM_THREADS": "1", "SPT_NOENV": "1", **environment}
    full.pop("OPENBLAS_NUM_THREADS", None)  # it is for the process that forks
    outs = [
        os.open(folder / f"{name}.{end}", os.O_CREAT | os.O_WRONLY | os.O_APPEND) for end in ("out", "err")
    ]
    began = time.monotonic()
    try:
        run = _fork if warm else _command
        pid = run(folder, words, full, outs, prepare)
    finally:
        for each in outs:
            os.close(each)
    STARTED.append(Driver(pid, folder, name, mark, began))
    return STARTED[-1]


def end_all() -> None:
    """End every driver that this process has started."""
    while STARTED:
        end(STARTED.pop())


def end(driver: Driver) -> None:
    """End a driver and all it started, whatever state they are in. Kills nobody else's processes."""
    if driver.is_running():
        driver.look()
        os.kill(driver.pid, signal.SIGKILL)
        os.waitpid(driver.pid, 0)
        driver.code = 137
    for process in driver.left():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def marked(mark: str) -> list[psutil.Process]:
    """Processes that carry a trial's mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError):
            if wanted in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
                found.append(process)
    return found


def is_alive(process: psutil.Process) -> bool:
    """Whether it is the same process still, and no zombie."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _command(folder: Path, words: Sequence[str], full: Any, outs: list[int], prepare: Prepare | None) -> int:
    assert prepare is None, "only a forked driver can be prepared"
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *words], cwd=folder, env=full, stdin=subprocess.DEVNULL,
        stdout=outs[0], stderr=outs[1], start_new_session=True, preexec_fn=_default_signals,
    )  # fmt: skip
    process.returncode = 0  # it is waited for by its number
    return process.pid


def _fork(folder: Path, words: Sequence[str], full: Any, outs: list[int], prepare: Prepare | None) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _become(folder, full, outs)
        code = _main(words, prepare)
    finally:
        os._exit(code)


def _become(folder: Path, full: Any, outs: list[int]) -> None:
    """Be a process like one that a shell has started there."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(full)
    for descriptor, target in ((os.open(os.devnull, os.O_RDONLY), 0), (outs[0], 1), (outs[1], 2)):
        os.dup2(descriptor, target)
    sys.stdin = sys.__stdin__ = os.fdopen(0, closefd=False)
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", buffering=1, closefd=False)
    sys.argv = [str(ROOT / "train.py")]
    _default_signals()
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _main(words: Sequence[str], prepare: Prepare | None) -> int:
    """`sys.exit(train.main(words))`, and what the interpreter does as it ends."""
    import train

    code: Any = 1
    try:
        if prepare is not None:
            prepare()
        code = train.main(list(words))
    except SystemExit as leaving:
        code = leaving.code
    except BaseException:  # noqa: BLE001  what the interpreter would print, it prints
        traceback.print_exc()
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120  # as Python does where standard output cannot be flushed
    return code if isinstance(code, int) else int(code is not None)


def _default_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
