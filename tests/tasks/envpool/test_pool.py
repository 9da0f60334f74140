"""Ids and arguments of envpool: found, or the one line says what to type instead."""

import sys

import pytest

from cfg.errors import ConfigError
from cfg.schema import TaskConfig
from tasks import make_vec_env
from tasks.envpool.pool import find_pool


def test_other_ids_are_not_envpools() -> None:
    assert find_pool("Ant-v5", {}) is None
    assert find_pool("ale:pong", {}) is None


def test_without_envpool_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "envpool", None)
    line = "^envpool:Ant-v5 needs the package envpool, which is not installed -- pip install envpool$"
    with pytest.raises(ConfigError, match=line):
        find_pool("envpool:Ant-v5", {})


def test_an_id_names_spaces_without_false_bounds() -> None:
    pytest.importorskip("envpool", reason="envpool is not installed")
    pool = find_pool("envpool:CheetahRun-v1", {"frame_skip": 2}, 50)
    assert pool is not None and pool.kwargs == {"frame_skip": 2, "max_episode_steps": 50}
    assert [part.is_bounded() for part in pool.observation_space.spaces.values()] == [False, False]
    game = find_pool("envpool:Pong-v5", {})
    assert game is not None and game.observation_space.is_bounded() and game.can_draw and not pool.can_draw


def test_a_tasks_limit_makes_no_episode_longer() -> None:
    pytest.importorskip("envpool", reason="envpool is not installed")
    pool = find_pool("envpool:CartPole-v1", {}, 9999)
    assert pool is not None and pool.kwargs["max_episode_steps"] == 500


ALONE = "envpool:Pong-v5 runs on its own engine alone -- use vec_env=native"


@pytest.mark.parametrize(
    ("env_id", "asked", "line"),
    [
        ("CartPoel-v1", {}, '^env="envpool:CartPoel-v1" is no environment of envpool -- did you mean "Cart'),
        ("ChineseGo9x9-v1", {}, "is a game of 2 players -- choose one for one player"),
        ("Pong-v5", {"vec_env": "sync"}, ALONE),
        ("Pong-v5", {"vec_env": "process"}, ALONE),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_line(env_id: str, asked: dict, line: str) -> None:
    pytest.importorskip("envpool", reason="envpool is not installed")
    with pytest.raises(ConfigError, match=line):
        make_vec_env("Gym", env=f"envpool:{env_id}", num_envs=2, **asked)


@pytest.mark.parametrize(
    ("kwargs", "line"),
    [
        ({"stack": 3}, 'stack=3: envpool:Breakout-v5 has no such argument -- did you mean "stack_num"'),
        ({"stack_num": "a"}, "stack_num=a is no int -- its default is 4"),
        ({"stack_num": -1}, "stack_num=-1 is too small -- its default is 4"),
        ({"num_threads": 2}, "num_threads=2 is no key of envpool:Breakout-v5 -- write num_workers=N"),
        ({"episodic_life": True}, "is no key of envpool:Breakout-v5 -- use env=ale:<game>: a reset of"),
    ],
)
def test_an_argument_that_envpool_would_not_take_is_refused_in_one_line(kwargs: dict, line: str) -> None:
    pytest.importorskip("envpool", reason="envpool is not installed")
    with pytest.raises(ConfigError, match=f"^env_kwargs.*{line}"):
        find_pool("envpool:Breakout-v5", kwargs)


def test_a_wrapper_names_the_way_out() -> None:
    pytest.importorskip("envpool", reason="envpool is not installed")
    wrapper = {"entry_point": "gymnasium.wrappers:ClipReward", "kwargs": {}}
    task = TaskConfig(name="Clipped", env="envpool:Pong-v5", num_envs=2, wrappers=[wrapper])
    with pytest.raises(ConfigError, match="wraps single environments -- use its Gymnasium id$"):
        make_vec_env(task)
