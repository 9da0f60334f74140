"""Gymnasium's own vector environments under the contract, in numbers worked by hand."""

from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from cfg.errors import ConfigError, RlgxError
from cfg.schema import TaskConfig
from tasks import make_vec_env
from tasks.vec_env.base import VecEnv
from tasks.vec_env.contract import check_vec_env


class CountdownVector(VectorEnv):
    """Row r ends after 2 + r steps, or is cut off after `limit`; observes [steps taken, last action].

    Like Gymnasium's CartPoleVectorEnv: the step after the last one resets, whatever the action.
    """

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP, "render_modes": ["rgb_array"]}

    def __init__(self, num_envs: int = 1, limit: int = 99, fault: str = "", render_mode: str | None = None):
        self.num_envs = num_envs
        self.limit = limit
        self.fault = fault
        self.render_mode = render_mode
        self.single_observation_space = spaces.Dict(
            {"time": spaces.Box(0.0, 99.0, (1,)), "action": spaces.Discrete(3)}
        )
        self.single_action_space = spaces.Discrete(3, start=5)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = self.np_random.uniform(0.0, 0.5, self.num_envs).astype(np.float32)
        self.ended = np.zeros(self.num_envs, bool)
        return self.observe(np.zeros(self.num_envs, int)), {}

    def step(self, actions):
        if self.fault == "raise":
            raise ZeroDivisionError("the robot fell off")
        assert self.action_space.contains(actions), actions
        self.time = np.where(self.ended, 0.0, self.time + 1).astype(np.float32)
        going = ~self.ended
        terminated = going & (self.time >= 2 + np.arange(self.num_envs))
        truncated = going & (self.time >= self.limit)
        self.ended = terminated | truncated
        reward = np.full(self.num_envs, np.nan) if self.fault == "nan" else self.time + 100.0 * ~going
        return self.observe(actions - 5), reward, terminated, truncated, {}

    def observe(self, actions):
        return {"time": self.time[:, None], "action": actions}

    def render(self):
        return [np.full((2, 2, 3), row, np.uint8) for row in range(self.num_envs)]


