"""Single environments stepped by hand give what `sync` gives, and tell where it would not."""

import numpy as np
import pytest

from tasks.conformance.alone import play_alone
from tasks.factory import WrapperRecipe
from tasks.vec_env.examine import examine_again
from tasks.vec_env.sync import SyncVecEnv
from tasks.vec_env.trace import difference
from tests.toy_envs import toy_factory

HALVES = (WrapperRecipe("tests.toy_envs:OneLife", {"steps": 2}),)


@pytest.mark.parametrize(
    ("name", "wrappers"),
    [
        ("Dice", ()),
        ("Countdown", HALVES),
        *((name, ()) for name in ("Telling", "Rich", "Asymmetric", "TwoRewards", "Masked", "OldGym")),
    ],
)
def test_every_row_of_sync_is_an_environment_alone(name, wrappers):
    factory = toy_factory(name, wrappers)
    found = examine_again(SyncVecEnv(factory, 3, seed=5), 12, seed=5).trace
    assert len(found.actions) == 12
    assert difference(play_alone(factory, 3, 5, found.actions), found) is None


def test_another_seed_or_return_is_told_with_row_and_step():
    factory = toy_factory("Dice")
    found = examine_again(SyncVecEnv(factory, 2, seed=5), 6, seed=5).trace
    other = play_alone(factory, 2, 6, found.actions)
    assert difference(other, found) == "obs of row 0 is another after 0 steps"
    expected = play_alone(factory, 2, 5, found.actions)
    expected.marks[3]["episode.return"][1] = hash(np.float64(7.0).tobytes())
    assert difference(expected, found) == "episode.return of row 1 is another after 3 steps"
