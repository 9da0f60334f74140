"""envpool under the contract; skipped where it is not installed (pip install envpool)."""

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cfg.errors import ConfigError, EnvFault
from cfg.schema import TaskConfig
from tasks import make_vec_env
from tasks.make import VecEnvPlan, build_vec_env, factory_of
from tasks.vec_env.base import VecEnv
from tasks.vec_env.contract import check_vec_env

pytest.importorskip("envpool", reason="envpool is not installed")

RIGHT = np.ones(3, np.int64)


def make(name: str = "CartPole-v1", num_envs: int = 3, **asked: Any) -> VecEnv:
    return make_vec_env("Gym", env=f"envpool:{name}", num_envs=num_envs, **asked)


def drawn(name: str, render_mode: str) -> VecEnv:
    factory = factory_of(TaskConfig(name="Drawn", env=f"envpool:{name}", num_envs=2), vec_env="native")
    return build_vec_env("native", VecEnvPlan(replace(factory, render_mode=render_mode), 2, 0))


def until_done(vec: VecEnv) -> tuple[Any, Any]:
    """What stood before the first step with a done, and what that step gave."""
    before = vec.reset()
    while True:
        result = vec.step(RIGHT)
        if result[2].any():
            return before, result
        before = result[0]


@pytest.mark.parametrize(
    "name", ["CartPole-v1", "Ant-v4", "Ant-v5", "Pong-v5", "CheetahRun-v1", "FrozenLake-v1"]
)
def test_it_keeps_the_contract(name: str) -> None:
    assert check_vec_env(make(name)) == []


def test_a_fallen_pole_is_shown_as_it_fell_and_beside_it_the_next_one() -> None:
    with make() as vec:
        before, (obs, reward, done, infos) = until_done(vec)
        final = infos["final_observation"]
        # Euler's rule, 0.02 s a step: a position follows from the position and the velocity before it.
        assert np.allclose(final[:, 0], before[:, 0] + 0.02 * before[:, 1])
        assert (np.abs(final[done, 2]) > np.deg2rad(12)).all(), "the limit is 12 degrees"
        assert (np.abs(obs[done]) <= 0.05).all(), "an episode starts within 0.05 of zero"
        assert np.array_equal(obs[~done], final[~done]) and (reward == 1.0).all()
        assert not infos["time_outs"].any()
        # And the step after it is the new episode's own.
        after = vec.step(RIGHT)[0][done]
        assert np.allclose(after[:, 0], obs[done, 0] + 0.02 * obs[done, 1])


def test_a_limit_is_a_time_out_and_counts_as_long_as_it_lasted() -> None:
    task = TaskConfig(name="Short", env="envpool:CartPole-v1", num_envs=3, max_episode_steps=5)
    with make_vec_env(task) as vec:
        vec.reset()
        for _ in range(2):
            steps = [vec.step(RIGHT) for _ in range(5)]
            assert [done.tolist() for _, _, done, _ in steps] == [[False] * 3] * 4 + [[True] * 3]
            infos = steps[-1][3]
            assert infos["time_outs"].all()
            assert infos["episode"]["length"].tolist() == [5] * 3
            assert infos["episode"]["return"].tolist() == [5.0] * 3


def test_an_end_in_the_last_step_allowed_counts_as_cut_off() -> None:
    with make(num_envs=3, seed=1) as vec:
        _, (_, _, done, infos) = until_done(vec)
        length, row = int(infos["episode"]["length"][0]), int(np.flatnonzero(done)[0])
    with make(num_envs=3, seed=1, env_kwargs={"max_episode_steps": length}) as vec:
        _, (_, _, _, infos) = until_done(vec)
        # envpool does not say that the pole fell; docs/mujoco.md tells the user.
        assert infos["time_outs"][row] and abs(infos["final_observation"][row, 2]) > np.deg2rad(12)


