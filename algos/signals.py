"""What signals do: end a command, or ask a training to stop, to save, or to leave an epoch undone.

`ends_on_signal` is for the command line and knows no training: whatever is under way ends at once. While a
training is on, its `StopRequest` takes the signals instead. docs/stopping.md says what a user sees of it.
"""

import math
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

LEAVE_S = 2.0
"""How long an epoch, an evaluation or a film may still take to be finished, once a stop is asked for."""

EXIT_S = 25.0
"""When the process is ended whatever it does: less than the 30 s that Kubernetes and SLURM give it."""

AGAIN_S = 0.3
"""A second SIGINT sooner than this is the first once more, passed on by a program that started this one."""

_ENDING = frozenset(each for each in signal.Signals if each.name in ("SIGTERM", "SIGINT", "SIGHUP"))
_SAVING = frozenset(each for each in signal.Signals if each.name == "SIGUSR1")
_NUDGE_S = 3.0  # what the first nudge began may take this long to be left
_AT_ONCE_S = 2.0
_REMIND_S = 5.0
_CLOSED, _PUT_OFF = 0, 255  # no signal has these numbers
_IMPORT_S = 3.0
_SOON_S = 0.05

Handler = Callable[[int, FrameType | None], Any]


class Stopped(BaseException):
    """A signal ends what is under way. No Exception: who catches faults lets it pass."""


@dataclass
class Ending:
    """The first signal that asked the process to end, None while none has; until when an import may go on."""

    signum: int | None = None
    imports_until: float = math.inf


@contextmanager
def ends_on_signal() -> Iterator[Ending]:
    """Within the block SIGTERM, SIGINT and SIGHUP raise `Stopped`, unless somebody else handles them.

    What has not ended `EXIT_S` after the first of them, or soon after a second SIGINT, is ended, whoever
    handles them: a main thread that is stuck in a save, or in foreign code, hears of no signal.

    An import has `_IMPORT_S` to come to its end: torch's calls Python from C++ that an exception aborts.
    """
    ending = Ending()
    if threading.current_thread() is not threading.main_thread():
        yield ending
        return

    caller = sys._getframe(2)  # above this function and `contextmanager`'s
    reads, writes = os.pipe()
    os.set_blocking(writes, False)

    def handle(signum: int, frame: FrameType | None) -> None:
        if signum not in _ENDING:
            return
        ending.signum = ending.signum or signum
        ending.imports_until = min(ending.imports_until, time.monotonic() + _IMPORT_S)  # of the first signal
        if time.monotonic() < ending.imports_until and _is_import(frame, caller):
            os.write(writes, bytes([_PUT_OFF]))
            return
        ending.imports_until = 0.0
        raise Stopped

    kept_descriptor = signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    threading.Thread(
        target=_enforce, args=(reads, ending, threading.get_ident()), daemon=True, name="deadline"
    ).start()
    kept = _install(_ENDING | _SAVING, handle)
    try:
        yield ending
    finally:
        if ending.signum is None:
            _hand_back(kept)
            signal.set_wakeup_fd(kept_descriptor)
            os.write(writes, bytes([_CLOSED]))
            os.close(writes)
        else:  # the process is about to end, and its deadline holds until it has
            _install(_ENDING, lambda signum, frame: os._exit(128 + (ending.signum or signum)))


def _is_import(frame: FrameType | None, outermost: FrameType) -> bool:
    """Whether a module is being imported in a frame or above it, below the outermost one."""
    while frame is not None and frame is not outermost:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _enforce(reads: int, ending: Ending, main_thread: int) -> None:
    """Ends the process once it is late. Runs in a thread of its own, and reads the signals' numbers."""
    deadline: float | None = None
    first = 0.0
    is_put_off = False
    while True:
        remind_s = _SOON_S if is_put_off else _REMIND_S
        patience_s = None if deadline is None else max(0.0, min(deadline - time.monotonic(), remind_s))
        if not select.select([reads], [], [], patience_s)[0]:
            if deadline is not None and time.monotonic() >= deadline:
                os.write(2, b"error: it was told to stop and did not -- the newest checkpoint is whole\n")
                os._exit(128 + (ending.signum or 0))
            # Foreign code may have swallowed what the first raised, or an import was let come to its end.
            is_put_off = False
            signal.pthread_kill(main_thread, signal.SIGTERM)
        for number in os.read(reads, 64):
            now = time.monotonic()
            is_put_off = is_put_off or number == _PUT_OFF
            if number == _CLOSED:
                os.close(reads)
                return
            if number in _ENDING and deadline is None:
                ending.signum = ending.signum or number
                first, deadline = now, now + EXIT_S
            elif number == signal.SIGINT and deadline is not None and now - first > AGAIN_S:
                ending.signum = number
                deadline = min(deadline, now + _AT_ONCE_S)


class StopRequest:
    """What signals ask of a training.

    Attributes:
        signum: the one that asked to stop, None while none has.
    """

    def __init__(self) -> None:
        self.signum: int | None = None
        self._asked_at = 0.0
        self._is_save_asked = False
        self._may_leave = False
        self._is_late = False
        # Putting something in is safe in a handler, which may interrupt whatever the main thread does.
        self._events: SimpleQueue[bool] = SimpleQueue()

    def takes_save(self) -> bool:
        """Whether SIGUSR1 has asked for a save since this was asked last."""
        asked, self._is_save_asked = self._is_save_asked, False
        return asked

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Within the block signals fill this request; a second SIGINT raises KeyboardInterrupt at once."""
        # Only the main thread may set handlers; a run started from another thread has none.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        nudging = threading.Thread(
            target=self._nudge, args=(threading.get_ident(),), daemon=True, name="nudge"
        )
        nudging.start()
        kept = _install(_ENDING | _SAVING, self._handle)
        try:
            yield
        finally:
            _hand_back(kept)
            self._events.put(False)
            nudging.join()

    @contextmanager
    def may_leave(self) -> Iterator[None]:
        """Within the block `Stopped` is raised, wherever it is, where a request is `LEAVE_S` old."""
        self._may_leave = True
        try:
            self._leave_if_late()
            yield
        finally:
            self._may_leave = False

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if signum in _SAVING:
            self._is_save_asked = True
        elif self.signum is None:
            self.signum, self._asked_at = signum, time.monotonic()
            self._events.put(True)
        elif signum == signal.SIGINT and time.monotonic() - self._asked_at > AGAIN_S:
            raise KeyboardInterrupt
        else:
            self._leave_if_late()

    def _leave_if_late(self) -> None:
        if self._is_late and self._may_leave:
            raise Stopped

    def _nudge(self, main_thread: int) -> None:
        """Has the main thread look at the request again, out of a system call too. Runs in another thread."""
        if not self._events.get():
            return
        patience_s = LEAVE_S
        while True:
            try:
                self._events.get(timeout=patience_s)
                return
            except Empty:
                self._is_late, patience_s = True, _NUDGE_S
            if self._may_leave:
                signal.pthread_kill(main_thread, signal.SIGTERM)


def _install(numbers: Iterable[signal.Signals], handler: Handler) -> dict[signal.Signals, Any]:
    """Set a handler; returns what was there. An ignored SIGHUP stays so: that is what nohup asks for."""
    kept = {number: signal.getsignal(number) for number in numbers}
    kept = {
        number: was for number, was in kept.items() if number.name != "SIGHUP" or was is not signal.SIG_IGN
    }
    for number in kept:
        signal.signal(number, handler)
    return kept


def _hand_back(kept: dict[signal.Signals, Any]) -> None:
    for number, handler in kept.items():
        signal.signal(number, handler)
