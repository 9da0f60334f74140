"""The recipe for an environment: what it makes, that it travels, and what it says when it cannot."""

import pickle

import gymnasium as gym
import pytest

from cfg.errors import ConfigError, EnvFault, RlgxError
from tasks.factory import EnvFactory, WrapperRecipe
from tasks.lookup import find_spec
from tasks.recorder import find_recorder
from tests.toy_envs import Countdown, toy_factory


def test_a_gymnasium_id_is_made_without_the_checker_and_with_its_time_limit() -> None:
    env = EnvFactory("CartPole-v1", find_spec("CartPole-v1"))()
    assert str(env) == "<TimeLimit<OrderEnforcing<CartPoleEnv<CartPole-v1>>>>"


def test_a_factory_makes_the_same_after_a_journey() -> None:
    factory = EnvFactory(
        "CartPole-v1",
        find_spec("CartPole-v1"),
        wrappers=(WrapperRecipe("tasks.wrappers:HideVelocity", {"keep": [0, 2]}),),
        max_episode_steps=7,
    )
    env = pickle.loads(pickle.dumps(factory))()
    assert env.observation_space.shape == (2,)
    assert env.get_wrapper_attr("_max_episode_steps") == 7


def test_an_id_that_only_this_process_registered_travels_with_its_class() -> None:
    gym.register(id="OnlyHere-v0", entry_point="tests.toy_envs:Countdown")
    factory = EnvFactory("OnlyHere-v0", find_spec("OnlyHere-v0"))
    del gym.registry["OnlyHere-v0"]
    assert isinstance(pickle.loads(pickle.dumps(factory))().unwrapped, Countdown)


def test_a_time_limit_cuts_an_entry_point_short() -> None:
    env = EnvFactory("Countdown", "tests.toy_envs:Countdown", {"length": 9}, max_episode_steps=2)()
    env.reset()
    assert [env.step(0)[2:4] for _ in range(2)] == [(False, False), (False, True)]


def test_the_game_is_recorded_below_wrappers_and_only_then() -> None:
    assert find_recorder(toy_factory("Countdown")()) is None
    wrapped = toy_factory("Countdown", wrappers=(WrapperRecipe("tests.toy_envs:DoubledReward"),))()
    assert find_recorder(wrapped) is not None


def test_an_environment_that_cannot_be_made_says_why_in_one_line() -> None:
    line = r"BrokenConstructor cannot be made with {}: OSError: no robot on this port -- check env_kwargs"
    with pytest.raises(EnvFault, match=line):
        toy_factory("BrokenConstructor")()


def test_an_error_of_ours_comes_through_as_it_is() -> None:
    with pytest.raises(RlgxError, match="^no robot -- buy one$"):
        toy_factory("RefusingConstructor")()


def test_something_else_than_an_environment_is_refused() -> None:
    with pytest.raises(ConfigError, match="made a tuple, which is no environment"):
        toy_factory("no_environment")()
