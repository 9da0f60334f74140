"""Rules between SAC's keys, and what is settled. Each rule raises one ConfigError with a remedy."""

from typing import Any

from algos.sac.settings import SACSettings
from cfg.errors import ConfigError
from cfg.schema import Config
from cfg.schema.settle import SETTINGS

_WARM_UP_FRAMES = 1000
_NETWORKS = ("soft_actor_critic", "actor_critic")
_READ = ("name", "separate", "space", "mlp", "log_std_bounds")
_UNREAD_LAYERS = ("d2rl", "norm_only_first_layer", "residual")
_UNSET: tuple[Any, ...] = (None, False, "None", {})
_REMEDIES = {
    "cnn": "SAC reads vectors: use network=auto or train=PPO",
    "rnn": "SAC remembers nothing: use network=auto or train=PPO",
}


def settle(config: Config[SACSettings], explicit: frozenset[str]) -> dict[str, Any]:
    """Gradient steps and warm-up in frames, which do not depend on the number of environments.

    rl_games' older `num_updates_per_step` and `num_warmup_steps` count steps of all rows and epochs. Of an
    older and a newer name, the one on the command line holds, else the older, which no base YAML sets.
    """
    settings, rows = config.settings, config.num_envs
    utd_ratio, frames = settings.utd_ratio, settings.num_warmup_frames
    if _older_holds("num_updates_per_step", "utd_ratio", settings.num_updates_per_step, explicit):
        utd_ratio = (settings.num_updates_per_step or 1) / rows
    if _older_holds("num_warmup_steps", "num_warmup_frames", settings.num_warmup_steps, explicit):
        frames = (settings.num_warmup_steps or 0) * settings.num_steps_per_episode * rows
    return {
        "utd_ratio": utd_ratio,
        "num_updates_per_step": None,
        "num_warmup_frames": _WARM_UP_FRAMES if frames is None else frames,
        "num_warmup_steps": None,
    }


def _older_holds(older: str, newer: str, value: int | None, explicit: frozenset[str]) -> bool:
    given = {key for key in (older, newer) if f"{SETTINGS}.{key}" in explicit}
    if given == {older, newer}:
        raise ConfigError(
            f"{SETTINGS}.{older} and {newer} say the same in other units", f"give {newer} alone"
        )
    return value is not None and newer not in given


def _replay_holds_what_is_drawn(config: Config[SACSettings], _explicit: frozenset[str]) -> None:
    settings = config.settings
    needed = {
        "batch_size": settings.batch_size,
        "num_warmup_frames": settings.num_warmup_frames or 0,
        "num_envs": config.num_envs,
    }
    key = max(needed, key=lambda name: needed[name])
    if settings.replay_buffer_size < needed[key]:
        raise ConfigError(
            f"{SETTINGS}.replay_buffer_size={settings.replay_buffer_size} is less than {key}={needed[key]}",
            f"use {needed[key]} or more",
        )


def _network_is_an_mlp(config: Config[SACSettings], _explicit: frozenset[str]) -> None:
    network = config.train.params.network or {}
    if not network:
        return
    if network["name"] not in _NETWORKS:
        raise ConfigError(
            f"train.params.network.name={network['name']} is no network of SAC",
            f"choose from: {', '.join(_NETWORKS)}, or write network=auto",
        )
    for key, value in _unread(network).items():
        if value not in _UNSET:
            raise ConfigError(
                f"train.params.network.{key} does not go with SAC", _REMEDIES.get(key, "leave it out")
            )
    if not network["mlp"]["units"]:
        raise ConfigError(
            "train.params.network.mlp.units=[]: rl_games' SAC has one layer or more",
            "write units: [256, 256]",
        )
    if not network.get("separate", True):
        raise ConfigError(
            "train.params.network.separate=False: SAC's critics are networks of their own",
            "write separate: true",
        )


def _unread(network: dict[str, Any]) -> dict[str, Any]:
    """What a block may say to PPO and SAC has no use for, by dotted key."""
    outer = {key: value for key, value in network.items() if key not in _READ}
    heads = {f"space.{key}": value for key, value in (network.get("space") or {}).items()}
    layers = {f"mlp.{key}": network["mlp"].get(key) for key in _UNREAD_LAYERS}
    return {**outer, **heads, **layers}


def _bounds_of_the_deviation_ascend(config: Config[SACSettings], _explicit: frozenset[str]) -> None:
    low, high = (config.train.params.network or {}).get("log_std_bounds", (-5.0, 2.0))
    if low >= high:
        raise ConfigError(
            f"train.params.network.log_std_bounds=[{low}, {high}] is no range",
            "write log_std_bounds: [-5, 2]",
        )


def _noise_is_learned(config: Config[SACSettings], _explicit: frozenset[str]) -> None:
    if config.sigma is not None:
        raise ConfigError(
            f"sigma={config.sigma} does not go with SAC, whose network gives the noise for every state",
            "leave it out; train.params.config.init_alpha and target_entropy_coef govern exploration",
        )


RULES = (
    _replay_holds_what_is_drawn,
    _network_is_an_mlp,
    _bounds_of_the_deviation_ascend,
    _noise_is_learned,
)
