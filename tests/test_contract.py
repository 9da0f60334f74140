"""Gymnasium's own ids keep the contract; test_check.py has the shipped tasks."""

import pytest

from tasks.make import make_vec_env
from tasks.vec_env.contract import check_vec_env

GYM_IDS = ["Blackjack-v1", "Taxi-v4", "FrozenLake-v1", "LunarLander-v3", "Acrobot-v1", "ALE/Pong-v5"]


@pytest.mark.parametrize("env_id", GYM_IDS)
def test_any_gymnasium_id_keeps_the_contract(env_id: str) -> None:
    assert check_vec_env(make_vec_env("Gym", env=env_id, num_envs=2), num_steps=100) == []


@pytest.mark.parametrize(
    ("env_id", "observation", "action"),
    [
        ("Blackjack-v1", (32 + 11 + 2,), 2),
        ("Taxi-v4", (500,), 6),
        ("FrozenLake-v1", (16,), 4),
        ("ALE/Pong-v5", (4, 84, 84), 6),
    ],
)
def test_what_gymnasiums_own_spaces_become(env_id: str, observation: tuple[int, ...], action: int) -> None:
    with make_vec_env("Gym", env=env_id, num_envs=2) as vec:
        info = vec.get_env_info()
        assert info["observation_space"].shape == observation
        assert info["action_space"].n == action
        assert vec.reset().shape == (2, *observation)


def test_images_of_car_racing_become_channels_first() -> None:
    with make_vec_env("Gym", env="CarRacing-v3", num_envs=1) as vec:
        info = vec.get_env_info()
        assert (info["observation_space"].shape, info["observation_space"].dtype) == ((3, 96, 96), "uint8")
        assert vec.reset().shape == (1, 3, 96, 96)


def test_taxis_masks_are_found_in_its_infos() -> None:
    with make_vec_env("Gym", env="Taxi-v4", num_envs=3) as vec:
        assert vec.has_action_masks()
        vec.reset()
        assert vec.get_action_masks().shape == (3, 6)
