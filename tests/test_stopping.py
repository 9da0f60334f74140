"""Real signals to real runs: wherever a run stands, what it leaves and how it ends (docs/stopping.md)."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.source_tree import ROOT

SMALL = (
    "num_envs=2",
    "device=cpu",
    "eval_every=0",
    "train.params.config.horizon_length=16",
    "train.params.config.mini_epochs=1",
    "train.params.config.minibatch_size=32",
)
SLEEPY = ("task=Gym", "task.env=null", "task.entry_point=sleepy_env:Sleepy", *SMALL)
HOUR_S = 3600
UPDATES_FOR_HOURS = """
from pathlib import Path
from rl_games.common.algo_observer import AlgoObserver

class Marks(AlgoObserver):
    def after_steps(self):
        Path("learning").touch()
"""
SAVES_FOR_HOURS = """
import os, time
from pathlib import Path
import algos.signals

algos.signals.EXIT_S = 1.0

flush = os.fsync

def fsync(descriptor):
    if "/nn/" not in os.readlink(f"/proc/self/fd/{descriptor}"):
        return flush(descriptor)
    Path("saving").touch()
    time.sleep(3600)

os.fsync = fsync
"""


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "tests" / "sleepy_env.py", tmp_path)


Process = subprocess.Popen[str]


@pytest.fixture
def started() -> Iterator[list[Process]]:
    """Processes that are ended with the test, should it fail."""
    processes: list[Process] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def start(started: list[Process], *words: str, **more: object) -> Process:
    """`train.py`, and nothing of a shell's: it has the signals that a terminal would give it."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **more,
    )
    started.append(process)
    return process


def wait_for(pattern: str, process: Process) -> None:
    deadline = time.monotonic() + 60
    while not list(Path().glob(pattern)):
        assert time.monotonic() < deadline, f"no {pattern} after a minute"
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def stop(process: Process, number: signal.Signals, within_s: float = 10.0) -> str:
    """Send a signal and wait; gives what was written to stdout. Nothing may be on stderr."""
    began = time.monotonic()
    os.kill(process.pid, number)
    output, errors = process.communicate(timeout=within_s)
    assert (process.returncode, errors) == (128 + number, ""), output
    assert time.monotonic() - began < within_s
    return output


def the_run() -> Path:
    (path,) = Path("runs").iterdir()
    return path


def saved(run: Path) -> dict:
    return torch.load(run / "nn" / "last.pth", weights_only=True)


def resumed(run: Path, *words: str) -> dict:
    """The summary of a run gone on with in this process."""
    from train import run as run_train

    return run_train(f"resume={run}", *words)


def test_a_long_rollout_is_left_and_what_is_saved_is_the_end_of_the_epoch_before(started):
    # An epoch of 16 steps, long enough that the next might be left, and in that one a step of an hour.
    slow = (f"+env_kwargs.step_s={HOUR_S}", "+env_kwargs.after=24", "+env_kwargs.nap_s=0.04")
    process = start(started, *SLEEPY, *slow, "max_iterations=100")
    wait_for("stepping_*", process)
    stop(process, signal.SIGTERM)
    run = the_run()
    summary = json.loads((run / "summary.json").read_text())
    state = saved(run)
    assert (summary["status"], summary["epochs"], summary["frames"]) == ("interrupted", 1, 32)
    assert (state["epoch"], state["frame"]) == (1, 32)


