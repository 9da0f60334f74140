"""One Atari game as a Gymnasium environment under the protocol, for the kinds that run separate ones."""

from typing import Any

import gymnasium as gym
from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation

from tasks.atari.games import AtariGame
from tasks.atari.lives import FireReset, Lives
from tasks.atari.protocol import AtariProtocol
from tasks.lookup import find_spec
from tasks.recorder import EpisodeRecorder


def make_game(game: AtariGame, protocol: AtariProtocol, render_mode: str | None = None) -> gym.Env[Any, Any]:
    """A game seen through Gymnasium's own preprocessing.

    Args:
        game: which one.
        protocol: how it is played and seen.
        render_mode: as in Gymnasium.
    """
    played = gym.make(
        find_spec(game.env_id),
        frameskip=1,  # the preprocessing skips
        repeat_action_probability=protocol.repeat_action_probability,
        full_action_space=protocol.full_action_space,
        max_num_frames_per_episode=protocol.max_num_frames_per_episode,
        render_mode=render_mode,
        disable_env_checker=True,
    )
    seen = AtariPreprocessing(
        FireReset(played) if protocol.use_fire_reset else played,
        noop_max=protocol.noop_max,
        frame_skip=protocol.frameskip,
        screen_size=(protocol.img_width, protocol.img_height),
    )
    stacked = FrameStackObservation(seen, protocol.stack_num, padding_type="zero")
    # Below the lives: what is reported is the whole game.
    recorded = EpisodeRecorder(stacked)
    return Lives(recorded, protocol.life_loss_info, protocol.use_fire_reset)
