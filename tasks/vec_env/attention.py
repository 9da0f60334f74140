"""How long an end stays awake for what comes next. Knows no line, and no environment."""

import os
import sys
from collections.abc import Callable
from math import inf
from time import perf_counter
from typing import Generic, TypeVar

SPIN_S = 1e-3
"""For how long an end stays awake for what comes next. To wake it up takes 20 to 40 us, and its caches go
cold. Small environments and small policies take less for a step; through an update a worker sleeps."""

RESTS = 4, 128
"""How many signals are waited for asleep, at first and at most, after a look for one that took far too long:
somebody else wants the processor then, and gets a whole time slice with each yield. Twice as many each time
that happens again soon: whoever passes by costs a few, whoever stays costs a look now and then."""

SOON_S = 0.1
"""Within which time after the last of them it happens again soon."""

give_way: Callable[[], object] = os.sched_yield if sys.platform == "linux" else (lambda: None)
"""Whoever is to be heard may wait for this very processor: it gets it, and so does anybody else."""

Heard = TypeVar("Heard")


class Attention(Generic[Heard]):
    """Waits awake where what was waited for last came soon, and asleep where it did not.

    Args:
        look: polls for some seconds, and gives way in between; None where nothing came. It should be few
            lines with variables of its own: while others ran, what it uses left the caches (docs/log.md).
        asleep: waits until something comes.
    """

    def __init__(self, look: Callable[[float], Heard | None], asleep: Callable[[], Heard]) -> None:
        self._look = look
        self._asleep = asleep
        self._is_soon = False
        self._rests = 0  # left to make
        self._last_rests, self._rested_at = 0, -inf

    def wait(self) -> Heard:
        """Looks for a while, where that is worth it; then sleeps."""
        began = perf_counter()
        if self._rests:
            self._rests -= 1
            self._rested_at = began
        elif self._is_soon:
            heard = self._look(SPIN_S)
            if perf_counter() - began > 2 * SPIN_S:
                self._rest(began)
            if heard is not None:
                return heard
        heard = self._asleep()
        self._is_soon = perf_counter() - began < SPIN_S
        return heard

    def _rest(self, now: float) -> None:
        first, most = RESTS
        is_again = now - self._rested_at < SOON_S
        self._rests = self._last_rests = min(most, 2 * self._last_rests) if is_again else first