def _heed_ctrl_c() -> None:
    """What is started in the background of a script ignores it, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_before_and_after_main_ctrl_c_shows_no_traceback():
    program = "import atexit, signal; atexit.register(lambda: print(signal.getsignal(signal.SIGINT)))"
    as_command = f"{program}\nimport runpy\nrunpy.run_path('{ROOT}/train.py', run_name='__main__')"
    command = [sys.executable, "-c", as_command, "--list"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=_heed_ctrl_c)
    assert said.returncode == 0 and said.stdout.splitlines()[-1] == str(signal.SIG_DFL)


@pytest.mark.long
def test_a_long_update_is_left_and_the_weights_are_those_before_it(started):
    Path("slow_updates.py").write_text(UPDATES_FOR_HOURS)
    slow = ("observers=[slow_updates:Marks]", "train.params.config.mini_epochs=1000000")
    process = start(started, *SLEEPY, *slow, "max_iterations=100")
    wait_for("learning", process)
    stop(process, signal.SIGINT)
    run = the_run()
    state = saved(run)
    assert (state["epoch"], state["frame"]) == (0, 0)
    assert not state["optimizer"]["state"], "the optimiser has made a step"
    summary = resumed(run, "train.params.config.mini_epochs=1", "observers=[]", "max_iterations=1")
    assert (summary["status"], summary["epochs"], summary["frames"]) == ("budget", 1, 32)


def test_sac_left_within_a_round_keeps_its_weights_and_its_replay(started):
    # An hour's step in the first epoch, before anything was saved.
    small = [word for word in SLEEPY if "config" not in word]
    slow = (f"+env_kwargs.step_s={HOUR_S}", "+env_kwargs.after=30", "+env_kwargs.is_continuous=True")
    process = start(started, *small, "train=SAC", *slow, "train.params.config.num_warmup_frames=8")
    wait_for("stepping_*", process)
    stop(process, signal.SIGTERM)
    state = saved(the_run())
    assert state["frame"] > 30
    again = resumed(the_run(), "env_kwargs.step_s=0.0", "max_iterations=1")
    assert (again["status"], again["epochs"]) == ("budget", 1)


@pytest.mark.long
def test_a_long_evaluation_is_left_and_made_up_for_by_a_resume(started):
    slow = (f"+env_kwargs.step_s={HOUR_S}", "+env_kwargs.slow=[4]")
    process = start(started, *SLEEPY, *slow, "eval_every=2", "episodes=1", "max_iterations=100")
    wait_for("stepping_4", process)
    stop(process, signal.SIGHUP)
    run = the_run()
    assert (saved(run)["epoch"], (run / "nn" / "Gym.pth").exists()) == (2, False)
    summary = resumed(run, "env_kwargs.step_s=0", "max_iterations=3")
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines if "evaluation" in line] == [2, 3]
    assert summary["best_eval"] is not None


def test_a_save_that_is_stuck_ends_with_the_old_file_whole(started):
    process = start(started, *SLEEPY, "max_iterations=2")
    assert process.wait(60) == 0
    run = the_run()
    before = (run / "nn" / "last.pth").read_bytes()
    Path("stuck.py").write_text(SAVES_FOR_HOURS)
    process = start(started, "--resume", str(run), "imports=[stuck]", "max_iterations=4")
    wait_for("saving", process)
    os.kill(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 143
    assert errors == "error: it was told to stop and did not -- the newest checkpoint is whole\n"
    assert (run / "nn" / "last.pth").read_bytes() == before


def test_a_second_sigint_ends_a_run_at_once(started):
    process = start(started, *SLEEPY, f"+env_kwargs.step_s={HOUR_S}", "+env_kwargs.after=40")
    wait_for("stepping_*", process)
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.5)
    began = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (130, "")
    assert time.monotonic() - began < 2.5


@pytest.mark.long
def test_sigusr1_saves_and_the_run_goes_on(started):
    process = start(started, *SLEEPY, "+env_kwargs.step_s=0.001", "train.params.config.save_frequency=0")
    wait_for("stepping_*", process)
    time.sleep(1)
    os.kill(process.pid, signal.SIGUSR1)
    wait_for("runs/*/nn/last.pth", process)
    epoch = saved(the_run())["epoch"]
    time.sleep(0.5)
    stop(process, signal.SIGTERM)
    assert saved(the_run())["epoch"] > epoch > 0


@pytest.mark.parametrize("moment", ["imports", "environments"])
def test_a_run_that_is_stopped_while_it_starts_leaves_nothing(moment, started):
    # The first copy is looked at, the second is of the run, whose directory is there by then.
    process = start(started, *SLEEPY, "+env_kwargs.make_s=2")
    if moment == "imports":
        time.sleep(0.7)
    else:
        wait_for("made_2", process)
        assert the_run().is_dir()
    stop(process, signal.SIGINT, within_s=5)
    assert not Path("runs").exists() or not list(Path("runs").iterdir())


def test_an_import_under_way_comes_to_its_end_first(started):
    # An exception in the middle of torch's own aborts the process.
    Path("slow_import.py").write_text(
        "import time\nfrom pathlib import Path\nPath('begun').touch()\ntime.sleep(1)\nPath('ended').touch()\n"
    )
    process = start(started, *SLEEPY, "imports=[slow_import]")
    wait_for("begun", process)
    stop(process, signal.SIGTERM, within_s=5)
    assert Path("ended").exists() and not list(Path("runs").glob("*"))


def test_a_closed_pipe_does_not_end_a_run(started):
    process = start(started, *SLEEPY, "+env_kwargs.step_s=0.001", "max_iterations=20", "eval_every=1")
    assert process.stdout is not None and process.stdout.readline().startswith("training Gym")
    process.stdout.close()
    assert process.stderr is not None and process.stderr.read() == ""
    assert process.wait(60) == 0
    assert saved(the_run())["epoch"] == 20


@pytest.mark.long
def test_a_signal_to_all_of_a_jobs_processes_saves_as_well(started):
    slow = (f"+env_kwargs.step_s={HOUR_S}", "+env_kwargs.after=24", "vec_env=process", "num_workers=2")
    process = start(started, *SLEEPY, *slow, "max_iterations=100")
    wait_for("stepping_*", process)
    os.killpg(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (143, "")
    assert (the_run() / "nn" / "last.pth").is_file()


@pytest.mark.long
def test_an_evaluation_ends_without_a_word(started):
    words = ("--eval", "policy=random", "task=Gym", "task.env=null", "task.entry_point=sleepy_env:Sleepy")
    process = start(started, *words, f"+env_kwargs.step_s={HOUR_S}", "episodes=2")
    wait_for("stepping_*", process)
    stop(process, signal.SIGTERM, within_s=5)


@pytest.mark.ray
def test_with_ray_the_exit_code_is_ours_and_the_run_is_saved(started):
    slow = (f"+env_kwargs.step_s={HOUR_S}", "+env_kwargs.after=24", "vec_env=ray", "num_workers=1")
    process = start(started, *SLEEPY, *slow)
    wait_for("stepping_*", process)
    stop(process, signal.SIGTERM)
    assert saved(the_run())["epoch"] == 0


def children_of(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.long
def test_workers_in_a_long_step_end_with_a_driver_that_is_killed(started):
    slow = (f"+env_kwargs.step_s={HOUR_S}", "+env_kwargs.after=20", "vec_env=process", "num_workers=2")
    process = start(started, *SLEEPY, *slow)
    wait_for("stepping_*", process)
    workers = children_of(process.pid)
    assert len(workers) == 2
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "a worker goes on"
        time.sleep(0.05)
