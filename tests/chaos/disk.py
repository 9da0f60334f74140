"""Trials with a full disk: no file can grow beyond a size from a random moment on. The kernel sees to it."""

import time
from pathlib import Path

from tests.chaos import judge, watch
from tests.chaos.processes import Driver, start
from tests.chaos.trial import Trial
from tests.chaos.worlds import CONFIG, WORLDS, World

WITHIN_S = 2.0
STARTED_S = 60.0
BY_COMMAND = 5
STORAGE = 5
"""The exit code."""
ENDED_S = 10.0
"""How long the process may take to end once it has told why."""

TINY = World(
    ("task=CartPole", "train.params.network.mlp.units=[4]", f"{CONFIG}.horizon_length=8",
     f"{CONFIG}.minibatch_size=32", f"{CONFIG}.mini_epochs=1"),
    4, 150, 8, 25,
)  # fmt: skip
"""Its checkpoints and metrics are smaller than its event file."""
EVENTS_BYTES = (70_000, 90_000)
"""More than its other files come to, and less than its events."""


def fill_while_saving(trial: Trial) -> None:
    """A save finds no room for its file; every older checkpoint stays as it was."""
    name = list(WORLDS)[trial.seed % len(WORLDS)]
    world = WORLDS[name]
    words = world.command("max_iterations=100000")
    driver = start(trial.folder, words, warm=trial.seed % BY_COMMAND != 0)
    epoch = trial.chance.randrange(world.save_every + 1, world.epochs)
    driver.wait_until(lambda: watch.epoch(trial.folder) >= epoch, STARTED_S)
    run = judge.the_run(trial.folder)
    if run is None or not (run / "nn" / "last.pth").is_file():
        trial.expect(False, f"nothing is saved after {epoch} epochs: {driver.errors}")
        return
    size = trial.chance.randrange(1, (run / "nn" / "last.pth").stat().st_size)
    trial.figures |= {"world": name, "bytes": size}
    before, saved = _checkpoints(run), judge.newest_epoch(trial, run)
    driver.limit_files(size)
    _wait_for_failure(trial, driver)
    judge.ended_with(trial, driver, STORAGE, ENDED_S)
    judge.said_no_traceback(trial, driver)
    judge.said_one_error(trial, driver)
    judge.checkpoints_are_whole(trial, run)
    judge.no_temporary_files(trial, run)
    judge.nothing_left(trial, driver)
    none_is_gone(trial, before, _checkpoints(run))
    newest = judge.newest_epoch(trial, run)
    trial.expect(newest and saved and newest >= saved, f"last.pth went from epoch {saved} to {newest}")


def none_is_gone(trial: Trial, before: set[str], now: set[str]) -> None:
    """The best and the last are there, and no fewer of the rotated ones than before."""
    kept = {name for name in before if "_ep_" not in name}
    trial.expect(kept <= now, f"gone: {sorted(kept - now)}")
    trial.expect(len(now) >= len(before), f"{len(now)} checkpoints are left of {len(before)}")


def fill_the_events(trial: Trial) -> None:
    """TensorBoard's file finds no room, everything else does."""
    size = trial.chance.randrange(*EVENTS_BYTES)
    trial.figures["bytes"] = size
    driver = start(trial.folder, TINY.command(), warm=trial.seed % BY_COMMAND != 0)
    driver.limit_files(size)
    if not judge.ended_with(trial, driver, 0, STARTED_S):
        return
    judge.said_no_traceback(trial, driver)
    judge.nothing_left(trial, driver)
    run = judge.the_run(trial.folder)
    if not trial.expect(run, "there is no run"):
        return
    assert run is not None
    events = max(path.stat().st_size for path in run.glob("summaries/*"))
    trial.expect(events == size, f"the event file has {events} bytes: the disk was not full at {size}")
    judge.checkpoints_are_whole(trial, run)
    epochs = judge.newest_epoch(trial, run)
    trial.expect(epochs == TINY.epochs, f"it ended at epoch {epochs} of {TINY.epochs}")
    told = driver.output + driver.errors + (run / "run.log").read_text(errors="replace")
    lines = [line for line in told.splitlines() if "TensorBoard" in line or "summaries" in line]
    trial.expect(len(lines) == 1, f"not one warning: {lines}")


def _wait_for_failure(trial: Trial, driver: Driver) -> None:
    """Wait for the error, and see how long after the last epoch, in which it failed to save, it came."""
    seen, since = -1, time.monotonic()
    deadline = since + STARTED_S
    while driver.is_running() and "error: " not in driver.errors and time.monotonic() < deadline:
        if (epoch := watch.epoch(trial.folder)) != seen:
            seen, since = epoch, time.monotonic()
        time.sleep(0.005)
    is_told_in_time(trial, time.monotonic() - since)


def is_told_in_time(trial: Trial, took: float) -> None:
    """The error came so many seconds after the epoch whose save failed."""
    trial.figures["told_s"] = round(took, 2)
    trial.expect(took <= WITHIN_S, f"the error came {took:.1f} s after the epoch whose save failed")


def _checkpoints(run: Path) -> set[str]:
    return {path.name for path in run.glob("nn/*.pth")}
