"""A check finds what a vector environment does wrong beside `sync`, and says what it could not see."""

import os
import signal
import subprocess

import numpy as np
import pytest

from cfg.compose import compose
from cfg.errors import ConfigError
from cfg.flags import parse
from cfg.overrides import read
from tasks.conformance.report import check_task
from tasks.make import KINDS
from tasks.vec_env.claims import Claim
from tasks.vec_env.sync import SyncVecEnv

SHORT = ("num_envs=4", "max_frames=80")


@pytest.fixture
def process_is(monkeypatch):
    """Has `vec_env=process` be another class, made from a plan."""

    def put(kind):
        monkeypatch.setitem(KINDS, "process", kind)

    return put


class Sync(SyncVecEnv):
    """All right."""

    def __init__(self, plan):
        self.num_workers = plan.num_workers
        super().__init__(plan.factory, plan.num_envs, seed=plan.seed)


class SeedsByWorkers(Sync):
    """Four workers play another game than two."""

    def seed(self, seed):
        super().seed(seed + (getattr(self, "num_workers", 0) == 4))


class WithoutTimeOuts(Sync):
    """Forgets that a limit is no end."""

    def step(self, actions):
        obs, reward, done, infos = super().step(actions)
        return obs, reward, done, {**infos, "time_outs": np.zeros(self.num_envs, bool)}


class Leaking(Sync):
    """Leaves a process."""

    def __init__(self, plan):
        super().__init__(plan)
        started.append(subprocess.Popen(["sleep", "60"]).pid)


class ClosesOnce(Sync):
    """A second close fails."""

    def close(self):
        if self._is_closed:
            raise OSError("closed already")
        super().close()


class Unmakeable(Sync):
    """Is not there."""

    def __init__(self, plan):
        raise OSError("no robot")


started: list[int] = []


def test_a_right_environment_has_every_claim_but_masks_and_a_state(check):
    report = check("Dice", *SHORT, "env_kwargs.length=8", "vec_env=sync")
    (column,) = report.columns.values()
    assert (column.complaints, column.unseen, column.idle) == ({}, {}, {Claim.MASKS, Claim.STATE})
    assert column.steps_per_s > 0
    assert report.summary()["exit_code"] == 0


def test_an_environment_that_fails_while_it_is_timed_has_its_table(check, monkeypatch):
    monkeypatch.setattr("tasks.conformance.trial.TIMED_S", 5.0)
    report = check("tests.odd_envs:WearsOut", *SHORT, "vec_env=sync")
    (column,) = report.columns.values()
    (said,) = column.complaints[Claim.RUNS]
    assert (
        said.startswith("while it was timed: tests.odd_envs:WearsOut, row 0, step ")
        and "the battery is empty" in said
    )
    assert column.steps_per_s is None and report.summary()["exit_code"] == 4


def test_masks_are_judged_where_there_are_some(check):
    (column,) = check("Masked", *SHORT, "env_kwargs.length=8", "vec_env=sync").columns.values()
    assert (column.complaints, column.idle) == ({}, {Claim.STATE})
    assert Claim.MASKS not in column.unseen


def test_what_was_not_met_is_not_called_right(check):
    """Countdown always starts and moves alike, and 20 steps of four rows end no episode of 1000."""
    report = check("Countdown", *SHORT, "env_kwargs.length=1000", "vec_env=sync")
    (column,) = report.columns.values()
    assert column.unseen == {
        Claim.TERMINATIONS: "no episode ended by itself in 20 steps at random: max_frames=N plays longer",
        Claim.SEEDS: "episodes start alike whatever the seed, or num_envs is 1",
    }
    assert report.summary()["exit_code"] == 0, "nothing is broken"


def test_episodes_of_one_step_leave_no_room_for_a_limit(check):
    (column,) = check("Dice", *SHORT, "env_kwargs.length=1", "vec_env=sync").columns.values()
    assert column.unseen.keys() == {Claim.TIME_OUTS}


def test_workers_that_change_the_game_are_found(check, process_is):
    process_is(SeedsByWorkers)
    (column,) = check("Dice", *SHORT, "env_kwargs.length=8", "vec_env=process").columns.values()
    assert column.complaints == {
        Claim.SAME_ROWS: ["obs of row 0 is another after 0 steps (max_episode_steps=4, 4 workers)"]
    }


def test_a_limit_that_is_not_told_from_an_end_is_found(check, process_is):
    process_is(WithoutTimeOuts)
    report = check("Dice", *SHORT, "env_kwargs.length=8", "vec_env=process")
    (column,) = report.columns.values()
    assert column.complaints.keys() == {Claim.TIME_OUTS, Claim.SAME_ROWS}
    assert column.complaints[Claim.TIME_OUTS] == [
        "episodes that a time limit cuts off are not told as time-outs (max_episode_steps=4, 1 workers)"
    ]
    assert report.summary()["exit_code"] == 4


def test_a_process_that_outlives_its_close_is_found(check, process_is, monkeypatch):
    monkeypatch.setattr("tasks.conformance.trial.PATIENCE_S", 0.1)
    process_is(Leaking)
    (column,) = check("Dice", *SHORT, "env_kwargs.length=1", "vec_env=process").columns.values()
    number = started[0]
    assert column.complaints == {Claim.CLOSE: [f"process {number} (sleep 60) is still there after close()"]}
    for each in started:
        os.kill(each, signal.SIGKILL)
        os.waitpid(each, 0)


def test_a_second_close_that_fails_is_found(check, process_is):
    process_is(ClosesOnce)
    (column,) = check("Dice", *SHORT, "env_kwargs.length=8", "vec_env=process").columns.values()
    assert column.complaints == {Claim.CLOSE: ["the second close() failed: OSError: closed already"]}


def test_one_that_cannot_be_made_is_a_fault_that_hides_the_rest(check, process_is):
    process_is(Unmakeable)
    (column,) = check("Dice", *SHORT, "vec_env=process").columns.values()
    assert column.complaints == {Claim.RUNS: ["it cannot be made: OSError: no robot"]}
    assert set(column.unseen.values()) == {"a fault came first"}


def test_a_number_of_workers_that_does_not_fit_is_refused(check):
    with pytest.raises(ConfigError, match="num_workers=7 does not fit num_envs=6 -- use 1 to 6 workers"):
        check("Dice", "num_workers=7", "vec_env=process")


def test_what_fails_when_it_is_stepped_by_hand_is_a_fault_not_a_traceback():
    words = ("task=CartPole", "task.env=null", "task.entry_point=tests.odd_envs:FourBelowALimit")
    request = parse(["--check", *words, "vec_env=sync", *SHORT])
    report = check_task(compose(request), read(request.overrides).explicit, lambda kind: None)
    (fault,) = report.columns["sync"].complaints[Claim.SAME_ROWS]
    assert "stepped by hand: ValueError: not enough values to unpack" in fault
