"""What all that guards a run costs: speeds of this checkout over those of an older commit, pair by pair.

Both run on the same machine in the same minutes, and take turns in another order each time; what counts is
the median of the pairs' ratios. Above 1, this checkout is the faster one.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from math import comb
from pathlib import Path
from statistics import median

from benchmarks.contestants import Order
from benchmarks.machine import cores
from benchmarks.seats import Seat
from tests.chaos.processes import ROOT
from tests.chaos.trial import Trial

BEFORE = "4cad051ffe"
"""The commit before the faults were guarded against."""
LEAST = 0.97
VEC_ENVS = ("sync", "process", "ray")
NUM_ENVS, TURN_S = 64, 0.5
SEATS, STEP_PAIRS = 6, 10
"""Processes differ by a few per cent for as long as they live: pairs of several processes are compared."""
TRAINING_PAIRS = 15
TRAINING = ("task=CartPole", "task.solve_at=null", "max_iterations=100", "seed=1", "device=cpu")

Measure = Callable[[int], float]
"""The speed of one side, 0: before, 1: now."""


def compare(trial: Trial) -> None:
    """Steps a second of the vector environments, and the time of a training, both with 64 CartPoles."""
    with old_checkout(trial.folder) as before:
        checkouts = (before, ROOT)
        for kind in VEC_ENVS:
            found: list[float] = []
            for _ in range(SEATS):
                with seats(kind, checkouts) as turn:
                    found += ratios(turn, STEP_PAIRS)
            judge(trial, kind, found)
        judge(trial, "training", ratios(lambda side: train(trial, checkouts[side]), TRAINING_PAIRS))


@contextmanager
def old_checkout(folder: Path) -> Iterator[Path]:
    """The older commit's files, while they are needed."""
    place = folder / "before"
    place.mkdir()
    packed = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=place, input=packed, check=True)
    yield place


@contextmanager
def seats(kind: str, checkouts: Sequence[Path]) -> Iterator[Measure]:
    """The vector environment of both checkouts, each in processes of its own that rest between turns."""
    with ExitStack() as stack:
        found = [Seat(kind, Order("CartPole-v1", NUM_ENVS, cores()), checkout=place) for place in checkouts]
        for seat in found:
            stack.callback(seat.close)
            if not seat.is_ok:
                raise RuntimeError(f"{kind} did not start: {seat.about}")

        def turn(side: int) -> float:
            found[side].begin(TURN_S)
            try:
                return found[side].speed()
            finally:
                found[side].rest()

        yield turn


def train(trial: Trial, checkout: Path) -> float:
    """Trainings a second: of the whole training with its saves and evaluations, without imports."""
    number = len(list(trial.folder.glob("runs/*")))
    run = trial.folder / "runs" / f"run{number}"
    command = [sys.executable, str(checkout / "train.py"), *TRAINING, f"run_dir=runs/run{number}"]
    subprocess.run(command, cwd=trial.folder, capture_output=True, check=True, timeout=120)
    return 1.0 / json.loads((run / "summary.json").read_text())["wall_s"]


def ratios(measure: Measure, pairs: int) -> list[float]:
    """Now over before, for each pair; who begins changes. The first pair warms up and does not count."""
    found = []
    for number in range(pairs + 1):
        first, second = (0, 1) if number % 2 else (1, 0)
        speed = {first: measure(first), second: measure(second)}
        found.append(speed[1] / speed[0])
    return found[1:]


def judge(trial: Trial, name: str, found: list[float]) -> None:
    """The median and where it lies with 95 % confidence; it may not be below the bound."""
    low, high = interval(found)
    middle = median(found)
    trial.figures |= {
        f"{name}_ratio": round(middle, 4),
        f"{name}_low": round(low, 4),
        f"{name}_high": round(high, 4),
    }
    trial.expect(middle >= LEAST, f"{name}: {middle:.3f} of before ({low:.3f} to {high:.3f})")


def interval(found: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """The median's confidence interval by order statistics, whatever the distribution (binomial, p = 1/2)."""
    ordered, count = sorted(found), len(found)
    rank, tail = 0, 0.5**count  # the chance that all of them lie above the median
    while rank < (count - 1) // 2 and 2 * (tail + comb(count, rank + 1) / 2**count) <= 1 - confidence:
        rank += 1
        tail += comb(count, rank) / 2**count
    return ordered[rank], ordered[count - 1 - rank]
