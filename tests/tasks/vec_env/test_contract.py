"""`check_vec_env` says in plain words what a vector environment does wrong, and nothing about a right one."""

from typing import Any

import numpy as np
import pytest

from tasks.vec_env.contract import check_vec_env
from tasks.vec_env.sync import SyncVecEnv
from tests.odd_envs import odd_factory
from tests.toy_envs import toy_factory

RIGHT = [
    "Countdown", "Dice", "ReusedBuffer", "Telling", "Rich", "Asymmetric", "CentralValue", "TwoRewards",
    "Masked", "InfoMasked", "Actor", "OldGym",
]  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_environment_has_nothing_said_against_it(name: str) -> None:
    assert check_vec_env(SyncVecEnv(toy_factory(name), 3, seed=0), num_steps=20) == []


class Spoilt(SyncVecEnv):
    """A right vector environment with one thing spoilt afterwards."""

    def __init__(
        self, spoil: Any = None, info: dict[str, Any] | None = None, name: str = "Countdown"
    ) -> None:
        super().__init__(toy_factory(name), 2, seed=0)
        self._spoil = spoil
        self._env_info |= info or {}

    def step(self, actions):
        result = super().step(actions)
        return self._spoil(*result) if self._spoil else result


def without_autoreset(obs, reward, done, infos):
    return infos.get("final_observation", obs), reward, done, infos


def forget(key):
    def spoil(obs, reward, done, infos):
        return obs, reward, done, {name: value for name, value in infos.items() if name != key}

    return spoil


def put(**more):
    def spoil(obs, reward, done, infos):
        return obs, reward, done, {**infos, **more}

    return spoil


def late_statistics(obs, reward, done, infos):
    if "episode" in infos:
        infos["episode"] = {**infos["episode"], "length": infos["episode"]["length"] + 1}
    return obs, reward, done, infos


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda obs, reward, done, infos: (obs, reward, done), "does not return four values"),
        (lambda obs, *rest: (obs[:, :1], *rest), "step(): obs is float32 (2, 1), not float32 (2, 2)"),
        (lambda obs, *rest: (obs.astype(np.float64), *rest), "obs is float64 (2, 2), not float32"),
        (lambda obs, *rest: (obs * np.nan, *rest), "step(): obs is not finite"),
        (lambda obs, *rest: (obs - 2000, *rest), "leaves the bounds of its space, with -1999.0 in row 0"),
        (lambda obs, reward, *rest: (obs, reward[:, None], *rest), "a reward that is float32 (2, 1)"),
        (lambda obs, reward, *rest: (obs, reward.tolist(), *rest), "a reward that is list"),
        (lambda obs, reward, *rest: (obs, reward / 0, *rest), "a reward that is not finite in row 0"),
        (lambda obs, reward, done, infos: (obs, reward, done + 0, infos), "a done that is int64 (2,)"),
        (lambda obs, reward, done, infos: (obs, reward, done, [infos]), "infos that are list"),
        (forget("time_outs"), 'infos["time_outs"] is NoneType'),
        (put(time_outs=np.ones(2, bool)), 'infos["time_outs"] is true in a row that is not done'),
        (put(time_outs=[False, False]), 'infos["time_outs"] is list'),
        (put(extra=1), "infos that the contract does not know: extra"),
        (forget("final_observation"), 'infos["final_observation"] is missing on a step with a done'),
        (put(final_observation=np.zeros((2, 2), np.float32)), "there on a step without a done"),
        (late_statistics, "row 0 tells of an episode of 4 steps where 3 were taken"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_spoilt_step_is_told_in_plain_words(spoil: Any, line: str) -> None:
    complaints = check_vec_env(Spoilt(spoil), num_steps=8)
    assert any(line in complaint for complaint in complaints), complaints


@pytest.mark.parametrize(
    ("info", "line"),
    [
        ({"autoreset_mode": "next_step"}, 'autoreset_mode is "next_step", not "same_step"'),
        ({"observation_space": None}, "observation_space is None: neither a Box nor a Dict of Box"),
        ({"action_space": None}, "action_space is None: no Discrete"),
    ],
)
def test_a_wrong_description_is_told(info: dict[str, Any], line: str) -> None:
    assert any(line in complaint for complaint in check_vec_env(Spoilt(info=info)))


class Overwriting(SyncVecEnv):
    """Writes every observation into the same array."""

    def reset(self):
        self.buffer = super().reset()
        return self.buffer

    def step(self, actions):
        obs, *rest = super().step(actions)
        self.buffer[:] = obs
        return (self.buffer, *rest)


class Unseeded(SyncVecEnv):
    """Pays no attention to its seed."""

    def seed(self, seed):
        pass


class OneReward(SyncVecEnv):
    """Gives the same array of rewards in every step."""

    def step(self, actions):
        obs, reward, done, infos = super().step(actions)
        self.rewards = getattr(self, "rewards", reward)
        self.rewards[:] = reward
        return obs, self.rewards, done, infos


class OneStream(SyncVecEnv):
    """Gives every row the stream of the first."""

    def reset(self):
        obs = super().reset()
        return np.repeat(obs[:1], len(obs), axis=0)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (Overwriting, "step() writes into the observation it returned before"),
        (OneReward, "step() writes into the rewards that were returned before"),
        (Unseeded, "the same seed starts other episodes"),
        (OneStream, "every row starts alike: the rows share one seed"),
    ],
)
def test_habits_that_a_single_step_does_not_show_are_told(kind: Any, line: str) -> None:
    complaints = check_vec_env(kind(toy_factory("Dice"), 2, seed=0), num_steps=4)
    assert [complaint for complaint in complaints if line in complaint], complaints


def test_a_fault_of_the_environment_is_one_of_the_complaints() -> None:
    complaints = check_vec_env(SyncVecEnv(toy_factory("Wrong", fault="raise"), 2, seed=0))
    assert len(complaints) == 1
    assert complaints[0].startswith("Wrong, row 0, step 2: step failed: ZeroDivisionError")


def test_an_environment_that_calls_exit_is_a_fault_like_any_other() -> None:
    complaints = check_vec_env(SyncVecEnv(toy_factory("Wrong", fault="sys_exit"), 2, seed=0))
    assert len(complaints) == 1
    assert complaints[0].startswith("Wrong, row 0, step 2: step failed: SystemExit")


def test_masks_that_allow_nothing_are_told() -> None:
    class Stuck(SyncVecEnv):
        def get_action_masks(self):
            return np.zeros((2, 3), bool)

    complaints = check_vec_env(Stuck(toy_factory("Masked"), 2, seed=0), num_steps=2)
    assert complaints == ["get_action_masks() allows nothing in row 0"]


def test_masks_that_are_written_into_are_told() -> None:
    class OneMask(SyncVecEnv):
        def get_action_masks(self):
            self.told = getattr(self, "told", super().get_action_masks().copy())
            return self.told

        def step(self, actions):
            result = super().step(actions)
            self.told[:] = super().get_action_masks()
            return result

    complaints = check_vec_env(OneMask(toy_factory("Masked"), 2, seed=0), num_steps=4)
    assert complaints == ["step() writes into the masks that were returned before"]


def test_an_environment_whose_mask_allows_nothing_is_told() -> None:
    complaints = check_vec_env(SyncVecEnv(odd_factory("NothingAllowed"), 2, seed=0))
    assert complaints[0].startswith("NothingAllowed, row 0, step 2: the action mask allows nothing -- mend")
