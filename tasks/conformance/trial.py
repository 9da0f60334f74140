"""One vector environment from its making to its end: examined, timed, closed. Compares it with no other."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cfg.errors import FOREIGN, ConfigError, RlgxError
from tasks.conformance.leftovers import PROCESSES, leftovers_now, wait_for_none_since
from tasks.vec_env.checks import sample_actions
from tasks.vec_env.claims import Claim, Complaint
from tasks.vec_env.examine import Findings, as_numpy, examine, examine_again

if TYPE_CHECKING:
    from tasks.vec_env.base import VecEnv

TIMED_S = 0.3
PATIENCE_S = 5.0
"""How long processes get to end after a close: Ray kills its actors when it comes to it."""


@dataclass
class Trial:
    """What became of one vector environment.

    Attributes:
        findings: of its examination; also what making and closing it brought to light.
        steps_per_s: environment steps in all rows; None where it was not timed.
        notes: what it told the user.
        where: what was special about it, for messages.
    """

    findings: Findings = field(default_factory=Findings)
    steps_per_s: float | None = None
    notes: tuple[str, ...] = ()
    where: str = ""


def run_trial(make: "Callable[[], VecEnv]", num_steps: int, seed: int) -> Trial:
    """Makes a vector environment, examines it, times it and closes it twice.

    Raises ConfigError where it cannot be made as asked.
    """

    def play(vec: Any, trial: Trial) -> None:
        trial.findings = examine(vec, num_steps, seed)
        if not trial.findings.is_whole:
            return
        try:
            trial.steps_per_s = _speed(as_numpy(vec))
        except FOREIGN as cause:
            said = cause if isinstance(cause, RlgxError) else f"{type(cause).__name__}: {cause}"
            trial.findings.add(Complaint(Claim.RUNS, f"while it was timed: {said}"))

    return _from_start_to_end(make, play)


def run_trial_again(make: "Callable[[], VecEnv]", num_steps: int, seed: int) -> Trial:
    """The same without what one trial is enough for: other seeds, and the time."""

    def play(vec: Any, trial: Trial) -> None:
        trial.findings = examine_again(vec, num_steps, seed)

    return _from_start_to_end(make, play)


def _from_start_to_end(make: "Callable[[], VecEnv]", play: Callable[[Any, Trial], None]) -> Trial:
    before = leftovers_now()
    trial = Trial()
    try:
        vec = make()
    except ConfigError:
        raise
    except RlgxError as error:
        trial.findings.add(Complaint(Claim.RUNS, str(error)))
    except FOREIGN as cause:  # noqa: BLE001  # a plug-in's factory may raise anything
        trial.findings.add(Complaint(Claim.RUNS, f"it cannot be made: {type(cause).__name__}: {cause}"))
    else:
        play(vec, trial)
        trial.notes = vec.notes
        _close_twice(vec, trial.findings)
    if PROCESSES.is_dir():
        trial.findings.seen.add(Claim.CLOSE)
        for left in wait_for_none_since(before, PATIENCE_S):
            trial.findings.add(Complaint(Claim.CLOSE, f"{left} is still there after close()"))
    return trial


def _close_twice(vec: Any, findings: Findings) -> None:
    for time_of in ("first", "second"):
        try:
            vec.close()
        except FOREIGN as cause:  # noqa: BLE001, PERF203  # foreign code may raise anything
            text = f"the {time_of} close() failed: {type(cause).__name__}: {cause}"
            findings.add(Complaint(Claim.CLOSE, text))


def _speed(vec: Any) -> float:
    """Steps/s of all rows together, with random actions."""
    space = vec.get_env_info()["action_space"]
    rng = np.random.default_rng(0)
    vec.reset()
    is_masked = vec.has_action_masks()
    count, start = 0, time.perf_counter()
    actions = sample_actions(space, vec.num_envs, None, rng)
    while (passed_s := time.perf_counter() - start) < TIMED_S:
        if is_masked:
            actions = sample_actions(space, vec.num_envs, vec.get_action_masks(), rng)
        vec.step(actions)
        count += 1
    return float(count * vec.num_envs / passed_s)
