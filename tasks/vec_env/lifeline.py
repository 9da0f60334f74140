"""Ends a worker whose driver is gone, though it is in the middle of a long step. Knows no environment."""

import os
import select
import signal
import threading
import time

GRACE_S = 2.0
"""How long a worker whose driver is gone may take to close its environments."""

_DRIVERS_BUSINESS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")


def leave_signals_to_driver() -> None:
    """Has this process ignore what a terminal or a scheduler sends to all processes of a job.

    The driver saves, and then closes the connection: that is what ends a worker.
    """
    for number in signal.Signals:
        if number.name in _DRIVERS_BUSINESS:
            signal.signal(number, signal.SIG_IGN)


def end_with_driver(descriptor: int) -> None:
    """Ends this process `GRACE_S` after the other end of a socket is gone, if it has not ended by then."""
    threading.Thread(target=_watch, args=(os.dup(descriptor),), daemon=True, name="lifeline").start()


def _watch(descriptor: int) -> None:
    watched = select.poll()
    watched.register(descriptor, 0)  # nothing but that the other end has hung up
    watched.poll()
    time.sleep(GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)
