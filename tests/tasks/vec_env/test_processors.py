"""Workers share the processors out among themselves, and keep to their shares."""

import os
import sys

import pytest

from tasks.factory import EnvFactory
from tasks.lookup import find_spec
from tasks.vec_env.process_env import ProcessVecEnv
from tasks.vec_env.processors import share_of, usable

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not let a process choose")


def test_shares_are_as_large_as_they_can_be_and_disjoint() -> None:
    assert [share_of((0, 2, 4, 6, 8), worker, 2) for worker in range(2)] == [(0, 4, 8), (2, 6)]
    assert [share_of((5, 6), worker, 2) for worker in range(2)] == [(5,), (6,)]


def test_more_workers_than_processors_take_them_in_turn() -> None:
    assert [share_of((5, 6), worker, 5) for worker in range(5)] == [(5,), (6,), (5,), (6,), (5,)]


def test_a_system_that_does_not_say_sets_no_limit() -> None:
    assert share_of((), 1, 2) == ()


@linux_only
def test_two_workers_never_meet_on_a_processor_and_the_driver_is_free() -> None:
    before = usable()
    with ProcessVecEnv(EnvFactory("CartPole-v1", find_spec("CartPole-v1")), 4, 2, seed=0) as vec:
        shares = [os.sched_getaffinity(worker.pid) for worker in vec._workers]
        policies = {os.sched_getscheduler(worker.pid) for worker in vec._workers}
    assert shares == [set(share_of(before, worker, 2)) for worker in range(2)]
    assert usable() == before
    assert policies == {os.SCHED_BATCH}, "no worker takes the driver's processor when it is woken"
