"""What a single environment holds is read and put back to the bit, or it is said why that cannot be."""

import copy
from collections import deque
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from tasks.known_states import NotRestorable
from tasks.old_gym import OldGymEnv
from tasks.recorder import EpisodeRecorder
from tasks.states import read_state, write_state
from tasks.wrappers import HideVelocity
from tests.going_on import goes_on_elsewhere
from tests.toy_envs import Countdown, OldGym


def test_wrappers_of_ours_go_on() -> None:
    assert goes_on_elsewhere(lambda: HideVelocity(gym.make("CartPole-v1", max_episode_steps=9), [0, 2]))
    assert goes_on_elsewhere(lambda: EpisodeRecorder(gym.make("CartPole-v1")))


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
    assert goes_on_elsewhere(Drift)


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
