"""What a single environment holds is read and put back to the bit, or it is said why that cannot be."""

import copy
from collections import deque
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from tasks.old_gym import OldGymEnv
from tasks.states import NotRestorable, read_state, write_state
from tasks.wrappers import HideVelocity
from tests.toy_envs import Countdown, OldGym

CLASSIC = ("CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1")


def _played(env: gym.Env, actions: list[Any]) -> list[Any]:
    """What `actions` give, with a reset wherever an episode ends."""
    told = []
    for action in actions:
        obs, reward, terminated, truncated, _ = env.step(action)
        told.append((np.array(obs).tobytes(), float(reward), terminated, truncated))
        if terminated or truncated:
            told.append(np.array(env.reset()[0]).tobytes())
    return told


def _goes_on_elsewhere(make: Any, before: int = 37, after: int = 200) -> bool:
    """Whether a second environment, seeded otherwise, goes on from a state as the first does."""
    first, second = make(), make()
    first.reset(seed=3)
    second.reset(seed=4)
    first.action_space.seed(0)
    _played(first, [first.action_space.sample() for _ in range(before)])
    state = copy.deepcopy(read_state(first))
    actions = [first.action_space.sample() for _ in range(after)]
    expected = _played(first, actions)
    assert _played(second, actions) != expected
    write_state(second, state)
    return _played(second, actions) == expected


@pytest.mark.parametrize("env_id", CLASSIC)
def test_classic_control_goes_on_to_the_bit(env_id: str) -> None:
    assert _goes_on_elsewhere(lambda: gym.make(env_id))


def test_wrappers_that_remember_nothing_and_those_that_count_go_on_too() -> None:
    assert _goes_on_elsewhere(lambda: HideVelocity(gym.make("CartPole-v1", max_episode_steps=9), [0, 2]))
    assert _goes_on_elsewhere(lambda: gym.wrappers.ClipAction(gym.make("Pendulum-v1")))


class Drift(gym.Env[Any, Any]):
    """Walks at random; brings the pair."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (1,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.position = self.np_random.normal(size=1)
        return self.position.astype(np.float32), {}

    def step(self, action: Any) -> Any:
        self.position += self.np_random.normal() + action
        return self.position.astype(np.float32), 0.0, bool(abs(self.position[0]) > 5), False, {}

    def get_state(self) -> Any:
        return {"position": self.position}

    def set_state(self, state: Any) -> None:
        self.position = state["position"]


def test_an_environment_that_brings_the_pair_goes_on_and_its_generator_with_it() -> None:
    assert _goes_on_elsewhere(Drift)


def test_a_state_is_a_copy_that_no_later_step_changes() -> None:
    env = Drift()
    env.reset(seed=0)
    state = read_state(env)
    frozen = copy.deepcopy(state)
    for _ in range(2):
        env.step(1)
        assert str(state) == str(frozen)
        write_state(env, state)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Countdown, r"Countdown has no get_state\(\) and set_state\(state\)"),
        (lambda: type("Derived", (gym.make("CartPole-v1").unwrapped.__class__,), {})(), "Derived has no get"),
        (lambda: OldGymEnv(OldGym()), "OldGym has no get_state"),
        (
            lambda: gym.wrappers.DelayObservation(gym.make("CartPole-v1"), 2),
            "DelayObservation has no get_state",
        ),
    ],
)
def test_a_layer_that_nobody_knows_is_named(make: Any, why: str) -> None:
    env = make()
    env.reset()
    with pytest.raises(NotRestorable, match=why):
        read_state(env)


def test_a_state_that_is_no_plain_data_or_that_cannot_be_put_back_is_told() -> None:
    env = Drift()
    env.reset(seed=0)
    state = read_state(env)
    env.get_state = lambda: {"history": deque([1])}  # type: ignore[method-assign]
    with pytest.raises(NotRestorable, match="its state holds a deque, which is no plain data"):
        read_state(env)
    state[0]["values"] = {}
    with pytest.raises(NotRestorable, match="set_state of .*Drift failed: KeyError: 'position'"):
        write_state(env, state)
    with pytest.raises(NotRestorable, match="it has other layers than before"):
        write_state(gym.make("CartPole-v1"), state)