class SameStepVector(CountdownVector):
    """Says that it resets in another way."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}


ID = "rlgx-tests/CountdownVector-v0"


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    for env_id, vector in ((ID, CountdownVector), ("rlgx-tests/SameStep-v0", SameStepVector)):
        gym.register(env_id, entry_point="tests.toy_envs:Countdown", vector_entry_point=vector)
    yield
    gym.registry.pop(ID)
    gym.registry.pop("rlgx-tests/SameStep-v0")


def make(num_envs: int = 2, **kwargs: Any) -> VecEnv:
    return make_vec_env("Gym", env=ID, vec_env="native", num_envs=num_envs, env_kwargs=kwargs)


def times(obs: Any) -> list[int]:
    return np.floor(obs["time"][:, 0]).astype(int).tolist()


def test_an_end_is_told_with_the_next_episodes_first_observation() -> None:
    vec = make()
    assert times(vec.reset()) == [0, 0]
    steps = [vec.step(np.array([1, 2])) for _ in range(4)]
    # Row 0 ends after 2 steps and row 1 after 3; each is reset in the step after that.
    assert [times(obs) for obs, *_ in steps] == [[1, 1], [2, 2], [0, 3], [1, 0]]
    assert [done.tolist() for _, _, done, _ in steps] == [
        [False, False], [False, False], [True, False], [False, True]
    ]  # fmt: skip
    assert [np.floor(reward).tolist() for _, reward, _, _ in steps] == [[1, 1], [2, 2], [0, 3], [1, 0]]
    assert [times(infos["final_observation"]) for *_, infos in steps[2:]] == [[2, 3], [1, 3]]
    assert not any(infos["time_outs"].any() for *_, infos in steps)


def test_the_filler_adds_a_step_and_no_reward() -> None:
    vec = make(num_envs=1)
    vec.reset()
    for _ in range(2):
        _, _, done, told = [vec.step(np.zeros(1, np.int64)) for _ in range(3)][-1]
        assert done.tolist() == [True] and told["episode"]["length"].tolist() == [3]
        assert np.floor(told["episode"]["return"]).tolist() == [3.0], "1 + 2, and 0 for the filler"


def test_a_limit_stays_a_time_out() -> None:
    vec = make(num_envs=3, limit=2)
    vec.reset()
    _, _, done, infos = [vec.step(np.zeros(3, np.int64)) for _ in range(3)][-1]
    assert done.tolist() == [True, True, True]
    assert infos["time_outs"].tolist() == [False, True, True], "row 0 had ended by itself"


def test_actions_and_observations_are_converted_like_everywhere() -> None:
    vec = make()
    info = vec.get_env_info()
    assert (info["action_space"].n, info["action_space"].start) == (3, 0)
    assert {key: space.shape for key, space in info["observation_space"].items()} == {
        "action": (3,), "time": (1,)
    }  # fmt: skip
    vec.reset()
    obs, *_ = vec.step(np.array([2, 0]))
    assert obs["action"].tolist() == [[0, 0, 1], [1, 0, 0]]


def test_it_keeps_the_contract() -> None:
    assert check_vec_env(make(num_envs=3), num_steps=30) == []
    assert check_vec_env(make_vec_env("CartPole", vec_env="native", num_envs=3)) == []


def test_the_same_seed_plays_the_same_and_says_what_it_costs() -> None:
    def played(seed: int) -> list[Any]:
        with make_vec_env("CartPole", vec_env="native", num_envs=3, seed=seed) as vec:
            assert vec.notes == ()
            observations = [vec.reset(), *(vec.step(np.ones(3, np.int64))[0] for _ in range(30))]
            assert "an episode counts one step more" in vec.notes[0]
            return observations

    one, again, other = played(0), played(0), played(1)
    assert np.array_equal(one, again) and not np.array_equal(one[0], other[0])
    assert len(np.unique(one[0][:, 0])) == 3, "rows start apart"


def test_cartpoles_own_arguments_and_limit_reach_it() -> None:
    task = TaskConfig(name="Short", env="CartPole-v1", num_envs=2, vec_env="native", max_episode_steps=5)
    with make_vec_env(task, env_kwargs={"sutton_barto_reward": True}) as vec:
        vec.reset()
        rewards = []
        for _ in range(6):
            _, reward, done, infos = vec.step(np.array([0, 1]))
            rewards.append(reward.tolist())
    assert infos["time_outs"].tolist() == [True, True] and done.all()
    assert rewards == [[0.0, 0.0]] * 6, "nobody fell"


def test_row_zero_is_drawn() -> None:
    from dataclasses import replace

    from tasks.make import VecEnvPlan, build_vec_env, factory_of

    factory = factory_of(TaskConfig(name="Drawn", env=ID, num_envs=2), vec_env="native")
    with build_vec_env("native", VecEnvPlan(replace(factory, render_mode="rgb_array"), 2, 0)) as vec:
        vec.reset()
        assert vec.render().tolist() == np.zeros((2, 2, 3)).tolist()
    assert make().render() is None


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (
            "raise",
            "CountdownVector-v0, step 1: step failed: ZeroDivisionError: the robot fell off -- use vec",
        ),
        (
            "nan",
            "CountdownVector-v0, step 1: row 0: the reward is nan, not a finite number -- use",
        ),
    ],
)
def test_a_fault_names_environment_and_step(fault: str, line: str) -> None:
    vec = make(fault=fault)
    vec.reset()
    with pytest.raises(RlgxError, match=line) as told:
        vec.step(np.zeros(2, np.int64))
    assert told.value.exit_code == (6 if fault == "nan" else 4)


@pytest.mark.parametrize(
    ("env_id", "asked", "line"),
    [
        ("Pendulum-v1", {}, "vec_env=native: Pendulum-v1 brings no vector environment of its own -- use vec"),
        ("rlgx-tests/SameStep-v0", {}, r"resets rows in the mode AutoresetMode.SAME_STEP.*-- use vec"),
        (ID, {"env_kwargs": {"limits": 3}}, 'env_kwargs.limits=3: .* has no such .* mean "limit"'),
        (ID, {"num_workers": 2}, "num_workers=2 means nothing to the vector environment of rlgx-tests"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_so_is_refused_in_one_line(env_id: str, asked: dict, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        make_vec_env("Gym", env=env_id, vec_env="native", num_envs=2, **asked)


@pytest.mark.parametrize("task", ["CartPoleNoVelocity", "Pendulum"])
def test_a_task_that_no_engine_runs_names_sync(task: str) -> None:
    with pytest.raises(ConfigError, match="^vec_env=native: .* -- use vec_env=sync$"):
        make_vec_env(task, vec_env="native", num_envs=2)
