"""Environments that rl_games shows as pictures, and the same preprocessing here."""

from dataclasses import replace
from typing import Any

from cfg.errors import ConfigError
from cfg.stock.ids import atari_game, living_id
from cfg.stock.world import World

_SIDE = 84
"""Pixels of a picture's side, as in rl_games' WarpFrame."""


def atari(name: str, *, skip: int, life_loss: bool, sticky: float, inner: int) -> World:
    """An Atari game as rl_games' make_atari_deepmind shows it: grey, 84 x 84, four frames.

    Args:
        name: its id, older or newer.
        skip: frames that an action lasts.
        life_loss: a lost life ends the learner's episode.
        sticky: probability that the game repeats the last action instead.
        inner: frames that the game itself skips besides, where rl_games leaves that on.
    """
    env = atari_game(name)
    if env is None:
        raise ConfigError(f"{name} is no Atari game's id", "write one such as PongNoFrameskip-v4")
    note = f"{name} skips frames twice in rl_games, {inner * skip} in all: here {skip}"
    # The rest is what docs/atari.md calls the usual protocol.
    protocol = {"frameskip": skip, "life_loss_info": life_loss, "repeat_action_probability": sticky}
    return World(env, env_kwargs=protocol, notes=(note,) if inner != 1 else ())


def car_racing(_config: dict[str, Any]) -> World:
    """CarRacing as rl_games' make_car_racing shows it: grey, 84 x 84, four frames, which an action lasts."""
    wrappers = (
        {"entry_point": "gymnasium.wrappers:MaxAndSkipObservation", "kwargs": {"skip": 4}},
        {"entry_point": "gymnasium.wrappers:GrayscaleObservation", "kwargs": {}},
        {"entry_point": "tasks.wrappers:resize", "kwargs": {"height": _SIDE, "width": _SIDE}},
        {"entry_point": "gymnasium.wrappers:FrameStackObservation", "kwargs": {"stack_size": 4}},
    )
    return replace(living_id("CarRacing-v0"), wrappers=wrappers)


def minigrid(config: dict[str, Any]) -> World:
    """A MiniGrid as rl_games' create_minigrid_env shows it: a picture of what the agent sees."""
    name = config.pop("name", None)
    if not isinstance(name, str):
        raise ConfigError("params.config.env_config.name is missing", "name the MiniGrid there")
    fully, partly = config.pop("rgb_fully_obs", False), config.pop("rgb_partial_obs", True)
    view = int(config.pop("view_size", 3))
    wrappers: list[dict[str, Any]] = [
        {"entry_point": f"minigrid.wrappers:{wrapper}", "kwargs": {}}
        for key, wrapper in (("state_bonus", "PositionBonus"), ("action_bonus", "ActionBonus"))
        if config.pop(key, False)
    ]
    if fully:
        wrappers.append({"entry_point": "minigrid.wrappers:RGBImgObsWrapper", "kwargs": {}})
    elif partly:
        narrow, tiles = {"agent_view_size": view}, {"tile_size": _SIDE // view}
        wrappers.append({"entry_point": "minigrid.wrappers:ViewSizeWrapper", "kwargs": narrow})
        wrappers.append({"entry_point": "minigrid.wrappers:RGBImgPartialObsWrapper", "kwargs": tiles})
    wrappers.append({"entry_point": "minigrid.wrappers:ImgObsWrapper", "kwargs": {}})
    rest = dict(config)
    config.clear()
    return World(name, env_kwargs=rest, wrappers=tuple(wrappers))
