"""How a rollout is cut: minibatches that divide the batch and hold whole sequences. Learns nothing."""

from typing import Any

from algos.ppo.settings import PPOSettings
from cfg.schema import Config
from cfg.schema.batch import fitted_size
from cfg.schema.settle import SETTINGS


def settle(config: Config[PPOSettings], explicit: frozenset[str]) -> dict[str, Any]:
    """Minibatch sizes that divide the batch, and a sequence of 1 where nothing recurs.

    rl_games 1.6.5 refuses a batch that its default sequence of 4 does not divide, recurrent or not.
    """
    settings, multiple = config.settings, sequence_multiple(config)
    changes: dict[str, Any] = {
        "seq_length": multiple,
        "minibatch_size": _minibatch(settings, config, f"{SETTINGS}.minibatch_size", explicit),
        "minibatch_size_per_env": None,
    }
    central = settings.central_value_config
    if central is not None:
        wanted = central.get("minibatch_size") or central.get("minibatch_size_per_env", 0) * config.num_envs
        size = _fit(config, wanted, f"{SETTINGS}.central_value_config.minibatch_size", explicit)
        kept = {key: value for key, value in central.items() if key != "minibatch_size_per_env"}
        changes["central_value_config"] = {**kept, "minibatch_size": size}
    return changes


def _minibatch(settings: PPOSettings, config: Config[PPOSettings], key: str, explicit: frozenset[str]) -> int:
    per_env = settings.minibatch_size_per_env
    by_env = per_env is not None and (f"{key}_per_env" in explicit or settings.minibatch_size is None)
    wanted = per_env * config.num_envs if by_env and per_env else settings.minibatch_size or 0
    return _fit(config, wanted, key, explicit)


def _fit(config: Config[PPOSettings], wanted: int, key: str, explicit: frozenset[str]) -> int:
    batch = config.settings.horizon_length * config.num_envs
    if {key, f"{key}_per_env"} & explicit:
        return wanted
    return fitted_size(batch, sequence_multiple(config), wanted or batch)


def sequence_multiple(config: Config[PPOSettings]) -> int:
    """How many steps a minibatch must hold together: seq_length where something recurs, else 1."""
    return config.settings.seq_length if is_recurrent(config) else 1


def is_recurrent(config: Config[PPOSettings]) -> bool:
    """Whether the policy or the central value carries a state from step to step."""
    central = config.settings.central_value_config
    networks = (config.train.params.network, central["network"] if central else None)
    return any("rnn" in network for network in networks if network)
