"""Wrappers that task YAMLs name."""

import gymnasium as gym
import numpy as np
import pytest

from cfg.errors import ConfigError
from tasks.wrappers import HideVelocity, MaskObservation, resize
from tests.toy_envs import Countdown, Rich


def test_hidden_numbers_are_gone_from_space_and_observation() -> None:
    env = HideVelocity(Countdown(), keep=[1])
    env.reset()
    env.reset()
    observation, *_ = env.step(0)
    assert env.observation_space.shape == (1,)
    assert np.array_equal(observation, [1.0]), "the second number is that of the episode"


def test_masked_numbers_are_zero_and_the_space_stays() -> None:
    env = MaskObservation(Countdown(), keep=[1])
    env.reset()
    env.reset()
    observation, *_ = env.step(0)
    assert env.observation_space.shape == (2,)
    assert np.array_equal(observation, [0.0, 1.0])


@pytest.mark.parametrize("wrapper", [HideVelocity, MaskObservation])
@pytest.mark.parametrize("keep", [[], [2], [-1]])
def test_an_index_that_is_not_there_is_named(wrapper: type[HideVelocity], keep: list[int]) -> None:
    with pytest.raises(
        ConfigError, match=rf"keep={keep}, but the observation has the indices 0 to 1".replace("[", r"\[")
    ):
        wrapper(Countdown(), keep=keep)


def test_other_observations_are_refused() -> None:
    with pytest.raises(ConfigError, match="takes a 1-D Box"):
        HideVelocity(Rich(), keep=[0])


def test_pictures_are_resized() -> None:
    pytest.importorskip("cv2")
    env = resize(gym.make("CarRacing-v3"), height=84, width=42)
    assert env.observation_space.shape == (84, 42, 3)
    env.close()
