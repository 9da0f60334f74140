"""Trials that kill or hang worker processes of a run, Ray's actors or our own: the run goes on."""

import re
import time

import psutil

from tests.chaos import judge, watch
from tests.chaos.faulty import back_after_s
from tests.chaos.nonfinite import faulty_words
from tests.chaos.processes import Driver, is_alive, start
from tests.chaos.trial import Trial
from tests.chaos.worlds import WORKERS

STARTED_S = 90.0
ENDED_S = 120.0
MOST_S = 10.0
"""No recovery may take longer; the median's bound is in the table of kinds."""
STEP_TIMEOUT_S = 2.0
HUNG_S = 5.0
"""How much longer than its timeout a hung environment may cost."""
BY_COMMAND = 5
OWN_PROCESSES = 10
"""Every so manyth trial kills worker processes of our own in place of Ray's."""
RESTARTED = re.compile(r"restarted after ([\d.]+) s")


def kill_workers(trial: Trial) -> None:
    """SIGKILL of one to four of four workers, at a random moment of a random epoch."""
    kind = "process" if trial.seed % OWN_PROCESSES == 0 else "ray"
    words = [*WORKERS.command(f"vec_env={kind}"), announced(trial)]
    driver = start(trial.folder, words, warm=trial.seed % BY_COMMAND != 0)
    epoch = trial.chance.randrange(1, WORKERS.epochs - 1)
    driver.wait_until(lambda: watch.epoch(trial.folder) >= epoch, STARTED_S)
    time.sleep(trial.chance.uniform(0.0, 0.05))
    victims = trial.chance.sample(workers_of(trial, driver), k=trial.chance.randrange(1, 5))
    trial.figures |= {"kind": kind, "killed": len(victims), "epoch": watch.epoch(trial.folder)}
    for victim in victims:
        victim.kill()
    killed, reached = time.monotonic(), watch.epoch(trial.folder)
    driver.wait_until(lambda: watch.epoch(trial.folder) > reached, STARTED_S)
    trial.figures["next_epoch_s"] = round(time.monotonic() - killed, 2)
    if _finished(trial, driver):
        restarted_within(trial, MOST_S, times=len(victims))


def hang_an_environment(trial: Trial) -> None:
    """An environment that does not return from a step is given up after its timeout."""
    kind = ("process", "ray")[trial.seed % 2]
    more = (
        f"vec_env={kind}",
        f"faults.step_timeout_s={STEP_TIMEOUT_S}",
        *faulty_words(trial, WORKERS, "hang"),
    )
    words = WORKERS.command(*more, "eval_every=0")
    driver = start(trial.folder, words, warm=trial.seed % BY_COMMAND != 0)
    trial.figures["kind"] = kind
    if _finished(trial, driver):
        restarted_within(trial, MOST_S, times=1)
        is_back_within(trial, STEP_TIMEOUT_S + HUNG_S)


def is_back_within(trial: Trial, limit_s: float) -> None:
    """An environment was back in the place of the hung one, as the two themselves tell the time."""
    took = back_after_s(trial.folder / "fault")
    if trial.expect(took is not None, "no environment was made anew"):
        trial.figures["back_s"] = took
        trial.expect(took <= limit_s, f"an environment was back after {took} s, {limit_s} are allowed")


def announced(trial: Trial) -> str:
    """The word that has workers tell their process ids."""
    folder = trial.folder / "pids"
    return f"task.wrappers=[{{entry_point: 'tests.chaos.faulty:Announced', kwargs: {{folder: '{folder}'}}}}]"


def workers_of(trial: Trial, driver: Driver) -> list[psutil.Process]:
    """The living processes that hold environments, the driver itself left out."""
    pids = sorted(int(path.name) for path in (trial.folder / "pids").glob("*"))
    found = [psutil.Process(pid) for pid in pids if pid != driver.pid and psutil.pid_exists(pid)]
    found = [process for process in found if is_alive(process)]
    trial.expect(len(found) == 4, f"{len(found)} workers in place of 4")
    return found


def restarted_within(trial: Trial, limit_s: float, times: int) -> None:
    """The run's log tells of so many restarts, and none took longer."""
    logs = [path.read_text(errors="replace") for path in trial.folder.glob("runs/*/run.log")]
    took_s = [float(match[1]) for log in logs for match in RESTARTED.finditer(log)]
    if not trial.expect(len(took_s) == times, f"the run tells of {len(took_s)} restarts in place of {times}"):
        return
    trial.figures |= {"recovery_s": max(took_s), "restarts": times}
    trial.expect(max(took_s) <= limit_s, f"a restart took {max(took_s)} s, {limit_s} are allowed")


def _finished(trial: Trial, driver: Driver) -> bool:
    """The run ends as if nothing had been, with every checkpoint whole."""
    if not judge.ended_with(trial, driver, 0, ENDED_S):
        return False
    judge.said_no_traceback(trial, driver)
    judge.nothing_left(trial, driver)
    run = judge.the_run(trial.folder)
    if not trial.expect(run, "there is no run"):
        return False
    assert run is not None
    judge.checkpoints_are_whole(trial, run)
    judge.no_temporary_files(trial, run)
    saved = judge.newest_epoch(trial, run)
    trial.expect(saved == WORKERS.epochs, f"it ended with epoch {saved} of {WORKERS.epochs}")
    epochs = [line["epoch"] for line in judge.metrics(run) if "evaluation" not in line]
    return trial.expect(
        epochs == list(range(1, WORKERS.epochs + 1)), f"metrics.jsonl has the epochs {epochs}"
    )
