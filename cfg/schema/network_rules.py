"""Rules between the keys of a network block: what rl_games' builders and ours would ignore or fail on.

Each is judged with a line that names the key. Builds nothing, and knows no observation.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from cfg.errors import ConfigError
from cfg.schema.network import BUILDERS

Block = Mapping[str, Any]

# Builder -> the part of `cnn` that it cannot do without.
_LAYERS = {"actor_critic": "convs", "resnet_actor_critic": "conv_depths"}

# What rl_games gives a network in worlds of its own, and rlgx in none.
_OF_OTHER_WORLDS = ("require_rewards", "require_last_actions")
_UNREAD = {
    "actor_critic": ("cnn.conv_depths",),
    "resnet_actor_critic": (
        *("separate", "normalization", "inputs", "mlp.d2rl", "mlp.norm_only_first_layer", "mlp.residual"),
        *(
            "cnn.convs",
            "cnn.activation",
            "cnn.type",
            "cnn.initializer",
            "rnn.layer_norm",
            "rnn.concat_input",
            "rnn.concat_output",
        ),
    ),
}
# What these builders do, whatever is said; elsewhere the empty value changes nothing.
_AT_REST: Block = {"cnn.activation": "relu", "cnn.type": "conv2d", "cnn.initializer": {"name": "default"}}


def judge_network(network: Block, path: str) -> None:
    """Raise ConfigError for a block that says what its builder, one of rl_games', does not do.

    Args:
        network: the block; of a builder from outside it is not judged.
        path: its dotted place.
    """
    name = network.get("name", "")
    if name not in BUILDERS:
        return
    _has_its_convolutions(network, path)
    others = (key for key in _OF_OTHER_WORLDS if network.get(key))
    for key in (*others, *unread_keys(network)):
        raise ConfigError(f"{path}.{key}={_value(network, key)}: {name} does not read it", "leave it out")
    _layers_agree(network, path)


def unread_keys(network: Block) -> Iterator[str]:
    """Dotted keys of a block that say something and are read by nobody."""
    for key in _UNREAD.get(network.get("name", ""), ()):
        if _value(network, key) not in (None, False, _AT_REST.get(key)):
            yield key
    rnn = network.get("rnn") or {}
    if network.get("name") == "actor_critic" and rnn.get("before_mlp") and rnn.get("concat_input"):
        yield "rnn.concat_input"
    mlp = network.get("mlp", {})
    is_idle = mlp.get("residual") or mlp.get("d2rl") or not network.get("normalization")
    if mlp.get("norm_only_first_layer") and is_idle:
        yield "mlp.norm_only_first_layer"


def without_keys(network: Block, keys: list[str]) -> dict[str, Any]:
    """A copy of the block without some dotted keys."""
    kept = {key: dict(part) if isinstance(part, Mapping) else part for key, part in network.items()}
    for key in keys:
        *section, name = key.split(".")
        del (kept[section[0]] if section else kept)[name]
    return kept


def _has_its_convolutions(network: Block, path: str) -> None:
    needed = _LAYERS.get(network["name"], "")
    if "cnn" in network and network["cnn"].get(needed) is None:
        raise ConfigError(f"{path}.cnn.{needed} is missing", f"{network['name']} needs it")


def _layers_agree(network: Block, path: str) -> None:
    mlp = network["mlp"]
    special = [key for key in ("residual", "d2rl") if mlp.get(key)]
    if len(special) == 2:
        raise ConfigError(f"{path}.mlp has both residual and d2rl", "leave one of them out")
    if special and not mlp["units"]:
        raise ConfigError(f"{path}.mlp.{special[0]}=True with units=[]: there are no layers", "give units")
    if network.get("normalization") and mlp.get("residual") and not ({"cnn", "inputs"} & network.keys()):
        raise ConfigError(
            f"{path}.normalization={network['normalization']}: residual blocks are normalised as they are",
            "leave it out",
        )


def _value(network: Block, key: str) -> Any:
    """The value at a dotted key, None where nothing is said."""
    value: Any = network
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
