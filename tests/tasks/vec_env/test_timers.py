"""Timers are as late as was said, of children too; those of environments are exact in a Ray's worker."""

import pickle
import subprocess
import sys

import pytest

from tasks.vec_env.ray_worker import RowsActor
from tasks.vec_env.timers import EXACT_S, lazy_timers, timer_slack
from tests.toy_envs import toy_factory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets timers be late")

CHILD = "from tasks.vec_env.timers import timer_slack; print(timer_slack())"


def test_what_starts_among_lazy_timers_has_them_and_this_thread_has_its_own_again() -> None:
    before = timer_slack()
    with lazy_timers(0.03):
        child = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
        assert timer_slack() == 0.03
    assert float(child.stdout) == 0.03
    assert timer_slack() == before > 0


def test_a_rays_worker_whose_timers_are_lazy_has_environments_with_exact_ones() -> None:
    with lazy_timers(0.2):
        actor = RowsActor()
        actor.make(pickle.dumps(toy_factory("Telling")), range(1), 0, "train")
        assert timer_slack() == EXACT_S
        actor.leave()
