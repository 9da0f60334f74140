"""Trials that SIGKILL the driver at a random moment, and then go on from what it had saved."""

import fcntl
import json
import os
import signal
import sys
import time
from pathlib import Path

from tests.chaos import judge, watch
from tests.chaos.processes import Driver, Prepare, start
from tests.chaos.trial import Trial
from tests.chaos.worlds import WORLDS, World

WAIT_S = 60.0
BY_COMMAND = 10
"""Every so manyth trial starts its drivers by the real command."""
MOMENTS = ("file", "file", "byte", "time", "time", "epoch")
"""When: as the driver opens, renames or removes a file of its run; at a byte of a file; or any time."""
EARLY = 0.05
"""The part of trials that may strike before the first save, when there is nothing to go on from."""


def kill_the_driver(trial: Trial) -> None:
    """In the process: four algorithms in turn."""
    name = list(WORLDS)[trial.seed % len(WORLDS)]
    warm = trial.seed % BY_COMMAND != 0
    trial.figures["world"] = name
    _kill(trial, name, WORLDS[name], warm)


def kill_the_driver_with_ray(trial: Trial) -> None:
    """With Ray's actors as workers; the undisturbed run has none, as workers change no result."""
    trial.figures["world"] = "discrete"
    _kill(trial, "discrete", WORLDS["discrete"], warm=False, where=("vec_env=ray", "num_workers=2"))


def _kill(trial: Trial, name: str, world: World, warm: bool, where: tuple[str, ...] = ()) -> None:
    undisturbed = reference(trial, name, world)
    moment = trial.chance.choice(MOMENTS if warm else ("time", "epoch"))
    trial.figures["moment"] = moment if warm else f"{moment} (command)"
    driver = start(trial.folder, world.command(*where), warm=warm, prepare=_prepared(trial, moment, world))
    _strike(trial, driver, moment, world)
    if not trial.expect(driver.wait(WAIT_S), "the driver did not die"):
        return
    judge.nothing_left(trial, driver)
    died = driver.code in (128 + signal.SIGKILL, 128 + signal.SIGXFSZ)
    run, reached = judge.the_run(trial.folder), watch.epoch(trial.folder)
    trial.figures |= {"epoch": reached, "struck": "it ran" if died else "it had ended"}
    if not died and not trial.expect(driver.code == 0, f"it ended with {driver.code}: {driver.errors}"):
        return
    if run is None or not (run / "nn" / "last.pth").is_file():
        trial.figures["struck"] = "nothing was saved"
        trial.expect(reached <= world.save_every, f"no checkpoint after {reached} epochs")
        return
    _go_on(trial, run, world, undisturbed, warm)


def _go_on(trial: Trial, run: Path, world: World, undisturbed: dict, warm: bool) -> None:
    """Judge what was saved, resume, and compare the end with that of an undisturbed run."""
    judge.checkpoints_are_whole(trial, run)
    if not little_is_lost(trial, run, watch.epoch(trial.folder), world.save_every):
        return
    resumed = start(trial.folder, ["--resume", str(run)], warm=warm)
    if not judge.ended_with(trial, resumed, 0, WAIT_S):
        return
    judge.said_no_traceback(trial, resumed)
    judge.no_temporary_files(trial, run)
    ends_alike(trial, run, undisturbed)


def little_is_lost(trial: Trial, run: Path, reached: int, save_every: int) -> bool:
    """The newest checkpoint loads, and at most one save interval lies behind it."""
    saved = judge.newest_epoch(trial, run)
    if saved is None:
        return trial.expect(False, "there is no newest checkpoint to go on from")
    lost = reached - saved
    trial.figures["lost_epochs"] = lost
    return trial.expect(lost <= save_every, f"{lost} epochs are lost, {save_every} between two saves")


def ends_alike(trial: Trial, run: Path, undisturbed: dict) -> None:
    """Weights and metrics are those of the undisturbed run."""
    sha = judge.weights_sha(run)
    trial.expect(
        sha == undisturbed["sha"], f"the weights end as {sha[:12]}, undisturbed {undisturbed['sha'][:12]}"
    )
    judge.no_seam(trial, run, undisturbed["metrics"])


def reference(trial: Trial, name: str, world: World) -> dict:
    """The end of the same training undisturbed, by the real command: computed by whoever needs it first."""
    file = trial.shared / f"{name}.json"
    with (trial.shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            folder = trial.folder / "undisturbed"
            folder.mkdir()
            driver = start(folder, world.command(), warm=False)
            if not driver.wait(2 * WAIT_S) or driver.code:
                raise RuntimeError(f"the undisturbed run ended with {driver.code}: {driver.errors}")
            run = judge.the_run(folder)
            assert run is not None, "the undisturbed run has left no run"
            found = {
                "sha": judge.weights_sha(run),
                "metrics": judge.metrics(run),
                "seconds": driver.seconds(),
            }
            file.write_text(json.dumps(found))
        return json.loads(file.read_text())


def _strike(trial: Trial, driver: Driver, moment: str, world: World) -> None:
    """Kill it, or see to it that it dies, at the moment that chance has chosen."""
    if moment == "file":
        return
    epoch = _epoch(trial, world)
    driver.wait_until(lambda: watch.epoch(trial.folder) >= epoch, WAIT_S)
    if moment == "byte":  # the system kills who writes beyond it
        driver.limit_files(trial.chance.randrange(2_000, 60_000))
        return
    if moment == "time":
        time.sleep(trial.chance.uniform(0.0, 0.1))
    driver.signal(signal.SIGKILL)


def _prepared(trial: Trial, moment: str, world: World) -> Prepare | None:
    if moment == "byte":
        return lambda: signal.signal(signal.SIGXFSZ, signal.SIG_DFL) and None
    if moment != "file":
        return None
    epoch, number = _epoch(trial, world), trial.chance.randrange(1, 40)
    return lambda: die_at_file_event(epoch, number)


def _epoch(trial: Trial, world: World) -> int:
    """After which epoch to strike: almost always once something is saved, and never after the last save."""
    first = 0 if trial.chance.random() < EARLY else world.save_every + 1
    return trial.chance.randrange(first, world.epochs - world.save_every)


def die_at_file_event(epoch: int, number: int) -> None:
    """SIGKILL this process as it opens, renames, removes or flushes a file of its run.

    That is the n-th time that it does so after an epoch.
    """
    seen = 0

    def happen(path: object) -> None:
        nonlocal seen
        if "runs/" in str(path) and watch.epoch(Path()) >= epoch:
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch_events(event: str, arguments: tuple) -> None:
        if event in ("open", "os.rename", "os.remove", "os.truncate", "os.mkdir"):
            happen(arguments[0])

    flush = os.fsync

    def fsync(descriptor: int) -> None:
        happen(os.readlink(f"/proc/self/fd/{descriptor}"))
        flush(descriptor)
        happen(os.readlink(f"/proc/self/fd/{descriptor}"))

    sys.addaudithook(watch_events)
    os.fsync = fsync
