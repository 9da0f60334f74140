"""Ids of environments, then and now, against what Gymnasium and ale-py register."""

import ale_py
import gymnasium as gym
import pytest

from cfg.errors import ConfigError
from cfg.stock.ids import RETIRED_BELOW, atari_game, dm_control_id, is_atari_of_envpool, living_id


@pytest.mark.parametrize("name", RETIRED_BELOW)
def test_a_successor_is_gymnasiums_newest(name):
    oldest, newest = RETIRED_BELOW[name]
    versions = [spec.version for spec in gym.registry.values() if spec.name == name and not spec.namespace]
    assert newest == max(versions)
    assert oldest in versions


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("LunarLander-v2", "LunarLander-v3"),
        ("Pendulum-v0", "Pendulum-v1"),
        ("HalfCheetah-v2", "HalfCheetah-v5"),
        ("HumanoidStandup-v3", "HumanoidStandup-v5"),
        ("Pusher-v4", "Pusher-v5"),
    ],
)
def test_a_retired_id_gives_way_and_says_so(then, now):
    world = living_id(then)
    assert (world.env, world.notes) == (now, (f"{then} is retired: {now} takes its place",))


@pytest.mark.parametrize(
    "env_id", ["CartPole-v1", "HalfCheetah-v4", "Ant-v5", "ALE/Pong-v5", "Mine-v0", "Mine"]
)
def test_an_id_that_runs_stays(env_id):
    assert (living_id(env_id).env, living_id(env_id).notes) == (env_id, ())


def test_an_id_that_imports_a_module_is_refused():
    with pytest.raises(ConfigError, match="which no file may -- write env=os:Evil-v0 on the command line"):
        living_id("os:Evil-v0")


@pytest.mark.parametrize(
    "then", ["PongNoFrameskip-v4", "Pong-v5", "Pong-v0", "ALE/Pong-v5", "PongDeterministic-v4"]
)
def test_every_name_of_a_game_leads_to_the_newest(then):
    gym.register_envs(ale_py)
    assert atari_game(then) == "ALE/Pong-v5"
    assert "ALE/Pong-v5" in gym.registry


def test_envpools_games_are_told_from_its_robots():
    assert is_atari_of_envpool("SpaceInvaders-v5")
    assert not any(map(is_atari_of_envpool, ["Ant-v5", "Ant-v4", "CartPole-v1", "ALE/Pong-v5"]))


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("BallInCupCatch-v1", "dm_control/ball_in_cup-catch-v0"),
        ("ManipulatorBringBall-v1", "dm_control/manipulator-bring_ball-v0"),
        ("CartpoleSwingupSparse-v1", "dm_control/cartpole-swingup_sparse-v0"),
        ("HumanoidStand-v1", "dm_control/humanoid-stand-v0"),
        ("HumanoidStandup-v4", None),
        ("Pendulum-v1", None),
        ("Pong-v5", None),
    ],
)
def test_a_task_of_dm_control_is_told_by_domain_and_task(then, now):
    assert dm_control_id(then) == now
