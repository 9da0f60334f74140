"""Trials with Ray itself: who shows no token is refused, and a node that is lost costs no run."""

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos import judge, watch
from tests.chaos.processes import ROOT, Driver, start
from tests.chaos.trial import Trial
from tests.chaos.workers import ENDED_S, STARTED_S, announced, restarted_within
from tests.chaos.worlds import WORKERS

CASES = 5
NODE_LOST_S = 60.0
"""How long a lost node's rows may take to be back: Ray takes its time to be sure."""
CLIENT = "import ray; ray.init(address={address!r}, logging_level=50); print('nodes', len(ray.nodes()))"
CLIENT_S = 60.0
NO_TOKEN = {"HOME": "/nonexistent", "RAY_AUTH_TOKEN_PATH": "", "RAY_AUTH_TOKEN": ""}
STRANGERS = (
    {**NO_TOKEN, "RAY_AUTH_MODE": "disabled"},
    NO_TOKEN,
    {**NO_TOKEN, "RAY_AUTH_TOKEN": secrets.token_hex(32)},
)
"""Without any authentication, without a token, with a wrong one."""


def ask_without_token(trial: Trial) -> None:
    """Clients without a token, or with a wrong one, at the Ray of a run that goes on undisturbed."""
    driver = start(trial.folder, WORKERS.command("vec_env=ray", "max_iterations=1000000"), warm=False)
    driver.wait_until(lambda: watch.epoch(trial.folder) >= 1, STARTED_S)
    driver.look()
    address = gcs_address(driver)
    if not trial.expect(address, "the run has no Ray"):
        return
    admitted = client(trial, address, {})
    if not trial.expect("nodes" in admitted, "not even a client with the token gets in"):
        return
    for number in range(CASES):
        is_refused(trial, number, client(trial, address, STRANGERS[number % len(STRANGERS)]))
    before = watch.epoch(trial.folder)
    trial.expect(
        driver.wait_until(lambda: watch.epoch(trial.folder) > before, STARTED_S),
        f"the run stopped going on: {driver.errors[-200:]}",
    )
    driver.signal(signal.SIGTERM)
    judge.ended_with(trial, driver, 143, 15.0)


def is_refused(trial: Trial, number: int, said: str) -> None:
    """A client that said this was not let in."""
    trial.expect("nodes" not in said, f"client {number} got in: {said}")


def client(trial: Trial, address: str, environment: dict[str, str]) -> str:
    """What a process prints that tries to join; one that is let in prints how many nodes there are."""
    full = {**os.environ, "RAY_AUTH_MODE": "token", **environment}
    command = [sys.executable, "-c", CLIENT.format(address=address)]
    try:
        done = subprocess.run(
            command, cwd=trial.folder, env=full, capture_output=True, text=True, timeout=CLIENT_S
        )
    except subprocess.TimeoutExpired as waited:  # Ray tries again for a minute
        return (waited.stdout or b"").decode()
    return done.stdout


def gcs_address(driver: Driver) -> str:
    """Where the Ray of a run listens, read from its processes' own words; "" where there is none."""
    commands = [" ".join(process.cmdline()) for process in driver.left()]
    found = [match[1] for text in commands if (match := re.search(r"--gcs-address=(\S+)", text))]
    return found[0] if found else ""


def lose_a_node(trial: Trial) -> None:
    """The second of two nodes goes away, with half of the workers."""
    with cluster() as (process, address, token):
        words = ("vec_env=ray", f"ray.address={address}", "ray.placement=spread", "num_workers=2")
        driver = start(
            trial.folder, [*WORKERS.command(*words), announced(trial)], warm=False, RAY_AUTH_TOKEN=token
        )
        epoch = trial.chance.randrange(1, WORKERS.epochs - 1)
        driver.wait_until(lambda: watch.epoch(trial.folder) >= epoch, STARTED_S)
        trial.figures["epoch"] = watch.epoch(trial.folder)
        process.stdin.write("lose\n")
        process.stdin.flush()
        process.stdout.readline()
        if not judge.ended_with(trial, driver, 0, ENDED_S):
            return
        judge.said_no_traceback(trial, driver)
        restarted_within(trial, NODE_LOST_S, times=1)
        run = judge.the_run(trial.folder)
        if trial.expect(run, "there is no run"):
            judge.checkpoints_are_whole(trial, run)
            trial.expect(judge.newest_epoch(trial, run) == WORKERS.epochs, "it did not come to its end")


@contextmanager
def cluster() -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Two nodes on this machine behind a token: the process that runs them, their address, the token."""
    token = secrets.token_hex(32)
    with tempfile.TemporaryDirectory(prefix="rc-", ignore_cleanup_errors=True) as folder:
        environment = {
            **os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token, "RAY_USAGE_STATS_ENABLED": "0",
            "TMPDIR": folder,
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.ray_cluster"], cwd=ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        try:
            yield process, process.stdout.readline().strip(), token
        finally:
            process.stdin.close()
            process.wait(timeout=60)
