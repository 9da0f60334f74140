"""Stopping on request: a signal ends training after the current epoch, a second SIGINT at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass
class StopRequest:
    """The signal that asked to stop, None while none has."""

    signum: int | None = None


@contextmanager
def stop_on_signal() -> Iterator[StopRequest]:
    """SIGTERM and SIGINT fill the request instead of ending the process; old handlers come back."""
    request = StopRequest()

    def handle(signum: int, frame: FrameType | None) -> None:
        if request.signum is not None and signum == signal.SIGINT:
            raise KeyboardInterrupt
        request.signum = signum

    # Only the main thread may set handlers; a run started from another thread has none.
    numbers = _SIGNALS if threading.current_thread() is threading.main_thread() else ()
    kept = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield request
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
