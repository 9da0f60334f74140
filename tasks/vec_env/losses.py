"""What was lost to a fault and made anew: how it is told, and how much of it there may be. Mends nothing."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cfg.errors import EnvFault

if TYPE_CHECKING:
    from cfg.schema import FaultsConfig  # not loaded in workers

logger = logging.getLogger("rlgx.faults")
"""Its lines are shown while training, one for each restart."""

PAUSES_S = (0.0, 0.5, 1.0)
"""Before each attempt to start something anew. What fails three times running is not going to work."""

_STREAK_S = 10.0
_LONGEST_PAUSE_S = 30.0


class Loss(NamedTuple):
    """Something that failed and was started anew.

    Attributes:
        rows: global positions of what went with it.
        problem: what failed, where and why.
        seconds: from then until its rows were back.
        incarnation: how often the rows have been made anew by now; 0 where whoever tells keeps count.
    """

    rows: tuple[int, ...]
    problem: str
    seconds: float
    incarnation: int = 0


@dataclass(frozen=True)
class Rebuilding:
    """Whether an environment is made anew within its process: one that raises, one that gives NaN."""

    is_on: bool = False
    of_nonfinite: bool = False


NEVER = Rebuilding()


def rebuilding(faults: "FaultsConfig") -> Rebuilding:
    """What the configuration says of single environments."""
    return Rebuilding(faults.mode != "fatal", faults.on_nonfinite == "reset")


class WorkerLost(EnvFault):
    """A worker that died or hangs: its rows are gone, the others are not.

    Attributes:
        is_hung: whether its process is still there.
    """

    def __init__(self, problem: str, remedy: str, is_hung: bool = False) -> None:
        super().__init__(problem, remedy)
        self.is_hung = is_hung

    def because(self, why: str) -> "WorkerLost":
        """The same, with how its process ended."""
        return self if self.is_hung else type(self)(f"{self.problem} ({why})", self.remedy)


class Budget:
    """How many restarts there may be.

    Attributes:
        restarts: how many there were.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.restarts = 0

    def claim(self, problem: str) -> None:
        """One restart more. Raises EnvFault, with what failed, where there were too many already."""
        if self.restarts >= self._limit:
            raise EnvFault(
                f"{problem}; faults.budget={self._limit} is used up",
                "mend the environment, or allow more restarts with faults.budget=N",
            )
        self.restarts += 1

    def take(self, losses: Sequence[Loss]) -> None:
        """Counts what has been started anew already, and tells it. Raises EnvFault as `claim` does."""
        for loss in losses:
            self.claim(loss.problem)
            tell(loss)


def tell(loss: Loss) -> None:
    """One line about a restart."""
    logger.warning("restarted after %.1f s: %s", loss.seconds, loss.problem)


class Backoff:
    """How long to wait before something is started anew that was started anew a moment ago."""

    def __init__(self) -> None:
        self._streaks: dict[int, tuple[float, int]] = {}

    def pause_s(self, index: int) -> float:
        """0, then 0.5, 1, 2 and so on, while it fails again within 10 s; counts this start."""
        now = time.monotonic()
        last, streak = self._streaks.get(index, (-_STREAK_S, 0))
        streak = streak + 1 if now - last < _STREAK_S else 0
        self._streaks[index] = (now, streak)
        return min(_LONGEST_PAUSE_S, 0.25 * 2**streak) if streak else 0.0
