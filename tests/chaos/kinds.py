"""The table of kinds: what is done to a run, how often, and the function that does it. Runs nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from tests.chaos.trial import Trial


@dataclass(frozen=True)
class Kind:
    """A kind of trial.

    Attributes:
        act: the module and function that carries one out, as module:function.
        trials: how many the whole suite runs. cases: how many faults one trial holds.
        fault: what is done. claim: what has to hold.
        limit_s: a trial that takes longer has failed.
    """

    act: str
    trials: int
    fault: str
    claim: str
    cases: int = 1
    limit_s: float = 180.0

    def function(self) -> Callable[[Trial], None]:
        """The function that carries a trial out, imported now."""
        module, _, name = self.act.partition(":")
        found: Callable[[Trial], None] = getattr(import_module(f"tests.chaos.{module}"), name)
        return found


KINDS = {
    "damaged": Kind(
        "damaged:damage_files", 20, cases=50, fault="a checkpoint cut short, or with one bit flipped",
        claim="it is refused",
    ),
    "directories": Kind(
        "directories:start_at_once", 1, cases=50, fault="50 runs started in one second",
        claim="50 directories, and 50 whole runs",
    ),
    "sigkill": Kind(
        "sigkill:kill_the_driver", 200, fault="SIGKILL of the driver at a random moment, saves included",
        claim="the newest checkpoint loads, at most one save interval is lost, and the resumed run ends with "
        "the weights and the metrics of one that was not disturbed",
    ),
    "signals": Kind(
        "signals:signal_the_driver", 70, fault="SIGTERM or SIGINT at a random moment",
        claim="a checkpoint, exit 143 or 130 within 10 s, nothing left behind after 5 s",
    ),
    "disk": Kind(
        "disk:fill_while_saving", 50, fault="the disk full at a random byte of a save",
        claim="older checkpoints are whole, exit 5 within 2 s of the failed write",
    ),
    "events": Kind(
        "disk:fill_the_events", 20, fault="the disk full for TensorBoard's event file",
        claim="the run ends as if nothing were wrong, with one warning",
    ),
}  # fmt: skip
