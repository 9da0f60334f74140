"""Fits PPO to an environment's spaces: as any actor-critic, and no key without something to act on."""

from collections.abc import Mapping
from typing import Any

from gymnasium import spaces

from algos.fit import Fitted
from algos.fit import fit as fit_actor_critic
from cfg.errors import ConfigError
from cfg.schema.settle import SETTINGS


def fit(params: Any, env_info: Mapping[str, Any]) -> Fitted:
    """Choose what `params` (a `cfg.schema.Params`) leaves open.

    Raises ConfigError where an explicit choice contradicts the spaces.
    """
    fitted = fit_actor_critic(params, env_info)
    settings, action_space = params.config, env_info["action_space"]
    if settings.max_sigma and not isinstance(action_space, spaces.Box):
        raise ConfigError(
            f"{SETTINGS}.max_sigma={settings.max_sigma} bounds the noise of continuous actions "
            f"and does not fit the action space {action_space}",
            "leave it out",
        )
    if settings.use_action_masks and isinstance(action_space, spaces.Box):
        raise ConfigError(
            f"{SETTINGS}.use_action_masks=True says which choices are allowed "
            f"and does not fit the action space {action_space}",
            "leave it out",
        )
    if settings.central_value_config:
        _require_states(env_info.get("state_space"))
    return fitted


def _require_states(space: spaces.Space[Any] | None) -> None:
    """Raises ConfigError where a critic of its own has nothing to read, or a Dict, which rl_games' cannot."""
    if space is None:
        raise ConfigError(
            f"{SETTINGS}.central_value_config: this environment has no states for a critic of its own",
            "leave it out, or give the environment states (docs/contract.md)",
        )
    if isinstance(space, spaces.Dict):
        raise ConfigError(
            f"{SETTINGS}.central_value_config: a critic of its own reads no Dict, and the states are {space}",
            "put the states into one Box",
        )
