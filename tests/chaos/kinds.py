"""The table of kinds: what is done to a run, how often, and the function that does it. Runs nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
        shown: figures of the table.
        most: bounds of medians over all trials, by figure.
    """

    act: str
    trials: int
    fault: str
    claim: str
    cases: int = 1
    limit_s: float = 180.0
    shown: tuple[str, ...] = ()
    most: Mapping[str, float] = field(default_factory=dict)

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
    "malicious": Kind(
        "malicious:offer", 43, cases=4,
        fault="a checkpoint that runs code when unpickled, by train, resume, play, eval",
        claim="it is refused, and nothing was run",
    ),
    "config": Kind(
        "config:fuzz_the_validator", 20, cases=500,
        fault="a configuration changed by chance, through the validator",
        claim="accepted or refused in one line; 10,000 of them within 60 s, which is 3 s a trial",
        shown=("validator_s",), most={"validator_s": 3.0},
    ),
    "command": Kind(
        "config:fuzz_the_command", 10, cases=20,
        fault="a command line made by chance, through the real command",
        claim="exit 0, or 2 or (of a checkpoint or a resume) 3 with one line, no traceback, no hang",
    ),
    "labelled": Kind(
        "config:judge_labelled", 1, fault="configurations of which it is known whether they are right",
        claim="no wrong one is accepted, no right one refused", shown=("wrong", "right"),
    ),
    "directories": Kind(
        "directories:start_at_once", 1, cases=50, fault="50 runs started in one second",
        claim="50 directories, and 50 whole runs",
    ),
    "sigkill": Kind(
        "sigkill:kill_the_driver", 200, fault="SIGKILL of the driver at a random moment, saves included",
        claim="the newest checkpoint loads, at most one save interval is lost, and the resumed run ends with "
        "the weights and the metrics of one that was not disturbed", shown=("struck", "lost_epochs"),
    ),
    "sigkill_ray": Kind(
        "sigkill:kill_the_driver_with_ray", 20, fault="the same with Ray's actors as workers",
        claim="the same, against an undisturbed run without workers", shown=("struck", "lost_epochs"),
    ),
    "workers": Kind(
        "workers:kill_workers", 100,
        fault="SIGKILL of 1 to 4 of 4 workers at a random step, nine times in ten Ray's",
        claim="the run ends, no checkpoint is lost; a recovery takes 3 s in the median and 10 s at most",
        shown=("recovery_s", "next_epoch_s", "killed"), most={"recovery_s": 3.0},
    ),
    "hang": Kind(
        "workers:hang_an_environment", 20, fault="an environment that does not return from a step",
        claim="made anew within the timeout of 2 s and 5 s more", shown=("back_s", "recovery_s"),
    ),
    "signals": Kind(
        "signals:signal_the_driver", 70, fault="SIGTERM or SIGINT at a random moment",
        claim="a checkpoint, exit 143 or 130 within 10 s, nothing left behind after 5 s", shown=("exit_s",),
    ),
    "signals_ray": Kind(
        "signals:signal_the_driver_with_ray", 30, fault="the same with Ray's actors as workers",
        claim="the same; every tenth waits for Ray's own processes: gone after 90 s",
        shown=("exit_s", "ray_gone_s"),
    ),
    "nonfinite": Kind(
        "nonfinite:bring_in", 100,
        fault="NaN or infinity in an observation or reward, or a learning rate of 1e20",
        claim="exit 6 in the same epoch, row and step are named, every checkpoint is finite",
    ),
    "disk": Kind(
        "disk:fill_while_saving", 50, fault="the disk full at a random byte of a save",
        claim="older checkpoints are whole, the error within 2 s, exit 5", shown=("told_s",),
    ),
    "events": Kind(
        "disk:fill_the_events", 20, fault="the disk full for TensorBoard's event file",
        claim="the run ends as if nothing were wrong, with one warning",
    ),
    "names": Kind(
        "names:name_runs", 10, cases=50, fault="a hostile name for a run, by the whole command",
        claim="nothing appears outside of runs/", shown=("accepted", "refused"),
    ),
    "tokens": Kind(
        "clusters:ask_without_token", 4, cases=5, fault="a client without the token of a run's Ray",
        claim="it is refused, and the run goes on",
    ),
    "nodes": Kind(
        "clusters:lose_a_node", 10, fault="a node of a cluster of two goes away with its workers",
        claim="the run ends on the other", shown=("recovery_s",),
    ),
    "cost": Kind(
        "cost:compare", 1, fault="none: speed over that of the commit before, in pairs that take turns",
        claim="the median is at least 0.97", limit_s=1800.0,
        shown=tuple(f"{each}_{part}" for each in ("sync", "process", "ray", "training")
                    for part in ("ratio", "low", "high")),
    ),
}  # fmt: skip
