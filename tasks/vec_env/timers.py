"""How punctual the timers of a thread are, and of the threads and processes it starts. On Linux alone."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

EXACT_S = 50e-6
"""By how much Linux may be late where nobody says otherwise."""

_SET_SLACK, _GET_SLACK = 29, 30  # PR_SET_TIMERSLACK and PR_GET_TIMERSLACK of prctl(2)


@contextmanager
def lazy_timers(slack_s: float) -> Iterator[None]:
    """What starts in here may be woken up so much later than it asks for: together, and with whoever is up.

    This thread's own timers are as late meanwhile.
    """
    before = timer_slack()
    set_timer_slack(slack_s)
    try:
        yield
    finally:
        set_timer_slack(before)


def set_timer_slack(slack_s: float) -> None:
    """Has the timers of this thread, and of what it starts from now on, be late by up to so many seconds.

    With 0 they are as late as when the thread was started.
    """
    _prctl(_SET_SLACK, round(slack_s * 1e9))


def timer_slack() -> float:
    """By how many seconds the timers of this thread may be late; 0 where the system does not say."""
    return max(0, _prctl(_GET_SLACK)) / 1e9  # -1 where a system has Linux's calls, but not this one


def _prctl(option: int, value: int = 0) -> int:
    if sys.platform != "linux":
        return 0
    longs = (ctypes.c_ulong(each) for each in (value, 0, 0, 0))  # it reads 8 bytes of each
    return int(ctypes.CDLL(None).prctl(option, *longs))
