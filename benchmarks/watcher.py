"""An rl_games observer that tells a race's clock of each epoch. Trains nothing."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from rl_games.common.algo_observer import AlgoObserver

from benchmarks.stopwatch import Act, Clock

CLOCK: ContextVar[Clock] = ContextVar("CLOCK")
"""Of the race under way: an observer is made without arguments."""


class Watcher(AlgoObserver):
    """Tells CLOCK of the start and of each epoch.

    Attributes:
        agent: who trains; None before it is built.
    """

    def __init__(self, act_of: Callable[[Any], Act]) -> None:
        super().__init__()
        self.agent: Any = None
        self._act_of = act_of

    def before_init(self, base_name: str, config: dict[str, Any], experiment_name: str) -> None:
        """All is imported, and the environments come next."""
        CLOCK.get().start()

    def after_init(self, algo: Any) -> None:
        """The agent is built."""
        self.agent = algo

    def after_print_stats(self, frame: int, epoch_num: int, total_time: float) -> None:
        """An epoch is over."""
        CLOCK.get().passed(frame, self._act_of(self.agent))


def of_rlgx() -> Watcher:
    """For `observers=`."""
    return Watcher(lambda agent: agent.act(True).act)
