"""One trial of the fault suite: its seed, its folder, what it found and measured. Runs nothing."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Figure = float | int | str
LONGEST = 600
"""Characters of a problem: a page of foreign output tells no more than its beginning."""


@dataclass
class Trial:
    """What a kind's function is given, and fills.

    Attributes:
        kind: its name in the table of kinds. seed: repeats it alone.
        folder: an empty one of its own, where its commands run.
        shared: one that all trials of a commit share, for what is computed once.
        chance: all that is random in it.
        problems: a line for each thing that was not as it has to be; none means that it passed.
        figures: numbers that it measured, by name; a name ends in its unit.
    """

    kind: str
    seed: int
    folder: Path
    shared: Path
    problems: list[str] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.kind} {self.seed}")

    def expect(self, holds: object, otherwise: str) -> bool:
        """Note what is wrong where something does not hold; whether it does."""
        if not holds:
            self.problems.append(" ".join(otherwise.split())[:LONGEST])
        return bool(holds)

    def again(self) -> str:
        """The command that repeats it."""
        return f"python -m tests.chaos --only {self.kind} --seed {self.seed}"


@dataclass(frozen=True)
class Result:
    """How a trial ended, as the ledger keeps it."""

    kind: str
    seed: int
    problems: tuple[str, ...]
    figures: Mapping[str, Figure]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps({**vars(self), "problems": list(self.problems), "figures": dict(self.figures)})

    @classmethod
    def read(cls, line: str) -> "Result":
        """From a line of JSON."""
        plain: dict[str, Any] = json.loads(line)
        return cls(**{**plain, "problems": tuple(plain["problems"])})
