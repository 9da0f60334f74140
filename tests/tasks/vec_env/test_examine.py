"""An examination names the claim that does not hold, and knows which claims it had an occasion to judge."""

from typing import Any

import numpy as np
import pytest
import torch

from tasks.factory import WrapperRecipe
from tasks.vec_env.claims import Claim
from tasks.vec_env.examine import examine, examine_again
from tasks.vec_env.sync import SyncVecEnv
from tests.toy_envs import toy_factory


class Spoilt(SyncVecEnv):
    """Right, but for what `spoil` does to each step."""

    def __init__(self, spoil: Any, name: str = "Countdown", **kwargs: Any) -> None:
        super().__init__(toy_factory(name, **kwargs), 3, seed=0)
        self._spoil = spoil

    def step(self, actions):
        return self._spoil(*super().step(actions))


def without_autoreset(obs, reward, done, infos):
    return infos.get("final_observation", obs), reward, done, infos


@pytest.mark.parametrize(
    ("spoil", "claim"),
    [
        (lambda obs, *rest: (obs[:, :1], *rest), Claim.VALUES),
        (lambda obs, *rest: (obs * np.nan, *rest), Claim.VALUES),
        (lambda obs, *rest: (obs - 2000, *rest), Claim.BOUNDS),
        (lambda obs, *rest: (torch.as_tensor(obs), *rest), Claim.DEVICES),
        (lambda obs, reward, *rest: (obs, torch.as_tensor(reward), *rest), Claim.DEVICES),
        (without_autoreset, Claim.AUTORESET),
        (lambda *result: (*result[:3], {**result[3], "final_observation": result[0]}), Claim.FINAL),
        (lambda *result: (*result[:3], {**result[3], "time_outs": ~result[2]}), Claim.TIME_OUTS),
        (lambda *result: (*result[:3], {**result[3], "more": 1}), Claim.INFOS),
        (lambda *result: (*result[:3], [result[3]]), Claim.INFOS),
        (lambda *result: 1 / 0, Claim.RUNS),
    ],
)  # fmt: skip
def test_each_complaint_belongs_to_its_claim(spoil: Any, claim: Claim) -> None:
    found = examine(Spoilt(spoil, length=4), 20)
    assert {complaint.claim for complaint in found.complaints} == {claim}, found.complaints


def test_a_value_beside_its_bounds_is_told_once_and_does_not_end_the_play() -> None:
    found = examine(Spoilt(lambda obs, *rest: (obs - 2000, *rest)), 20)
    assert len(found.complaints) == 1 and found.is_whole


def test_only_what_was_met_is_seen() -> None:
    short, cut, long = (
        examine(SyncVecEnv(toy_factory("Dice", length=length, limit=limit), 2, seed=0), 9).seen
        for length, limit in ((3, None), (9, 3), (100, None))
    )
    assert Claim.TERMINATIONS in short and Claim.TIME_OUTS not in short
    assert Claim.TIME_OUTS in cut and Claim.TERMINATIONS not in cut
    assert not long & {Claim.TERMINATIONS, Claim.TIME_OUTS, Claim.FINAL, Claim.AUTORESET, Claim.INFOS}
    assert Claim.SEEDS not in examine(SyncVecEnv(toy_factory("Dice"), 1, seed=0), 9).seen, "of one row"


def test_a_lost_life_is_no_end_that_has_to_start_anew() -> None:
    lives = (WrapperRecipe("tests.toy_envs:OneLife", {"steps": 2}),)
    found = examine(SyncVecEnv(toy_factory("Countdown", lives, length=50), 2, seed=0), 12)
    assert found.complaints == []
    assert Claim.AUTORESET not in found.seen


def test_the_same_seed_gives_the_same_trace_and_lengths() -> None:
    one, again = (examine_again(SyncVecEnv(toy_factory("Dice"), 2, seed=0), 7, seed=3) for _ in range(2))
    assert one.trace.marks == again.trace.marks
    assert one.lengths == [3, 3, 3, 3], "two episodes in each of two rows"
