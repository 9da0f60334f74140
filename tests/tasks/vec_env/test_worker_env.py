"""Environments in worker processes, our own or Ray's, play as in this one; faults come back in one line."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from cfg.errors import ConfigError, EnvFault
from tasks.factory import EnvFactory
from tasks.lookup import find_spec
from tasks.make import VecEnvPlan, build_vec_env
from tasks.vec_env.channel import ask_all
from tasks.vec_env.sync import SyncVecEnv
from tests.odd_envs import odd_factory
from tests.tasks.vec_env.playing import play, same
from tests.toy_envs import toy_factory

Make = Callable[..., Any]


@pytest.fixture(params=["process", pytest.param("ray", marks=pytest.mark.ray)])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes a vector environment of one kind."""
    if request.param == "ray":
        request.getfixturevalue("ray_session")

    def build(factory: EnvFactory, num_envs: int, num_workers: int | None = None, seed: int = 0) -> Any:
        return build_vec_env(request.param, VecEnvPlan(factory, num_envs, seed, num_workers=num_workers))

    return build


@pytest.mark.parametrize("num_workers", [1, 2, 4])
def test_workers_change_no_result(make: Make, num_workers: int) -> None:
    factory = EnvFactory("CartPole-v1", find_spec("CartPole-v1"))
    actions = np.random.default_rng(1).integers(0, 2, (120, 6))
    expected = play(SyncVecEnv(factory, 6, seed=0), actions)
    assert sum("episode" in step[3] for step in expected[1:]) > 5, "episodes end in unequal steps"
    assert same(expected, play(make(factory, 6, num_workers), actions))


def test_another_seed_plays_another_game(make: Make) -> None:
    actions = np.zeros((3, 4), np.int64)
    first, other = (play(make(toy_factory("Dice"), 4, 2, seed=seed), actions) for seed in (0, 1))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize(
    "name", ["Telling", "Rich", "Asymmetric", "TwoRewards", "Masked", "InfoMasked", "OldGym"]
)
def test_every_kind_of_environment_plays_the_same_in_workers(make: Make, name: str) -> None:
    heads = (2,) if name == "InfoMasked" else ()
    actions = np.zeros((7, 3, *heads), np.int64)
    in_process = SyncVecEnv(toy_factory(name), 3, seed=0)
    in_workers = make(toy_factory(name), 3, 2)
    assert in_process.get_env_info() == in_workers.get_env_info()
    assert in_process.has_action_masks() == in_workers.has_action_masks()
    assert same(play(in_process, actions), play(in_workers, actions))
    assert in_process.notes == in_workers.notes
    if in_process.has_action_masks():
        assert np.array_equal(in_process.get_action_masks(), in_workers.get_action_masks())


def test_seeding_anew_reaches_every_worker(make: Make) -> None:
    with make(toy_factory("Dice"), 3, 2) as vec:
        first = vec.reset()
        assert not np.array_equal(first, vec.reset())
        vec.seed(0)
        assert np.array_equal(first, vec.reset())


def test_an_environment_registered_in_this_process_alone_reaches_the_workers(make: Make) -> None:
    class Local(gym.Env):
        observation_space = gym.spaces.Box(-1.0, 1.0, (1,))
        action_space = gym.spaces.Discrete(2)

        def reset(self, *, seed=None, options=None):
            return np.array([0.5]), {}

    gym.register(id="Local-v0", entry_point=Local)
    factory = EnvFactory("Local-v0", find_spec("Local-v0"))
    del gym.registry["Local-v0"]
    with make(factory, 2, 2) as vec:
        assert vec.reset().tolist() == [[0.5], [0.5]]


