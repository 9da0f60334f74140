"""Trials that start many runs at once: each gets a directory of its own."""

import time
from pathlib import Path

from tests.chaos import judge
from tests.chaos.processes import start
from tests.chaos.trial import Trial

RUNS = 50
PATIENCE_S = 150.0
WORDS = (
    "task=CartPole", "num_envs=2", "max_iterations=1", "eval_every=0", "device=cpu",
    "train.params.config.horizon_length=8", "train.params.config.minibatch_size=16",
)  # fmt: skip


def start_at_once(trial: Trial) -> None:
    """All of them begin at the same moment."""
    gate = float(int(time.time()) + 3)  # a second as the names of directories tell it

    def wait_for_the_gate() -> None:
        time.sleep(max(0.0, gate - time.time()))

    drivers = [start(trial.folder, WORDS, warm=True, prepare=wait_for_the_gate) for _ in range(RUNS)]
    deadline = time.monotonic() + PATIENCE_S
    for driver in drivers:
        judge.ended_with(trial, driver, 0, max(0.0, deadline - time.monotonic()))
    found = sorted((trial.folder / "runs").iterdir())
    trial.expect(len(found) == RUNS, f"{len(found)} directories for {RUNS} runs")
    seconds = {path.name.split("_")[3] for path in found}
    trial.figures |= {"directories": len(found), "seconds_named": len(seconds)}
    for path in found:
        is_one_run(trial, path)


def is_one_run(trial: Trial, run: Path) -> None:
    judge.checkpoints_are_whole(trial, run)
    epochs = [line["epoch"] for line in judge.metrics(run)]
    trial.expect(epochs == [1], f"{run.name} has the epochs {epochs}: another run wrote into it")
