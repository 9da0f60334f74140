"""Which Atari game an id means: ale:pong, ALE/Pong-v5 or PongNoFrameskip-v4. Plays nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec

from cfg.errors import ConfigError, did_you_mean
from tasks.lookup import find_spec

PREFIX = "ale:"
"""Engine ids: ale-py's own names of games, in snake_case."""

OBS_TYPE = "obs_type"
"""Whoever says what a Gymnasium id shall show (rgb, grayscale, ram) gets it without the protocol."""

SINGLE_GAME = "tasks.atari.single:make_game"
"""What makes one game under the protocol."""

RAW_GAME = "ale_py.env:AtariEnv"
FIXED_FRAMESKIPS = (1, 4)
"""Of the ids that the protocol may take over. Pong-v4 and its like skip at random: they stay as they are."""


@dataclass(frozen=True)
class AtariGame:
    """A game by the names that its two makers know.

    Attributes:
        rom: ale-py's name, e.g. ms_pacman.
        env_id: Gymnasium's id, e.g. ALE/MsPacman-v5.
        kwargs: what the id that was asked for says itself about the protocol.
    """

    rom: str
    env_id: str
    kwargs: Mapping[str, Any]


def game_of_engine(env_id: str) -> AtariGame | None:
    """The game of an engine id; None for any other id. Raises ConfigError for a game that does not exist."""
    return _find_rom(env_id.removeprefix(PREFIX)) if env_id.startswith(PREFIX) else None


def game_of_spec(spec: EnvSpec, kwargs: Mapping[str, Any], has_wrappers: bool) -> AtariGame | None:
    """The game of a Gymnasium id, to play under the protocol; None for any other environment.

    It keeps its own look where `kwargs` give an `obs_type`, or the task has wrappers.
    """
    if OBS_TYPE in kwargs or has_wrappers or not _is_taken_over(spec):
        return None
    sticky = spec.kwargs["repeat_action_probability"]
    game = _find_rom(spec.kwargs["game"])
    return AtariGame(game.rom, game.env_id, {"repeat_action_probability": sticky})


def _find_rom(rom: str) -> AtariGame:
    games = _games()
    if rom not in games:
        raise ConfigError(f'env="{PREFIX}{rom}" is no Atari game', did_you_mean(rom, games))
    return AtariGame(rom, games[rom], {})


def _games() -> dict[str, str]:
    """ROM -> Gymnasium's newest id, of the games that one player can play."""
    find_spec("ALE/Pong-v5")  # has ale-py register its games
    return {
        str(spec.kwargs["game"]): env_id for env_id, spec in gym.registry.items() if spec.namespace == "ALE"
    }


def _is_taken_over(spec: EnvSpec) -> bool:
    return spec.entry_point == RAW_GAME and spec.kwargs.get("frameskip") in FIXED_FRAMESKIPS
