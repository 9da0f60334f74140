"""Trials that ask the driver to stop, by SIGTERM or SIGINT, at a random moment, start-up included."""

import json
import signal
import time
from pathlib import Path

from tests.chaos import judge, watch
from tests.chaos.processes import Driver, start
from tests.chaos.trial import Trial
from tests.chaos.worlds import WORLDS, World

WITHIN_S = 10.0
STARTED_S = 60.0
RAYS_OWN_S = 90.0
RAY_SEEN_OFF = 10
"""Every so manyth trial waits for it."""
BY_COMMAND = 4
"""Every so manyth trial starts its driver by the real command."""


def signal_the_driver(trial: Trial) -> None:
    """In the process, or with worker processes in every fifth trial."""
    name = list(WORLDS)[trial.seed % len(WORLDS)]
    processes = trial.seed % 5 == 0
    warm = not processes and trial.seed % BY_COMMAND != 0
    where = ("vec_env=process", "num_workers=2") if processes else ("vec_env=sync",)
    trial.figures |= {"world": name, "where": where[0]}
    driver = start(trial.folder, WORLDS[name].command("max_iterations=100000", *where), warm=warm)
    ask_to_stop(trial, driver, WORLDS[name], in_start_up=trial.chance.random() < 0.2)


def signal_the_driver_with_ray(trial: Trial) -> None:
    """With Ray's actors as workers; a part of the trials waits until Ray itself is gone."""
    words = WORLDS["discrete"].command("max_iterations=100000", "vec_env=ray", "num_workers=2")
    driver = start(trial.folder, words, warm=False)
    ask_to_stop(trial, driver, WORLDS["discrete"], in_start_up=trial.chance.random() < 0.2)
    if trial.seed % RAY_SEEN_OFF == 0 and driver.ended is not None:
        while (left := judge.rays_left(driver)) and time.monotonic() < driver.ended + RAYS_OWN_S:
            time.sleep(0.5)
        trial.figures["ray_gone_s"] = round(time.monotonic() - driver.ended, 1)
        trial.expect(not left, f"of Ray is left {RAYS_OWN_S:.0f} s later: {left}")


def ask_to_stop(trial: Trial, driver: Driver, world: World, in_start_up: bool) -> None:
    """Signal the driver, before its first epoch where asked to, and judge how it ends."""
    number = trial.chance.choice((signal.SIGTERM, signal.SIGINT))
    if in_start_up:
        time.sleep(trial.chance.uniform(0.1, 2.0))
    else:
        epoch = trial.chance.randrange(1, world.epochs)
        is_there = driver.wait_until(lambda: watch.epoch(trial.folder) >= epoch, STARTED_S)
        if not trial.expect(is_there, f"epoch {epoch} was not reached: {driver.errors[-200:]}"):
            return
        time.sleep(trial.chance.uniform(0.0, 0.1))
    reached = watch.epoch(trial.folder)
    trial.figures |= {"signal": number.name, "epoch": reached}
    sent = time.monotonic()
    driver.signal(number)
    if not judge.ended_with(trial, driver, 128 + number, WITHIN_S):
        return
    trial.figures["exit_s"] = round(time.monotonic() - sent, 2)
    judge.said_no_traceback(trial, driver)
    judge.nothing_left(trial, driver)
    run = judge.the_run(trial.folder)
    if run is None:
        trial.expect(not reached, f"no run directory after {reached} epochs")
        return
    judge.checkpoints_are_whole(trial, run)
    judge.no_temporary_files(trial, run)
    if reached:
        is_saved(trial, run, reached)


def is_saved(trial: Trial, run: Path, reached: int) -> None:
    """The newest checkpoint holds all that was done, and the summary says how it ended."""
    saved = judge.newest_epoch(trial, run)
    trial.expect(saved is not None and saved >= reached, f"saved epoch {saved}, {reached} were done")
    status = json.loads((run / "summary.json").read_text())["status"]
    trial.expect(status == "interrupted", f"summary.json says {status}")
