"""A vector environment registered with rl_games, behind our contract: what it lacks is made up for."""

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces
from rl_games.common import env_configurations, vecenv
from rl_games.common.ivecenv import IVecEnv

from cfg.errors import ConfigError, EnvFault
from tasks import make_vec_env
from tasks.registered import RegisteredEnv
from tasks.vec_env.contract import check_vec_env
from tasks.vec_env.hosted import NO_SEED_NOTE, HostedVecEnv

BOX = spaces.Box(-100.0, 100.0, (1,), np.float64)


class Counters(IVecEnv):
    """Row i counts to i + 2 and starts anew; odd rows are cut off by a time limit. Reward is the count."""

    def __init__(self, num_actors: int, **kwargs: Any) -> None:
        self.limits = np.arange(num_actors) + 2
        self.offset = kwargs.get("seed", 0) % 5
        self.told: list[Any] = []

    def get_env_info(self):
        return {"observation_space": BOX, "action_space": spaces.Discrete(2)}

    def seed(self, seed):
        self.offset = seed % 5

    def reset(self):
        self.counts = np.zeros(len(self.limits))
        return self.observe()

    def step(self, actions):
        self.told.append(actions)
        self.counts += 1
        reward, done = self.counts.copy(), self.counts >= self.limits
        self.counts[done] = 0
        return self.observe(), reward, done, self.infos(done)

    def infos(self, done):
        return {"time_outs": done & (self.limits % 2 == 1), "speed": 7.0}

    def observe(self):
        return (self.counts + self.offset + 0.1 * np.arange(len(self.limits)))[:, None]


class ListOfInfos(Counters):
    """Tells of each row in a dict of its own, as rl_games' RayVecEnv does."""

    def infos(self, done):
        return [{"TimeLimit.truncated": bool(end and limit % 2)} for end, limit in zip(done, self.limits)]  # noqa: B905


class Tensors(Counters):
    """Speaks tensors."""

    def observe(self):
        return torch.from_numpy(super().observe())

    def step(self, actions):
        obs, reward, done, infos = super().step(actions)
        return obs, torch.from_numpy(reward), torch.from_numpy(done), infos


class WrappedDict(Tensors):
    """Speaks of tensors in a Dict, wrapped as rl_games' vector environments may."""

    def get_env_info(self):
        return {**super().get_env_info(), "observation_space": spaces.Dict({"count": BOX})}

    def observe(self):
        return {"obs": {"count": super().observe()}}


class NoSeed(Counters):
    """Takes no seed."""

    def __init__(self, num_actors: int) -> None:
        super().__init__(num_actors)


class TwoAgents(Counters):
    """Has more than one agent a row."""

    def get_env_info(self):
        return {**super().get_env_info(), "agents": 2}


class ThreeValues(Counters):
    """Forgets the infos."""

    def step(self, actions):
        return super().step(actions)[:3]


class InPlace(Counters):
    """Writes rewards and masks into the same arrays in every step, as IsaacGymEnvs' tasks do."""

    def __init__(self, num_actors: int, **kwargs: Any) -> None:
        super().__init__(num_actors, **kwargs)
        self.reward, self.masks = np.zeros(num_actors, np.float32), np.ones((num_actors, 2), bool)

    def get_action_masks(self):
        return self.masks

    def step(self, actions):
        obs, reward, done, infos = super().step(actions)
        self.reward[:], self.masks[:, 0] = reward, self.counts % 2 == 0
        return obs, self.reward, done, infos


class NarrowMasks(InPlace):
    """Says nothing of its last choice."""

    def get_action_masks(self):
        return self.masks[:, :1]


@pytest.fixture
def hosted(monkeypatch: pytest.MonkeyPatch):
    """Makes a hosted vector environment of a class."""
    monkeypatch.setitem(sys.modules, "a_module", ModuleType("a_module"))

    def make(kind: type[Counters], num_envs: int = 2, seed: int = 0) -> HostedVecEnv:
        vecenv.register("COUNTERS", lambda name, num_actors, **kwargs: kind(num_actors, **kwargs))
        env_configurations.register("counters", {"vecenv_type": "COUNTERS"})
        return HostedVecEnv(RegisteredEnv("counters", ("a_module",)), num_envs, seed=seed, kwargs={})

    return make


