"""Which ids are Atari games under the protocol, and what is said of those that are none."""

from typing import Any

import pytest

from cfg.errors import ConfigError
from tasks import make_vec_env
from tasks.atari.games import AtariGame, game_of_engine, game_of_spec
from tasks.atari.protocol import AtariProtocol, read_protocol
from tasks.lookup import find_spec


@pytest.mark.parametrize(
    ("env_id", "rom", "gymnasium_id", "kwargs"),
    [
        ("ale:pong", "pong", "ALE/Pong-v5", {}),
        ("ale:ms_pacman", "ms_pacman", "ALE/MsPacman-v5", {}),
        ("ALE/Pong-v5", "pong", "ALE/Pong-v5", {"repeat_action_probability": 0.25}),
        ("PongNoFrameskip-v4", "pong", "ALE/Pong-v5", {"repeat_action_probability": 0.0}),
    ],
)
def test_a_game_goes_by_the_names_of_both_its_makers(
    env_id: str, rom: str, gymnasium_id: str, kwargs: dict
) -> None:
    game = game_of_engine(env_id) or game_of_spec(find_spec(env_id), {}, has_wrappers=False)
    assert game == AtariGame(rom, gymnasium_id, kwargs)


@pytest.mark.parametrize(
    ("env_id", "kwargs", "has_wrappers"),
    [
        ("CartPole-v1", {}, False),
        ("Pong-v4", {}, False),  # skips 2, 3 or 4 frames at random
        ("ALE/Pong-v5", {"obs_type": "ram"}, False),
        ("ALE/Pong-v5", {"frameskip": 1}, True),
    ],
)
def test_what_is_to_be_seen_otherwise_stays_gymnasiums(env_id: str, kwargs: dict, has_wrappers: bool) -> None:
    assert game_of_engine(env_id) is None
    assert game_of_spec(find_spec(env_id), kwargs, has_wrappers) is None


def test_the_raw_screen_and_the_memory_can_be_asked_for() -> None:
    for obs_type, shape in (("rgb", (3, 210, 160)), ("ram", (128,))):
        with make_vec_env("Gym", env="ALE/Pong-v5", env_kwargs={"obs_type": obs_type}, num_envs=1) as vec:
            assert vec.get_env_info()["observation_space"].shape == shape


@pytest.mark.parametrize(
    ("env_id", "line"),
    [
        ("ale:pongg", 'env="ale:pongg" is no Atari game -- did you mean "pong"? choose from: '),
        ("ale:MsPacman", 'is no Atari game -- did you mean "ms_pacman"?'),
        ("ale:warlords", 'env="ale:warlords" is no Atari game'),  # for two players or more
        ("ALE/Pongg-v5", 'env="ALE/Pongg-v5" is no Gymnasium id -- did you mean "ALE/Pong-v5"?'),
        ("ALE/Pong-v4", 'env="ALE/Pong-v4" is retired -- use env=ALE/Pong-v5'),
    ],
)
def test_a_game_that_does_not_exist_is_told_with_suggestions(env_id: str, line: str) -> None:
    with pytest.raises(ConfigError) as error:
        make_vec_env("Gym", env=env_id, num_envs=1)
    assert line in str(error.value)


@pytest.mark.parametrize(
    ("kwargs", "line"),
    [
        ({"frame_skip": 4}, 'unknown key env_kwargs.frame_skip -- did you mean "frameskip"?'),
        ({"frameskip": 0}, "env_kwargs.frameskip=0 is not allowed -- give an integer from 1"),
        ({"repeat_action_probability": 2}, "env_kwargs.repeat_action_probability=2 is not allowed -- give"),
        ({"reward_clipping": True}, "no key of an Atari game -- clip in the learner"),
        ({"episodic_life": True}, "no key of an Atari game -- life_loss_info=True ends"),
        ({"num_threads": 2}, "no key of an Atari game -- write num_workers=N"),
    ],
)
def test_a_key_that_the_protocol_has_not_is_refused(kwargs: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_protocol(kwargs)
    assert line in str(error.value)


def test_the_shorter_of_two_time_limits_counts() -> None:
    assert read_protocol({}) == AtariProtocol()
    assert read_protocol({"frameskip": 5}, 10).max_num_frames_per_episode == 50
    assert read_protocol({"max_num_frames_per_episode": 8}, 10).max_num_frames_per_episode == 8
