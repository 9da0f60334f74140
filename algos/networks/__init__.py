"""Networks that rl_games does not bring. `register_networks` puts them into its table; importing does not."""

from cfg.errors import ConfigError, did_you_mean
from cfg.plugins import load, plugins
from cfg.schema.network import BUILDERS

ACTOR_CRITIC = "rlgx_actor_critic"


def register_networks(name: str) -> None:
    """Make our builders known to rl_games' `model_builder`, and the one called `name` where a plug-in has it.

    Repeating it is harmless. Raises ConfigError for a name that nobody registers.
    """
    from rl_games.algos_torch import model_builder

    from algos.networks.actor_critic import ActorCriticBuilder

    model_builder.register_network(ACTOR_CRITIC, ActorCriticBuilder)
    installed = plugins("networks", (*BUILDERS, ACTOR_CRITIC))
    if name in installed:
        model_builder.register_network(name, load(installed[name]))
    known = {*BUILDERS, *model_builder.NETWORK_REGISTRY}
    if name not in known:
        raise ConfigError(f"train.params.network.name={name} is not registered", did_you_mean(name, known))


def module_key(key: str) -> str:
    """An observation's key as an `nn.ModuleDict` takes it: no dots, which flattened nested keys hold."""
    return key.replace(".", "/")
