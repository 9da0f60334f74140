"""What the contract claims, one name each, and what is said of a claim that does not hold. Checks nothing."""

from dataclasses import dataclass
from enum import Enum


class Claim(Enum):
    """One claim of `tasks.vec_env.contract`, by the words that `--check` shows for it."""

    RUNS = "runs without a fault"
    SPACES = "spaces"
    VALUES = "shapes, dtypes, values"
    BOUNDS = "within the bounds"
    DEVICES = "one device"
    AUTORESET = "autoreset in the same step"
    FINAL = "final observation"
    TIME_OUTS = "time-outs"
    TERMINATIONS = "terminations"
    SEEDS = "a seed for each row"
    SAME_ROWS = "same rows"
    MASKS = "masks"
    INFOS = "infos, episodes"
    FRESH = "fresh arrays"
    STATE = "goes on from a state"
    CLOSE = "close leaves nothing"


@dataclass(frozen=True)
class Complaint:
    """A claim that does not hold, and in one sentence why; as text, the sentence."""

    claim: Claim
    text: str

    def __str__(self) -> str:
        return self.text
