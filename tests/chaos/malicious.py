"""Trials that offer checkpoints which run code when unpickled: to every command, and none runs it."""

import shutil
from pathlib import Path

from tests.chaos import judge
from tests.chaos.processes import start
from tests.chaos.trial import Trial
from tests.chaos.worlds import WORLDS
from tests.hostile import write_all

REFUSED = 3
"""The exit code."""
ENDED_S = 60.0
WORDS = WORLDS["discrete"].command()


def offer(trial: Trial) -> None:
    """One file by four commands; a trial's seed is its number in the list."""
    marker = trial.folder / "executed"
    (trial.folder / "files").mkdir()
    files = write_all(trial.folder / "files", marker)
    file = files[(trial.seed - 1) % len(files)]
    trial.figures |= {"files": len(files), "file": file.stem}
    run = _run_with(trial, file)
    commands = {
        "train": [*WORDS, f"checkpoint={file}"],
        "resume": ["--resume", str(run)],
        "play": [*WORDS, "--play", "--checkpoint", str(file), "headless=True"],
        "eval": ["--eval", "--checkpoint", str(run / "nn" / "last.pth")],
    }
    for name, words in commands.items():
        driver = start(trial.folder, words, warm=True)
        judge.ended_with(trial, driver, REFUSED, ENDED_S)
        judge.said_one_error(trial, driver)
        nothing_was_run(trial, name, marker)
        judge.nothing_left(trial, driver)


def nothing_was_run(trial: Trial, command: str, marker: Path) -> None:
    """What the files would make, had they run, is not there."""
    trial.expect(not marker.exists(), f"{command}: the file's code was run")


def _run_with(trial: Trial, file: Path) -> Path:
    """A finished run whose checkpoints are replaced by the file."""
    place = trial.folder / "whole"
    place.mkdir()
    driver = start(place, [*WORDS, "max_iterations=2", "observers=[]"], warm=True)
    if not driver.wait(ENDED_S) or driver.code:
        raise RuntimeError(f"no run to spoil: {driver.errors}")
    run = judge.the_run(place)
    assert run is not None
    for checkpoint in run.glob("nn/*.pth"):
        shutil.copy(file, checkpoint)
    return run
