"""Fits SAC to an environment's spaces: sizes, action range and network. Builds nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from cfg.compose import load_network
from cfg.errors import ConfigError

Block = dict[str, Any]

_LOG_STD_BOUNDS = [-5.0, 2.0]  # as in every SAC YAML of rl_games; its builder has no default
_USE_PPO = "use train=PPO, or a wrapper in the task YAML"


@dataclass(frozen=True)
class Fitted:
    """What the network is built from; all of it plain data.

    Attributes:
        network: rl_games' block `soft_actor_critic`.
        obs_size: numbers in one observation, parts of a Dict one after the other.
        action_low, action_high: the environment's finite bounds.
    """

    network: Block
    normalize_input: bool
    obs_size: int
    action_low: list[float]
    action_high: list[float]


def fit(params: Any, env_info: Mapping[str, Any]) -> Fitted:
    """Choose what `params` (a `cfg.schema.Params`) leaves open.

    Raises ConfigError where SAC cannot act in or read these spaces.
    """
    low, high = _bounds(env_info["action_space"])
    if "state_space" in env_info:
        raise ConfigError("SAC has no central critic, and this environment gives it states", "use train=PPO")
    if int(env_info.get("value_size", 1)) != 1:
        raise ConfigError(f"SAC learns one reward, not {env_info['value_size']}", _USE_PPO)
    chosen = params.network or load_network("soft_actor_critic")
    return Fitted(
        network=_network(chosen),
        normalize_input=params.config.normalize_input,
        obs_size=_size(env_info["observation_space"]),
        action_low=low,
        action_high=high,
    )


def _bounds(space: spaces.Space[Any]) -> tuple[list[float], list[float]]:
    if not isinstance(space, spaces.Box):
        raise ConfigError(f"SAC needs continuous actions, and the action space is {space}", "use train=PPO")
    if not np.isfinite([space.low, space.high]).all():
        raise ConfigError(f"SAC needs finite action bounds, and the action space is {space}", _USE_PPO)
    return space.low.astype(float).tolist(), space.high.astype(float).tolist()


def _size(space: spaces.Space[Any]) -> int:
    if isinstance(space, spaces.Dict):
        return sum(_size(part) for part in space.values())
    if len(space.shape or ()) != 1:
        raise ConfigError(f"SAC reads vectors, not observations of shape {space.shape}", _USE_PPO)
    assert space.shape is not None
    return int(space.shape[0])


def _network(chosen: Block) -> Block:
    """rl_games' block, from one of its kind or from the layers of an actor_critic."""
    return {
        "name": "soft_actor_critic",
        "separate": True,
        "space": {"continuous": None},
        "mlp": chosen["mlp"],
        "log_std_bounds": chosen.get("log_std_bounds", _LOG_STD_BOUNDS),
    }
