"""Fits a train configuration to an environment's spaces: agent, model and network. Builds nothing.

The result is plain, in rl_games' own words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gymnasium import spaces

from algos.networks import ACTOR_CRITIC
from cfg.compose import load_network
from cfg.errors import ConfigError, did_you_mean
from cfg.schema.network import BUILDERS

Block = dict[str, Any]

_CONV_SIZES = ("kernel_size", "strides", "padding")

_GAUSSIAN: Block = {
    "mu_activation": "None",
    "sigma_activation": "None",
    "mu_init": {"name": "default"},
    "sigma_init": {"name": "const_initializer", "val": 0},
    "fixed_sigma": True,
}

# Kind of action space -> rl_games' names for it, and the network's output section.
_BY_ACTION: dict[type, tuple[str, str, str, Block]] = {
    spaces.Discrete: ("a2c_discrete", "discrete_a2c", "discrete", {}),
    spaces.Tuple: ("a2c_discrete", "multi_discrete_a2c", "multi_discrete", {}),
    spaces.Box: ("a2c_continuous", "continuous_a2c_logstd", "continuous", _GAUSSIAN),
}


@dataclass(frozen=True)
class Fitted:
    """Names and network block for one pair of spaces."""

    algo: str
    model: str
    network: Block
    normalize_input: bool


def fit(params: Any, env_info: Mapping[str, Any]) -> Fitted:
    """Choose what `params` (a `cfg.schema.Params`) leaves open.

    Raises ConfigError where an explicit choice contradicts the spaces.
    """
    action_space, obs_space = env_info["action_space"], env_info["observation_space"]
    algo, model, section, default_output = _BY_ACTION[type(action_space)]
    _agree("train.params.algo.name", params.algo.name, algo, action_space, open_names=("ppo",))
    _agree("train.params.model.name", params.model.name, model, action_space, open_names=("auto",))
    chosen = params.network or load_network(choose_network(obs_space))
    output = {**default_output, **((chosen.get("space") or {}).get(section) or {})}
    network = {**chosen, "space": {section: output}}
    if network["name"] == "resnet_actor_critic" and section == "multi_discrete":
        raise ConfigError(
            "network: rl_games' resnet_actor_critic has no head for several choices at once",
            "use network=cnn or network=auto",
        )
    network = fit_to_observation(network, obs_space)
    return Fitted(algo, model, network, params.config.normalize_input)


def fit_to_observation(network: Block, obs_space: spaces.Space[Any]) -> Block:
    """The block for this observation space: branches for a Dict, CHW images, kernels that fit.

    Raises ConfigError where the network cannot read the observation. A builder from outside judges itself.
    """
    if network["name"] not in BUILDERS:
        return network
    parts = dict(obs_space.spaces) if isinstance(obs_space, spaces.Dict) else {"": obs_space}
    images = {key: part for key, part in parts.items() if _is_image(part)}
    _check_kind(network, images, parts)
    if isinstance(obs_space, spaces.Dict) and network["name"] != "actor_critic":
        raise ConfigError(f"network: {network['name']} cannot read a Dict", "use network=auto")
    _check_branches(network, obs_space)
    if images:
        _check_convolutions(network, images)
        network = {**network, "cnn": {**network["cnn"], "permute_input": False}}
    if isinstance(obs_space, spaces.Dict) or _asks_for_ours(network):
        return {**network, "name": ACTOR_CRITIC}
    return network


def _asks_for_ours(network: Block) -> bool:
    """Whether a block holds what rl_games 1.6.5 ignores or does wrongly, and our builder does."""
    return bool(network.get("normalization") or network["mlp"].get("residual"))


def _check_kind(network: Block, images: Block, parts: Block) -> None:
    if images and "cnn" not in network:
        raise ConfigError(
            f"network: an MLP cannot read observations of shape {next(iter(images.values())).shape}",
            "use network=auto, network=cnn or network=cnn_small",
        )
    if "cnn" in network and not images:
        raise ConfigError(
            f"network: a CNN cannot read observations of shape {next(iter(parts.values())).shape}",
            "use network=auto or network=mlp",
        )


def _check_branches(network: Block, obs_space: spaces.Space[Any]) -> None:
    for key, branch in (network.get("inputs") or {}).items():
        if not isinstance(obs_space, spaces.Dict):
            raise ConfigError(
                f"network.inputs.{key}: the observation is no Dict but one {type(obs_space).__name__} "
                f"of shape {obs_space.shape}",
                "leave inputs out",
            )
        if key not in obs_space.spaces:
            raise ConfigError(
                f"network.inputs.{key} is no part of the observation", did_you_mean(key, obs_space.spaces)
            )
        part = obs_space[key]
        if branch.get("convs") and not _is_image(part):
            raise ConfigError(
                f"network.inputs.{key}.convs: no image but shape {part.shape}",
                f"leave it out; network.inputs.{key}.units sizes its layers",
            )


def _check_convolutions(network: Block, images: Block) -> None:
    """A residual network has none of these: it pads, and fits every image."""
    branches = network.get("inputs") or {}
    for key, image in images.items():
        convs = branches.get(key, {}).get("convs") or network["cnn"].get("convs", [])
        if not convolutions_fit(convs, image.shape):
            raise ConfigError(
                f"network: these convolutions do not fit images of shape {image.shape}",
                "use network=cnn_small, or smaller kernels and strides",
            )


def choose_network(obs_space: spaces.Space[Any]) -> str:
    """Name of the shipped network for an observation space: mlp, or the largest CNN whose kernels fit."""
    if isinstance(obs_space, spaces.Dict):
        images = [space for space in obs_space.spaces.values() if _is_image(space)]
    else:
        images = [obs_space] if _is_image(obs_space) else []
    if not images:
        return "mlp"
    for name in ("cnn", "cnn_small"):
        convs = load_network(name)["cnn"]["convs"]
        if all(convolutions_fit(convs, image.shape) for image in images):
            return name
    shapes = ", ".join(str(image.shape) for image in images)
    raise ConfigError(
        f"network: no shipped CNN fits images of shape {shapes}",
        "resize or flatten the observation with a wrapper in the task YAML",
    )


def convolutions_fit(convs: list[Block], shape: tuple[int, ...] | None) -> bool:
    """Whether a [C, H, W] image is still at least one pixel wide after every convolution."""
    assert shape is not None and len(shape) == 3, shape
    for axis, size in enumerate(shape[1:]):
        for conv in convs:
            kernel, stride, padding = (_along(conv[key], axis) for key in _CONV_SIZES)
            size = (size + 2 * padding - kernel) // stride + 1
            if size < 1:
                return False
    return True


def _along(sizes: int | list[int], axis: int) -> int:
    """A convolution's size along one axis; rl_games takes one number for both as well."""
    return sizes[axis] if isinstance(sizes, list) else sizes


def _is_image(space: spaces.Space[Any]) -> bool:
    return isinstance(space, spaces.Box) and len(space.shape) == 3


def _agree(key: str, given: str, needed: str, space: spaces.Space[Any], open_names: tuple[str, ...]) -> None:
    if given not in (*open_names, needed):
        raise ConfigError(f"{key}={given} does not fit the action space {space}", f"use {key}={needed}")
