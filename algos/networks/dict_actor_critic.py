"""rl_games' actor-critic for Dict observations: images through a CNN each, then one vector for the MLP.

`actor_critic` of rl_games fails on a Dict (`_calc_input_size` wants one shape). The block is the same as for
`actor_critic`; its `cnn` part, where present, serves every image key.
"""

from typing import Any

import torch
from rl_games.algos_torch.network_builder import A2CBuilder, NetworkBuilder
from torch import Tensor, nn

from algos.networks import module_key

Block = dict[str, Any]


class _DictEncoder(nn.Module):
    """Dict of [B, ...] -> [B, D]: keys in sorted order, images encoded, everything flattened."""

    def __init__(self, shapes: dict[str, tuple[int, ...]], cnn: Block | None) -> None:
        super().__init__()
        images = [key for key, shape in shapes.items() if len(shape) == 3]
        self.keys = sorted(shapes)
        self.cnns = nn.ModuleDict(
            {module_key(key): _convolutions(shapes[key], cnn) for key in images if cnn is not None}
        )

    def forward(self, obs: dict[str, Tensor]) -> Tensor:
        return torch.cat([self._encode(key, obs[key]) for key in self.keys], dim=1)

    def _encode(self, key: str, value: Tensor) -> Tensor:
        name = module_key(key)
        return (self.cnns[name](value) if name in self.cnns else value).flatten(1)


def _convolutions(shape: tuple[int, ...], cnn: Block) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = shape[0]
    for conv in cnn["convs"]:
        layers += [
            nn.Conv2d(channels, conv["filters"], conv["kernel_size"], conv["strides"], conv["padding"]),
            nn.ReLU(),
        ]
        channels = conv["filters"]
    return nn.Sequential(*layers)


class DictActorCriticBuilder(NetworkBuilder):
    """Builder of `rlgx_dict_actor_critic`; see `rl_games.algos_torch.network_builder.A2CBuilder`."""

    def load(self, params: Block) -> None:
        """Take the network block of the train YAML."""
        self.params = params

    # The signature is rl_games'; what it passes goes on to its own A2CBuilder.
    def build(self, name: str, **kwargs: Any) -> nn.Module:
        """The module for `input_shape`, a dict of shapes."""
        shapes: dict[str, tuple[int, ...]] = kwargs.pop("input_shape")
        encoder = _DictEncoder(shapes, self.params.get("cnn"))
        with torch.no_grad():
            size = encoder({key: torch.zeros(1, *shape) for key, shape in shapes.items()}).shape[1]
        vector_block = {key: value for key, value in self.params.items() if key != "cnn"}
        return _EncodedActorCritic(encoder, A2CBuilder.Network(vector_block, input_shape=(size,), **kwargs))


class _EncodedActorCritic(nn.Module):
    """An encoder before rl_games' actor-critic, with the questions rl_games asks passed on."""

    def __init__(self, encoder: nn.Module, actor_critic: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.actor_critic: Any = actor_critic

    def forward(self, inputs: Block) -> Any:
        return self.actor_critic({**inputs, "obs": self.encoder(inputs["obs"])})

    def is_rnn(self) -> bool:
        return bool(self.actor_critic.is_rnn())

    def is_separate_critic(self) -> bool:
        return bool(self.actor_critic.is_separate_critic())

    def get_default_rnn_state(self) -> Any:
        return self.actor_critic.get_default_rnn_state()

    def get_value_layer(self) -> nn.Module:
        return self.actor_critic.get_value_layer()

    def get_aux_loss(self) -> Any:
        return self.actor_critic.get_aux_loss()
