"""Rows that share no memory with their driver give what rows in its process give; faults are answers."""

import numpy as np

from cfg.errors import EnvFault
from tasks.vec_env.remote_rows import answer
from tasks.vec_env.rows import Rows
from tests.odd_envs import odd_factory
from tests.toy_envs import toy_factory


def rows_of(name: str, **kwargs: object) -> Rows:
    return Rows(toy_factory(name, **kwargs), range(2, 4), 0, "train")


def test_a_transition_comes_back_whole() -> None:
    rows, twin = rows_of("Telling"), rows_of("Telling")
    actions = np.zeros(2, np.int64)
    assert np.array_equal(answer(rows, "reset", ()).obs, twin.reset().obs)
    for _ in range(4):
        got, expected = answer(rows, "step", (actions,)), twin.step(actions)
        assert np.array_equal(got.obs, expected.obs)
        assert got.infos().keys() == expected.infos().keys()


def test_environments_may_write_into_their_actions() -> None:
    rows = Rows(odd_factory("Scribbler"), range(2), 0, "train")
    actions = np.ones((2, 1), np.float32)
    actions.setflags(write=False)
    answer(rows, "reset", ())
    assert answer(rows, "step", (actions,)).reward.tolist() == [2.0, 2.0]


def test_a_fault_is_an_answer() -> None:
    rows = rows_of("Wrong", fault="raise")
    answer(rows, "reset", ())
    answer(rows, "step", (np.zeros(2, np.int64),))
    fault = answer(rows, "step", (np.zeros(2, np.int64),))
    assert isinstance(fault, EnvFault)
    assert str(fault).startswith("Wrong, row 2, step 2: step failed: ZeroDivisionError: the robot fell off")
