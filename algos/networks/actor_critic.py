"""rl_games' actor-critic with Dict observations, a layer norm that acts, and residual blocks.

What the network is asked and answers stays rl_games' own; only how its layers are built is overridden.
"""

from typing import Any

import torch
from rl_games.algos_torch.network_builder import A2CBuilder
from torch import Tensor, nn

from algos.networks import module_key

Block = dict[str, Any]

_NO_CONVOLUTIONS: Block = {
    "type": "conv2d",
    "convs": [],
    "activation": "None",
    "initializer": {"name": "default"},
}


class ActorCriticBuilder(A2CBuilder):
    """Builder of `rlgx_actor_critic`; it reads the block of rl_games' `actor_critic`."""

    # The signature is rl_games'.
    def build(self, name: str, **kwargs: Any) -> nn.Module:
        """The module for `input_shape`, which is a shape or a dict of shapes."""
        params: Block = self.params
        if isinstance(kwargs["input_shape"], dict):
            # rl_games sends what it observes through `actor_cnn`: there the encoder stands.
            convolutions = {**_NO_CONVOLUTIONS, **params.get("cnn", {}), "permute_input": False}
            params = {**params, "cnn": convolutions}
        return _ActorCritic(params, **kwargs)


class _ActorCritic(A2CBuilder.Network):
    def load(self, params: Block) -> None:
        """Read the block, as rl_games does, and the keys that are ours."""
        super().load(params)
        self._inputs: Block = params.get("inputs", {})
        self._is_residual: bool = params["mlp"].get("residual", False)

    def _build_mlp(self, **layers: Any) -> nn.Module:
        size, units = layers["input_size"], layers["units"]
        if layers["d2rl"]:
            return super()._build_mlp(**layers)
        if self._is_residual:
            return self._residual_layers(size, units)
        return self._plain_layers(size, units, 1 if self.norm_only_first_layer else len(units))

    def _plain_layers(self, size: int, units: list[int], normalised: int) -> nn.Sequential:
        """Linear layers, the first `normalised` of them with a norm behind the activation.

        Named and ordered as in rl_games 2.0, where `normalization` acts: its checkpoints fit.
        """
        layers: list[nn.Module] = []
        for index, unit in enumerate(units):
            layers += [nn.Linear(size, unit), self._activation()]
            if self.normalization and index < normalised:
                layers.append(nn.LayerNorm(unit))
            size = unit
        return nn.Sequential(*layers)

    def _residual_layers(self, size: int, units: list[int]) -> nn.Sequential:
        """A linear map into the first width, a block for each of `units`, and a last norm."""
        layers: list[nn.Module] = []
        for index, unit in enumerate(units):
            if index == 0 or unit != size:
                layers.append(nn.Linear(size, unit))
            layers.append(_ResidualBlock(unit, self._activation()))
            size = unit
        return nn.Sequential(*layers, nn.LayerNorm(size))

    def _build_conv(self, ctype: str, **kwargs: Any) -> nn.Module:
        shapes = kwargs["input_shape"]
        if not isinstance(shapes, dict):
            return self._convolutions(ctype, kwargs)
        branches = {key: self._branch(key, shapes[key], ctype, kwargs) for key in sorted(shapes)}
        return _DictEncoder(branches, shapes)

    def _branch(self, key: str, shape: tuple[int, ...], ctype: str, given: Block) -> nn.Sequential:
        """One observation [B, *shape] -> [B, D]: convolutions where it is an image, then its own layers."""
        own = self._inputs.get(key, {})
        layers: list[nn.Module] = [nn.Flatten()]
        if len(shape) == 3:
            convs = own.get("convs") or given["convs"]
            layers.insert(0, self._convolutions(ctype, {**given, "input_shape": shape, "convs": convs}))
        units = own.get("units", [])
        width = _width(nn.Sequential(*layers), shape)
        return nn.Sequential(*layers, *self._plain_layers(width, units, len(units)))

    def _convolutions(self, ctype: str, given: Block) -> nn.Sequential:
        """rl_games' own, with a norm behind each activation where one is asked for.

        Its `LayerNorm2d` takes its statistics over the whole batch, and learns nothing; this one is over an
        image's channels and pixels (Ba et al. 2016), so that an observation is read alike in any company.
        """
        layers: list[nn.Module] = []
        channels = None
        for layer in super()._build_conv(ctype, **{**given, "norm_func_name": None}):
            layers.append(layer)
            if self.normalization and channels is not None:
                layers.append(nn.GroupNorm(1, channels))
            channels = layer.out_channels if isinstance(layer, nn.Conv2d) else None
        return nn.Sequential(*layers)

    def _calc_input_size(self, input_shape: Any, cnn_layers: Any = None) -> int:
        if isinstance(cnn_layers, _DictEncoder):
            # rl_games draws numbers to find the size of a vector: so a Dict of vectors starts as one would.
            input_shape, cnn_layers = (cnn_layers.size,), nn.Sequential()
        size: int = super()._calc_input_size(input_shape, cnn_layers)
        return size

    def _activation(self) -> nn.Module:
        module: nn.Module = self.activations_factory.create(self.activation)
        return module


class _ResidualBlock(nn.Module):
    """x + W2 f(W1 norm(x)), [B, U] -> [B, U]. He et al. 2016b, eq. 3, with layers for convolutions."""

    def __init__(self, units: int, activation: nn.Module) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(units)
        self.inner = nn.Linear(units, units)
        self.activation = activation
        self.outer = nn.Linear(units, units)

    def forward(self, features: Tensor) -> Tensor:
        changed: Tensor = self.outer(self.activation(self.inner(self.norm(features))))
        return features + changed


class _DictEncoder(nn.Module):
    """Dict of [B, ...] -> [B, D]: what each branch makes of its observation, in the order of the keys."""

    def __init__(self, branches: dict[str, nn.Sequential], shapes: dict[str, tuple[int, ...]]) -> None:
        super().__init__()
        self.size = sum(_width(branch, shapes[key]) for key, branch in branches.items())
        self._names = {key: module_key(key) for key in branches}
        self.branches = nn.ModuleDict({module_key(key): branch for key, branch in branches.items()})

    def forward(self, obs: dict[str, Tensor]) -> Tensor:
        parts = [self.branches[name](obs[key]) for key, name in self._names.items()]
        return torch.cat(parts, dim=1)


@torch.no_grad()
def _width(layers: nn.Module, shape: tuple[int, ...]) -> int:
    return int(layers(torch.zeros(1, *shape)).shape[1])