@pytest.mark.parametrize("kind", [Counters, ListOfInfos, Tensors])
def test_it_keeps_the_contract(hosted, kind):
    assert check_vec_env(hosted(kind, num_envs=4)) == []


@pytest.mark.parametrize("kind", [Counters, ListOfInfos, Tensors])
def test_ends_time_outs_and_episodes_are_those_of_the_environment(hosted, kind):
    vec = hosted(kind)
    assert vec.reset().dtype == np.float32
    zeros = np.zeros(2, np.int64)
    assert "episode" not in vec.step(zeros)[3]
    _, reward, done, infos = vec.step(zeros)  # row 0 counted to 2
    assert (reward.tolist(), done.tolist(), infos["time_outs"].tolist()) == (
        [2, 2],
        [True, False],
        [False] * 2,
    )
    assert {key: value.tolist()[0] for key, value in infos["episode"].items() if key != "success"} == {
        "row": 0,
        "return": 1.0 + 2.0,
        "length": 2,
    }
    _, _, done, infos = vec.step(zeros)  # row 1 counted to 3 and was cut off
    assert (done.tolist(), infos["time_outs"].tolist()) == ([False, True], [False, True])
    assert infos["episode"]["return"].tolist() == [1.0 + 2.0 + 3.0]


def test_rewards_and_masks_stay_what_they_were_where_the_module_writes_into_them(hosted):
    vec, zeros = hosted(InPlace, num_envs=4), np.zeros(4, np.int64)
    vec.reset()
    first, masks = vec.step(zeros)[1], vec.get_action_masks()
    vec.step(zeros)
    assert first.tolist() == [1.0] * 4, "not the second step's 2"
    assert masks[:, 0].tolist() == [False] * 4


def test_masks_of_another_width_are_told(hosted):
    vec = hosted(NarrowMasks)
    vec.reset()
    with pytest.raises(
        EnvFault, match=r"counters: .* bool \(2, 1\), not a bool array of shape \(2, 2\) -- mend"
    ):
        vec.get_action_masks()


def test_the_observation_before_the_end_stands_in_for_the_lost_one(hosted):
    vec = hosted(Counters)
    vec.reset()
    before = vec.step(np.zeros(2, np.int64))[0]
    obs, _, _, infos = vec.step(np.zeros(2, np.int64))
    assert infos["final_observation"][0] == before[0], "row 0 is reset already"
    assert infos["final_observation"][1] == obs[1], "row 1 goes on"


def test_its_own_infos_are_kept_for_observers(hosted):
    vec = hosted(Counters)
    vec.reset()
    assert vec.step(np.zeros(2, np.int64))[3]["host"]["speed"] == 7.0


def test_it_is_given_tensors_where_it_speaks_tensors(hosted):
    for kind, expected in ((Counters, np.ndarray), (Tensors, torch.Tensor), (WrappedDict, torch.Tensor)):
        vec = hosted(kind)
        vec.reset()
        vec.step(np.ones(2, np.int64))
        assert isinstance(vec._host.told[0], expected)


def test_the_seed_is_handed_on_or_its_absence_told(hosted):
    assert hosted(Counters, seed=3).reset()[0] == pytest.approx(3.0)
    assert hosted(NoSeed).notes == (NO_SEED_NOTE,)


def test_more_than_one_agent_a_row_is_refused(hosted):
    with pytest.raises(ConfigError, match="counters has 2 agents a row"):
        hosted(TwoAgents)


def test_a_step_without_infos_is_told(hosted):
    vec = hosted(ThreeValues)
    vec.reset()
    with pytest.raises(
        EnvFault, match=r"counters: step\(\) does not return four values -- return obs, rewards"
    ):
        vec.step(np.zeros(2, np.int64))


def test_what_has_no_single_creator_is_found_and_runs_as_a_vector_environment(hosted):
    hosted(Counters)
    with make_vec_env("Gym", env="counters", imports=["a_module"], num_envs=3) as vec:
        assert isinstance(vec, HostedVecEnv)
        assert vec.reset().shape == (3, 1)


def test_names_of_rl_games_itself_are_not_a_modules(hosted):
    with make_vec_env("Gym", env="CartPole-v1", imports=["a_module"], num_envs=1) as vec:
        assert not isinstance(vec, HostedVecEnv), "rl_games' own CartPole-v1 is of an older API"