def test_the_same_seed_plays_the_same_whatever_the_number_of_threads_and_rows() -> None:
    def played(num_envs: int = 3, **asked: Any) -> np.ndarray:
        with make(num_envs=num_envs, **asked) as vec:
            return np.stack([vec.reset(), *(vec.step(RIGHT[:num_envs])[0] for _ in range(60))])

    one, again, other = (played(seed=5, num_workers=workers) for workers in (None, 1, 2))
    assert np.array_equal(one, again) and np.array_equal(one, other)
    assert np.array_equal(one[:, :2], played(seed=5, num_envs=2)), "each row has a seed of its own"
    assert not np.array_equal(one, played(seed=6)) and not np.array_equal(one, played(seed=5, role="eval"))


def test_streams_go_on_over_resets_until_they_are_seeded_anew() -> None:
    with make() as vec:
        first = vec.reset()
        assert not np.array_equal(first, vec.reset())
        vec.seed(0)
        assert np.array_equal(first, vec.reset())


def test_a_game_reports_its_own_points_over_all_of_its_lives() -> None:
    rng = np.random.default_rng(0)
    with make("Breakout-v5", num_envs=2) as vec:
        vec.reset()
        total, points = np.zeros(2), set()
        while True:
            _, reward, done, infos = vec.step(rng.integers(0, 4, 2))
            total += reward
            points |= set(reward.tolist())
            if done.any():
                break
    # A ball lasts some 20 steps at least, and there are five. Bricks further up are worth more than one.
    assert infos["episode"]["return"].tolist() == total[done].tolist() and infos["episode"]["length"][0] > 100
    assert not infos["time_outs"].any() and points <= {0.0, 1.0, 4.0, 7.0}


def test_a_game_that_is_over_in_the_last_step_allowed_was_not_cut_off() -> None:
    def last(**limit: int) -> tuple[int, dict[str, Any]]:
        with make("Breakout-v5", num_envs=1, seed=4, env_kwargs=limit) as vec:
            vec.reset()
            for step in range(1, 3000):
                _, _, done, infos = vec.step(np.ones(1, np.int64))
                if done.any():
                    return step, infos
        raise AssertionError("the game is never over")

    steps, _ = last()
    again, infos = last(max_episode_steps=steps)
    cut, short = last(max_episode_steps=steps - 1)
    assert again == steps and not infos["time_outs"].any()
    assert cut == steps - 1 and short["time_outs"].all()


def test_success_is_passed_on() -> None:
    with make("FetchReach-v4", env_kwargs={"max_episode_steps": 3}) as vec:
        vec.reset()
        infos = [vec.step(np.zeros((3, 4), np.float32))[3] for _ in range(3)][-1]
        assert infos["time_outs"].all() and set(infos["episode"]["success"].tolist()) <= {0.0, 1.0}


def test_row_zero_is_drawn_where_envpool_can() -> None:
    with drawn("CartPole-v1", "rgb_array") as vec:
        vec.reset()
        assert vec.render().shape == (400, 600, 3) and vec.render().std() > 10
    with pytest.raises(ConfigError, match="^capture_video=True: envpool:Ant-v5 cannot be drawn -- leave"):
        drawn("Ant-v5", "rgb_array")
    with drawn("FrozenLake-v1", "rgb_array") as vec:
        vec.reset()
        with pytest.raises(EnvFault, match="FrozenLake-v1: render failed: .* -- leave capture_video out$"):
            vec.render()


def test_it_plays_on_without_a_window() -> None:
    with drawn("CartPole-v1", "human") as vec:
        vec.reset()
        assert vec.notes == ("envpool opens no window: capture_video=True makes a film",)
        assert vec.render() is None


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads are counted under /proc")
def test_closing_ends_its_threads() -> None:
    before = len(os.listdir("/proc/self/task"))
    vec = make(num_envs=4, num_workers=4)
    vec.reset()
    assert len(os.listdir("/proc/self/task")) >= before + 4
    vec.close()
    vec.close()
    assert len(os.listdir("/proc/self/task")) == before