def test_a_module_of_a_path_added_here_reaches_the_workers(
    make: Make, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_far_robot.py").write_text("from tests.toy_envs import Countdown as Robot\n")
    monkeypatch.syspath_prepend(tmp_path)
    with make(EnvFactory("robot", "my_far_robot:Robot"), 2, 2) as vec:
        assert vec.reset().tolist() == [[0, 0], [0, 0]]


def test_workers_import_neither_torch_nor_rl_games(make: Make) -> None:
    with make(toy_factory("ModuleCounter"), 2, 2) as vec:
        vec.reset()
        loaded = [set(names) for names in ask_all(vec._channels, "render")]
    for modules in loaded:
        assert "gymnasium" in modules
        unwanted = modules & {
            "torch",
            "rl_games",
            "hydra",
            "omegaconf",
            "tensorboard",
            "multiprocessing.shared_memory",
        }
        assert unwanted == set()


def test_a_fault_in_a_worker_names_environment_row_and_cause(make: Make) -> None:
    with make(toy_factory("Wrong", fault="raise"), 4, 2) as vec:
        vec.reset()
        vec.step(np.zeros(4, np.int64))
        line = "^Wrong, row 0, step 2: step failed: ZeroDivisionError: the robot fell off -- mend"
        with pytest.raises(EnvFault, match=line):
            vec.step(np.zeros(4, np.int64))


def test_an_environment_that_ends_its_process_is_a_fault_in_one_line(make: Make) -> None:
    with make(toy_factory("Wrong", fault="exit"), 4, 2) as vec:
        vec.reset()
        vec.step(np.zeros(4, np.int64))
        with pytest.raises(EnvFault, match=r"^Wrong: the worker of rows 0 to 1 died \(.*\) -- ") as fault:
            vec.step(np.zeros(4, np.int64))
    assert "\n" not in str(fault.value)


def test_a_worker_that_is_killed_in_the_middle_of_a_step_is_told_within_a_second(make: Make) -> None:
    with make(EnvFactory("Sleeper", "tests.faulty_module:Faulty", {"fault": "hang"}), 4, 2) as vec:
        vec.reset()
        vec.step(np.zeros(4, np.int64))
        vec.step(np.zeros(4, np.int64))
        numbers = ask_all(vec._channels, "render")
        killed: list[float] = []

        def kill() -> None:
            killed.append(time.monotonic())
            os.kill(numbers[1], signal.SIGKILL)
            os.kill(numbers[0], signal.SIGKILL)

        Timer(0.2, kill).start()
        with pytest.raises(EnvFault, match=r"^Sleeper: the worker of rows 0 to 1 died \(.*\) -- "):
            vec.step(np.zeros(4, np.int64))
        assert time.monotonic() - killed[0] < 2.0


def test_an_environment_that_cannot_be_made_says_why_and_leaves_no_actor(make: Make) -> None:
    with pytest.raises(
        EnvFault, match="BrokenConstructor cannot be made with {}: OSError: no robot on this port"
    ):
        make(toy_factory("BrokenConstructor"), 2, 2)


def test_more_workers_than_environments_are_refused_with_a_number_that_works(make: Make) -> None:
    with pytest.raises(ConfigError, match="num_workers=3 does not fit num_envs=2 -- use 1 to 2 workers, for"):
        make(toy_factory("Countdown"), 2, 3)


def test_row_zero_can_be_drawn_from_its_worker(make: Make) -> None:
    from dataclasses import replace

    with make(replace(toy_factory("Countdown"), render_mode="rgb_array"), 2, 2) as vec:
        vec.reset()
        assert vec.render().shape == (4, 4, 3)


def test_workers_whose_spaces_differ_are_refused_before_they_share_memory(make: Make, tmp_path: Path) -> None:
    with pytest.raises(EnvFault, match="^Uneven: the spaces of row 1 are not those of row 0 -- give every"):
        make(odd_factory("Uneven", folder=str(tmp_path)), 2, 2)


def test_an_environment_without_spaces_is_told_in_one_line(make: Make) -> None:
    with pytest.raises(EnvFault, match="Spaceless.*observation_space"):
        make(odd_factory("Spaceless"), 2, 2)
    with pytest.raises(EnvFault, match="Spaceless: its spaces cannot be read: AttributeError"):
        SyncVecEnv(odd_factory("Spaceless"), 1, seed=0)
