"""Networks that rl_games does not bring. `register_networks` puts them into its table; importing does not."""


def register_networks() -> None:
    """Make our builders known to rl_games' `model_builder` under their names. Repeating it is harmless."""
    from rl_games.algos_torch import model_builder

    from algos.networks.dict_actor_critic import DictActorCriticBuilder

    model_builder.register_network("rlgx_dict_actor_critic", DictActorCriticBuilder)


def module_key(key: str) -> str:
    """An observation's key as an `nn.ModuleDict` takes it: no dots, which flattened nested keys hold."""
    return key.replace(".", "/")
