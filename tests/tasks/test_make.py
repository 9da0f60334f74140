"""From a task's name, or its configuration, to a vector environment."""

import subprocess
import sys

import pytest

from cfg.compose import load_task
from cfg.errors import ConfigError
from cfg.schema import TaskConfig
from tasks import make_vec_env
from tests.cfg.composing import composed


def test_a_task_is_made_by_its_name_with_its_own_defaults() -> None:
    with make_vec_env("CartPole") as vec:
        assert vec.num_envs == load_task("CartPole").num_envs
        assert vec.reset().shape == (vec.num_envs, 4)


def test_what_is_asked_for_wins_over_the_tasks_own() -> None:
    with make_vec_env("Gym", env="LunarLander-v3", env_kwargs={"continuous": True}, num_envs=2) as vec:
        assert vec.get_env_info()["action_space"].shape == (2,)


def test_wrappers_of_a_task_are_applied() -> None:
    with make_vec_env("CartPoleNoVelocity", num_envs=2) as vec:
        assert vec.reset().shape == (2, 2)


def test_a_configuration_will_do_for_a_name() -> None:
    task = TaskConfig(name="Mine", entry_point="tests.toy_envs:Countdown", num_envs=3, max_episode_steps=2)
    with make_vec_env(task, env_kwargs={"length": 9}) as vec:
        assert vec.reset().shape == (3, 2)


def test_roles_play_different_games() -> None:
    firsts = []
    for role in ("train", "eval", "play"):
        with make_vec_env("CartPole", num_envs=2, role=role) as vec:
            firsts.append(tuple(vec.reset().ravel()))
    assert len(set(firsts)) == 3


@pytest.mark.parametrize(
    ("task", "asked", "line"),
    [
        ("CartPole", {"env": "Acrobot-v1"}, 'env=Acrobot-v1 on task CartPole, which is "CartPole-v1" -- use'),
        ("Gym", {}, "task Gym needs an environment -- name one, as in env=LunarLander-v3"),
        ("CartPole", {"vec_env": "synk"}, 'vec_env=synk is not known -- did you mean "sync"'),
        ("CartPole", {"num_workers": 2}, "num_workers=2 means nothing with vec_env=sync"),
        ("CartPole", {"num_envs": -1}, "num_envs=-1 is too few"),
        ("CartPole", {"num_envs": 0}, "num_envs=0 is too few"),
        ("CartPole", {"env_kwargs": {"gravity": 1.0}}, "env_kwargs.gravity=1.0: CartPole-v1 has no such"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_in_one_line(task: str, asked: dict, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        make_vec_env(task, **asked)


def test_the_registry_serves_rl_games_own_call() -> None:
    from rl_games.common.vecenv import create_vec_env

    from tasks.registry import register

    register(composed("task=CartPole"))
    vec = create_vec_env(
        "CartPole", 4, seed=3, role="eval", vec_env="sync", num_workers=None, render_mode="rgb_array"
    )
    with vec:
        vec.reset()
        assert vec.render().shape == (400, 600, 3)


def test_a_run_on_ray_may_evaluate_in_the_process() -> None:
    from tasks.registry import build, register

    register(composed("task=CartPole"))
    with build("CartPole", 2, role="eval", vec_env="sync", num_workers=2) as vec:
        assert vec.reset().shape == (2, 4)


def test_importing_tasks_loads_nothing_heavy() -> None:
    code = (
        "import sys, tasks, tasks.vec_env; "
        "heavy = {'torch', 'ray', 'gymnasium', 'numpy', 'rl_games', 'hydra', 'pydantic'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_judging_a_task_loads_neither_torch_nor_ray() -> None:
    code = (
        "import sys; from tasks.make import factory_of; from cfg.compose import load_task; "
        "factory_of(load_task('CartPole')); import tasks.vec_env.rows; "
        "heavy = {'torch', 'ray', 'rl_games'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
