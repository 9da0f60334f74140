"""Environments and wrappers that are known go on from a state as they would have: every bit of 200 steps."""

from typing import Any

import ale_py
import gymnasium as gym
import pytest
from gymnasium import wrappers

from tasks.known_states import MODULES, NotRestorable
from tasks.states import read_state
from tests.going_on import goes_on_elsewhere

CLASSIC = ("CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1")
TOY_TEXT = ("Blackjack-v1", "CliffWalking-v1", "FrozenLake-v1", "Taxi-v4")
ROBOTS = (
    *("Ant", "HalfCheetah", "Hopper", "Humanoid", "HumanoidStandup", "InvertedDoublePendulum"),
    *("InvertedPendulum", "Pusher", "Reacher", "Swimmer", "Walker2d"),
)
WRAPPED: dict[str, Any] = {
    "TimeLimit": lambda: wrappers.TimeLimit(gym.make("CartPole-v1"), 9),
    "ClipAction": lambda: wrappers.ClipAction(gym.make("Pendulum-v1")),
    "FrameStackObservation": lambda: wrappers.FrameStackObservation(gym.make("CartPole-v1"), 3),
    "TimeAwareObservation": lambda: wrappers.TimeAwareObservation(gym.make("CartPole-v1")),
    "NormalizeObservation": lambda: wrappers.NormalizeObservation(gym.make("CartPole-v1")),
    "NormalizeReward": lambda: wrappers.NormalizeReward(gym.make("Pendulum-v1")),
}


@pytest.mark.parametrize("env_id", [*CLASSIC, *TOY_TEXT])
def test_small_environments_go_on(env_id: str) -> None:
    assert goes_on_elsewhere(lambda: gym.make(env_id))


@pytest.mark.parametrize("robot", ROBOTS)
def test_robots_of_mujoco_go_on(robot: str) -> None:
    pytest.importorskip("mujoco")
    assert goes_on_elsewhere(lambda: gym.make(f"{robot}-v5"))


def test_no_robot_is_left_out() -> None:
    ids = [spec.entry_point for spec in gym.registry.values() if "mujoco" in str(spec.entry_point)]
    newest = {str(entry).split(":")[0] for entry in ids if "_v5:" in str(entry)}
    assert not newest or newest <= MODULES.keys()


@pytest.mark.parametrize("name", WRAPPED)
def test_wrappers_go_on(name: str) -> None:
    assert goes_on_elsewhere(WRAPPED[name])


def _game(name: str, **kwargs: Any) -> Any:
    gym.register_envs(ale_py)
    plain = gym.make(f"ALE/{name}-v5", frameskip=1, **{"repeat_action_probability": 0.0, **kwargs})
    return wrappers.FrameStackObservation(wrappers.AtariPreprocessing(plain, noop_max=30), 4)


@pytest.mark.parametrize("name", ["Breakout", "Qbert"])
def test_games_of_atari_go_on(name: str) -> None:
    assert goes_on_elsewhere(lambda: _game(name))


@pytest.mark.parametrize(
    ("name", "kwargs", "why"),
    [
        ("Pong", {"repeat_action_probability": 0.25}, "which action is sticking"),
        ("YarsRevenge", {}, "not give all of the state of yars_revenge"),
    ],
)
def test_games_that_ale_cannot_restore_say_so(name: str, kwargs: dict[str, Any], why: str) -> None:
    env = _game(name, **kwargs)
    env.reset(seed=0)
    with pytest.raises(NotRestorable, match=why):
        read_state(env)


def test_a_lake_of_another_map_does_not_go_on() -> None:
    with pytest.raises(NotRestorable, match="its map is another one"):
        goes_on_elsewhere(lambda: gym.make("FrozenLake-v1", map_name=None))
