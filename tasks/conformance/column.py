"""What the trials of a vector environment come to: of each claim whether it holds, or why none can say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tasks.conformance.trial import Trial
from tasks.vec_env.claims import Claim

_LONGER = "max_frames=N plays longer"
_NO_END = f"no episode ended in {{steps}} steps: {_LONGER}"
UNSEEN = {
    Claim.AUTORESET: f"no end of an episode could be told from the next one's start: {_LONGER}",
    Claim.FINAL: _NO_END,
    Claim.INFOS: _NO_END,
    Claim.TIME_OUTS: f"no time limit cut an episode off in {{steps}} steps: {_LONGER}",
    Claim.TERMINATIONS: f"no episode ended by itself in {{steps}} steps at random: {_LONGER}",
    Claim.SEEDS: "episodes start alike whatever the seed, or num_envs is 1",
    Claim.CLOSE: "processes are looked for on Linux only",
}
"""Why a claim was not met in a play without fault, and how to meet it."""

AFTER_A_FAULT = "a fault came first"


@dataclass(frozen=True)
class Column:
    """What one vector environment does.

    Attributes:
        complaints: the sentences said of a claim that does not hold.
        unseen: of a claim that could not be judged: why, and how it could.
        idle: claims that mean nothing here.
        steps_per_s: None where a fault came before.
        notes: what it told the user.
        expected: what its rows were compared with.
    """

    complaints: dict[Claim, list[str]]
    unseen: dict[Claim, str]
    idle: frozenset[Claim]
    steps_per_s: float | None
    notes: tuple[str, ...]
    expected: str

    def summary(self) -> dict[str, Any]:
        """As plain data, with the names of the claims."""
        return {
            "failed": {claim.value: texts for claim, texts in self.complaints.items()},
            "unseen": {claim.value: why for claim, why in self.unseen.items()},
            "steps_per_s": self.steps_per_s,
        }


def column_of(trials: Sequence[Trial], num_steps: int, expected: str) -> Column:
    """The column of a vector environment.

    Args:
        trials: the first one under the task's own time limit.
        num_steps: of the first.
        expected: what its rows were compared with.
    """
    complaints: dict[Claim, list[str]] = {}
    for trial in trials:
        for complaint in trial.findings.complaints:
            told = complaints.setdefault(complaint.claim, [])
            if not any(text.startswith(complaint.text) for text in told):
                told.append(complaint.text + trial.where)
    seen: set[Claim] = set().union(*(trial.findings.seen for trial in trials))
    idle = set() if any(trial.findings.has_masks for trial in trials) else {Claim.MASKS}
    is_whole = trials[0].findings.is_whole
    if is_whole and not any(trial.findings.restores for trial in trials):
        idle.add(Claim.STATE)
    why = UNSEEN if is_whole else {}
    unseen = {
        claim: why.get(claim, AFTER_A_FAULT).format(steps=num_steps)
        for claim in Claim
        if claim not in seen | complaints.keys() | idle
    }
    notes = tuple(dict.fromkeys(note for trial in trials for note in trial.notes))
    return Column(complaints, unseen, frozenset(idle), trials[0].steps_per_s, notes, expected)
