"""rl_games' names of environments: the table against the installed host, and what each means."""

import pytest
from gymnasium import wrappers as gym_wrappers
from rl_games.common import env_configurations

from cfg.errors import ConfigError
from cfg.stock.ids import UNRUNNABLE
from cfg.stock.worlds import WORLDS, world_of


def refusal(name, config=None):
    with pytest.raises(ConfigError) as caught:
        world_of(name, config or {})
    return str(caught.value)


def test_every_name_of_the_installed_rl_games_runs_or_says_why_not():
    unknown = set(env_configurations.configurations) - WORLDS.keys() - UNRUNNABLE.keys()
    assert unknown == {"BipedalWalkerCnn-v3", "BipedalWalkerHardcoreCnn-v3"}, (
        "rl_games cannot make these either"
    )


def test_no_name_both_runs_and_does_not():
    assert not WORLDS.keys() & UNRUNNABLE.keys()


def test_a_name_that_nobody_knows_gets_the_nearest():
    assert 'did you mean "openai_gym"' in refusal("openai_gim")
    assert refusal("smac").startswith("env_name=smac is StarCraft II")


def test_what_rl_games_hands_to_the_environment_is_handed_on():
    world = world_of("openai_gym", {"name": "Ant-v4", "seed": 5, "use_contact_forces": True})
    assert (world.env, world.env_kwargs, world.unread) == ("Ant-v4", {"use_contact_forces": True}, ())


def test_what_rl_games_does_not_read_is_left_out_and_named():
    world = world_of("CartPole-v1", {"seed": 5, "has_lives": False})
    assert (world.env, world.env_kwargs, world.unread) == ("CartPole-v1", {}, ("env_config.has_lives",))


def test_a_limit_of_steps_is_a_time_limit():
    world = world_of("BipedalWalker-v3", {"steps_limit": 1000, "hardcore": True})
    assert (world.max_episode_steps, world.env_kwargs) == (1000, {"hardcore": True})


@pytest.mark.parametrize(
    ("name", "config", "env"),
    [
        ("envpool", {"env_name": "Pong-v5"}, "ALE/Pong-v5"),
        ("envpool", {"env_name": "HalfCheetah-v4"}, "HalfCheetah-v4"),
        ("envpool", {"env_name": "CheetahRun-v1", "flatten_obs": True}, "dm_control/cheetah-run-v0"),
        ("envpool", {"env_name": "LunarLander-v2"}, "LunarLander-v3"),
        ("brax", {"env_name": "halfcheetah"}, "HalfCheetah-v5"),
        ("cule", {"env_name": "space_invaders"}, "ALE/SpaceInvaders-v5"),
        ("dm_control", {"name": "WalkerWalk-v0"}, "dm_control/walker-walk-v0"),
        ("atari_gym", {"name": "GopherNoFrameskip-v4"}, "ALE/Gopher-v5"),
        ("atari_gymnasium", {"env_name": "ALE/Pong-v5", "frameskip": 1, "use_async": False}, "ALE/Pong-v5"),
        ("gymnasium", {"env_name": "Ant-v5", "use_async": True}, "Ant-v5"),
        ("ray", {"name": "Ant-v5"}, "Ant-v5"),
        ("BipedalWalkerHardcore-v2", {}, "BipedalWalkerHardcore-v3"),
        ("CarRacing-v0", {}, "CarRacing-v3"),
        ("minigrid_env", {"name": "MiniGrid-Empty-5x5-v0"}, "MiniGrid-Empty-5x5-v0"),
    ],
)
def test_other_libraries_names_lead_to_gymnasium(name, config, env):
    world = world_of(name, config)
    assert (world.env, world.unread) == (env, ())


@pytest.mark.parametrize(
    ("name", "config", "reason"),
    [
        ("brax", {"env_name": "ur5e"}, "has no successor"),
        ("envpool", {"env_name": "Pong-v5", "use_dict_obs_space": True}, "the last action"),
        ("atari_gym", {"name": "PongNoFrameskip-v4", "wrap_impala": True}, "the last action"),
        ("atari_gym", {"name": "Pong"}, "is no Atari game's id"),
        ("openai_gym", {"name": "procgen:procgen-coinrun-v0", "procgen": True}, "needs procgen"),
        ("openai_gym", {"name": "os:Evil-v0"}, "names a module to import"),
        ("openai_gym", {}, "params.config.env_config.name is missing"),
        ("openai_gym", {"name": "TestAsymmetricEnv-v0"}, "rl_games' own test environment"),
        ("dm_control", {"name": "Unknown-v0"}, "is no task of dm_control's"),
    ],
)
def test_what_cannot_run_says_why(name, config, reason):
    assert reason in refusal(name, config)


def test_a_game_with_a_skip_of_its_own_is_not_skipped_twice():
    note = "Pong-v5 skips frames twice in rl_games, 16 in all: here 4"
    assert note in world_of("Pong-v5", {}).notes
    assert note not in world_of("PongNoFrameskip-v4", {}).notes


@pytest.mark.parametrize("name", WORLDS)
def test_every_wrapper_of_gymnasium_exists(name):
    keys = {"name": "PongNoFrameskip-v4", "env_name": "pong" if name == "cule" else "Pong-v5"}
    keys |= {"brax": {"env_name": "ant"}, "dm_control": {"name": "WalkerWalk-v0"}}.get(name, {})
    for wrapper in world_of(name, {**keys, "frames": 4, "flatten_obs": True}).wrappers:
        module, _, attribute = wrapper["entry_point"].partition(":")
        if module == "gymnasium.wrappers":
            assert attribute in gym_wrappers.__all__


@pytest.mark.parametrize(
    ("config", "frames", "note"),
    [
        (
            {"name": "PongNoFrameskip-v4", "frameskip": 1},
            4,
            "runs as ALE/Pong-v5, set to the same frame skip",
        ),
        ({"name": "ALE/Pong-v5", "skip": 2, "frameskip": 2}, 2, "4 in all: here 2"),
        ({"name": "ALE/Pong-v5"}, 4, "16 in all: here 4"),
    ],
)
def test_a_games_own_skip_multiplies_rl_games_and_is_never_taken_for_it(config, frames, note):
    world = world_of("atari_gym", config)
    assert world.env_kwargs["frameskip"] == frames
    assert note in " ".join(world.notes)


def test_frames_of_dm_control_are_stacked_and_its_own_settings_named():
    world = world_of("dm_control", {"name": "WalkerWalk-v0", "frames": 4, "flat_observation": True})
    assert [wrapper["entry_point"].split(":")[1] for wrapper in world.wrappers] == [
        "FlattenObservation",
        "FrameStackObservation",
    ]
    assert world.notes[-1] == "env_config.flat_observation went to dm_control itself, and has no effect here"
    assert world.unread == ()
