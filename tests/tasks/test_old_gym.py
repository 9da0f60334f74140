"""Environments of the API before Gymnasium behave like new ones."""

import gymnasium as gym
import numpy as np

from tasks.factory import EnvFactory, WrapperRecipe
from tasks.old_gym import five_tuple, read_attribute, split_reset
from tests.toy_envs import OldGym, TwoRewards


def test_a_done_by_time_limit_is_a_truncation_and_another_is_not() -> None:
    assert five_tuple((0, 1.0, True, {"TimeLimit.truncated": True}))[2:4] == (False, True)
    assert five_tuple((0, 1.0, True, {}))[2:4] == (True, False)
    assert five_tuple((0, 1.0, False, {"TimeLimit.truncated": True}))[2:4] == (False, False)


def test_a_bare_first_observation_gets_an_empty_info() -> None:
    assert split_reset((3, {"a": 1})) == (3, {"a": 1})
    assert split_reset((3, 4)) == ((3, 4), {})


def test_an_old_environment_is_adapted_below_its_wrappers_and_seeded() -> None:
    identity = WrapperRecipe("gymnasium.wrappers:TimeAwareObservation")
    env = EnvFactory("OldGym", "tests.toy_envs:OldGym", wrappers=(identity,), max_episode_steps=2)()
    observation, info = env.reset(seed=17)
    assert info == {}
    assert observation.tolist() == [0.0, 0.0]
    assert read_attribute(env, "given_seed") == 17
    assert [env.step(0)[2:4] for _ in range(2)] == [(False, False), (False, True)]
    env.close()


def test_an_old_class_registered_with_gymnasium_is_adapted_too() -> None:
    class OldGymnasium(gym.Env, OldGym):
        reset = OldGym.reset
        step = OldGym.step

    gym.register(id="OldGymnasium-v0", entry_point=OldGymnasium, max_episode_steps=2)
    env = EnvFactory("OldGymnasium-v0", gym.registry.pop("OldGymnasium-v0"))()
    env.reset(seed=1)
    assert [env.step(0)[2:4] for _ in range(2)] == [(False, False), (False, True)]


def test_attributes_are_found_through_wrappers() -> None:
    env = gym.wrappers.TimeLimit(TwoRewards(), 5)
    assert read_attribute(env, "value_size", 1) == 2
    assert read_attribute(env, "use_central_value", False) is False
    assert np.isinf(gym.wrappers.TimeLimit(OldGymLike(), 5).observation_space.high).all()


class OldGymLike(gym.Env):
    """Nothing but a space."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (1,))
