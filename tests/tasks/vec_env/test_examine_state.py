"""A pair that forgets something is found out, and an environment without one is not judged."""

from typing import Any

import gymnasium as gym
import pytest

from tasks.factory import EnvFactory
from tasks.vec_env.claims import Claim
from tasks.vec_env.examine import examine
from tasks.vec_env.sync import SyncVecEnv
from tests.restorable_envs import Drift


class Forgets(Drift):
    """Its state has one of two numbers."""

    def get_state(self) -> Any:
        return {"first": float(self.place[0])}

    def set_state(self, state: Any) -> None:
        self.place[0] = state["first"]


def _findings(entry_point: str) -> Any:
    spec = gym.envs.registration.EnvSpec("Tried-v0", entry_point=entry_point, max_episode_steps=20)
    with SyncVecEnv(EnvFactory("Tried", spec), 3, seed=0) as vec:
        return examine(vec, 50)


def test_a_pair_that_is_whole_holds() -> None:
    findings = _findings("tests.restorable_envs:Drift")
    assert findings.complaints == [] and findings.restores and Claim.STATE in findings.seen


def test_a_pair_that_forgets_something_is_found_out() -> None:
    (complaint,) = _findings(f"{__name__}:Forgets").complaints
    assert complaint.claim is Claim.STATE
    assert complaint.text == "from a state that was put back, obs of row 0 is another after 1 steps"


@pytest.mark.parametrize("entry_point", ["tests.restorable_envs:Forgetful", "tests.toy_envs:Countdown"])
def test_an_environment_without_the_pair_is_not_judged(entry_point: str) -> None:
    findings = _findings(entry_point)
    assert findings.complaints == [] and not findings.restores and Claim.STATE not in findings.seen
