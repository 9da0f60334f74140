"""What a vector environment gave in a number of steps, small enough to keep and exact enough to compare.

Of each row of an array only a hash of its bytes is kept, so that a minute of pictures takes little memory.
"""

from typing import Any

import numpy as np

from tasks.arrays import Array, Observation

Marks = dict[str, list[int | None]]
"""Hash of every row's numbers by their name; None in rows that have none."""


class Trace:
    """The marks of a reset and of the steps after it, and the actions of these steps."""

    def __init__(self) -> None:
        self.marks: list[Marks] = []
        self.actions: list[Array] = []

    def add_first(self, obs: Observation) -> None:
        """Keeps what a reset gave."""
        self.marks.append(marks_of("obs", obs))

    def add_step(self, actions: Array, obs: Observation, reward: Array, done: Array, infos: Any) -> None:
        """Keeps what a step gave, but for infos that the contract says nothing of."""
        marks = {**marks_of("obs", obs), **marks_of("reward", reward), **marks_of("done", done)}
        for name in ("time_outs", "final_observation", "rewards", "metrics"):
            if name in infos:
                marks |= marks_of(name, infos[name])
        if "episode" in infos:
            marks |= _episode_marks(infos["episode"], len(done))
        self.marks.append(marks)
        self.actions.append(np.array(actions))


def marks_of(name: str, values: Observation) -> Marks:
    """The marks of an array [N, ...], or of each part of a dictionary."""
    if isinstance(values, dict):
        return {
            key: marks for part in values for key, marks in marks_of(f"{name}.{part}", values[part]).items()
        }
    return {name: [hash(row.tobytes()) for row in values]}


def by_row(marks: Marks) -> list[tuple[int | None, ...]]:
    """All marks of each row."""
    return list(zip(*marks.values(), strict=True))


def difference(expected: Trace, found: Trace) -> str | None:
    """The first thing of `expected` that is not the same in `found`, in words; None where all is."""
    for step, (wanted, given) in enumerate(zip(expected.marks, found.marks, strict=False)):
        for name, rows in wanted.items():
            if rows != given.get(name):
                others = given.get(name, [None] * len(rows))
                row = next(
                    index for index, (one, other) in enumerate(zip(rows, others, strict=True)) if one != other
                )
                return f"{name} of row {row} is another after {step} steps"
    return None


def _episode_marks(episode: dict[str, Array], num_envs: int) -> Marks:
    marks: Marks = {}
    for name in ("return", "length", "success"):
        marks[f"episode.{name}"] = [None] * num_envs
        for row, value in zip(episode["row"], episode[name], strict=True):
            marks[f"episode.{name}"][row] = hash(value.tobytes())
    return marks
