"""Rows go on from a state, whoever steps them; those that cannot begin new episodes, and it is said why."""

import copy
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import tests.restorable_envs  # noqa: F401  # registers them
from tasks import make_vec_env
from tasks.factory import EnvFactory, WrapperRecipe
from tasks.vec_env.sync import SyncVecEnv
from tests.ray_session import ray_session

__all__ = ["ray_session"]

N = 5
SYNC: dict[str, Any] = {"vec_env": "sync"}
TWO: dict[str, Any] = {"vec_env": "process", "num_workers": 2}
THREE: dict[str, Any] = {"vec_env": "process", "num_workers": 3}
RAY: dict[str, Any] = {"vec_env": "ray", "num_workers": 2}


def _made(env: str, kind: dict[str, Any], seed: int = 0) -> Any:
    return make_vec_env("Gym", env=f"rlgx-tests/{env}-v0", num_envs=N, seed=seed, **kind)


def _play(vec: Any, steps: int) -> list[Any]:
    """What some steps give, as text and bytes that compare as a whole."""
    told = []
    for t in range(steps):
        obs, reward, done, infos = vec.step((np.arange(N) + t) % 2)
        masks = vec.get_action_masks().tolist() if vec.has_action_masks() else None
        told.append((str(obs), reward.tobytes(), done.tobytes(), str(infos), masks))
    return told


@pytest.mark.parametrize(
    ("env", "first", "second"),
    [
        ("Drift", SYNC, SYNC),
        ("Halves", SYNC, SYNC),
        ("Watched", TWO, SYNC),
        ("Guarded", SYNC, TWO),
        ("Guarded", THREE, TWO),
    ],
)
def test_rows_go_on_on_other_workers_to_the_bit(env: str, first: Any, second: Any) -> None:
    with _made(env, first) as vec, _made(env, second, seed=9) as other:
        vec.reset()
        _play(vec, 25)
        state = copy.deepcopy(vec.get_env_state())
        expected = _play(vec, 200)
        obs, is_new = other.set_env_state(state)
        assert str(obs) == str(state["obs"]) and not is_new.any() and other.notes == ()
        assert _play(other, 200) == expected


@pytest.mark.ray
@pytest.mark.usefixtures("ray_session")
def test_rows_go_on_in_actors_of_ray_and_back() -> None:
    with _made("Drift", RAY) as vec, _made("Drift", SYNC) as other:
        vec.reset()
        _play(vec, 25)
        state = vec.get_env_state()
        expected = _play(vec, 50)
        other.set_env_state(state)
        assert _play(other, 50) == expected
        vec.set_env_state(state)
        assert _play(vec, 50) == expected


def test_taking_the_state_changes_nothing() -> None:
    with _made("Drift", SYNC) as vec, _made("Drift", SYNC) as other:
        vec.reset()
        other.reset()
        for _ in range(50):
            other.get_env_state()
            assert _play(vec, 1) == _play(other, 1)


@pytest.mark.parametrize("kind", [SYNC, TWO])
def test_rows_that_cannot_go_on_begin_episodes_of_their_own(kind: dict[str, Any]) -> None:
    with _made("Forgetful", kind) as vec, _made("Forgetful", kind) as other:
        first = vec.reset()
        _play(vec, 25)
        other.seed(1)
        obs, is_new = other.set_env_state(vec.get_env_state())
        assert is_new.all() and not np.array_equal(obs, first)
        assert other.notes == (
            "5 of 5 rows begin new episodes: Forgetful has no get_state() and set_state(state)",
        )
        *_, infos = other.step(np.zeros(N, np.int64))
        assert not infos["time_outs"].any()
        assert _lengths(other) <= {*range(2, 21)}, "they count from their own first step"


def _lengths(vec: Any) -> set[int]:
    told: set[int] = set()
    for _ in range(40):
        *_, infos = vec.step(np.zeros(N, np.int64))
        told |= set(infos.get("episode", {"length": np.zeros(0)})["length"].tolist())
    return told


def test_a_single_row_that_cannot_go_on_leaves_the_others_as_they_are() -> None:
    with _made("Guarded", THREE) as vec, _made("Guarded", TWO) as other:
        vec.reset()
        _play(vec, 25)
        state = vec.get_env_state()
        state["rows"][3]["env"][-1]["values"] = {}
        obs, is_new = other.set_env_state(state)
        assert is_new.tolist() == [False, False, False, True, False]
        assert (obs == state["obs"]).all(axis=1).tolist() == [True, True, True, False, True]
        assert np.array_equal(other.get_action_masks()[:, 1], obs[:, 0] <= 0.0)
        (note,) = other.notes
        assert note.startswith("1 of 5 rows begin new episodes: set_state of") and "KeyError" in note


def test_a_state_of_another_number_of_rows_is_not_taken() -> None:
    with _made("Drift", SYNC) as vec, _made("Drift", TWO) as other:
        vec.reset()
        state = vec.get_env_state()
        _, is_new = other.set_env_state({**state, "rows": state["rows"][:3], "obs": state["obs"][:3]})
        assert is_new.all() and other.notes == ("5 of 5 rows begin new episodes: there is no state of them",)


def test_a_recorder_below_wrappers_goes_on_counting() -> None:
    doubled = WrapperRecipe("gymnasium.wrappers:ClipReward", {"min_reward": 0.0, "max_reward": 0.5})
    factory = replace(EnvFactory("Drift", gym.spec("rlgx-tests/Drift-v0")), wrappers=(doubled,))
    with SyncVecEnv(factory, N, seed=0) as vec, SyncVecEnv(factory, N, seed=1) as other:
        vec.reset()
        _play(vec, 25)
        state = copy.deepcopy(vec.get_env_state())
        expected = _play(vec, 100)
        assert any("episode" in infos for *_, infos, _ in expected)
        other.set_env_state(state)
        assert _play(other, 100) == expected
