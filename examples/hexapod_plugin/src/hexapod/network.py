"""An rl_games network in which six legs share one set of weights. Knows the hexapod's observation, no loss.

What is learned for one leg holds for all; each leg also sees the body, and which tripod it belongs to.
"""

from typing import Any

import torch
from rl_games.algos_torch.network_builder import NetworkBuilder
from torch import Tensor, nn

from hexapod.env import LEGS

CLOCK = 2  # entries of the observation after the legs' angles and speeds


class LegsBuilder(NetworkBuilder):
    """Builder of `hexapod_legs`; its block takes `units`, the widths of the leg's layers."""

    def load(self, params: dict[str, Any]) -> None:
        """Take the network block of the train YAML."""
        self.params = params

    # The signature is rl_games', which passes the spaces' sizes by name.
    def build(self, name: str, **kwargs: Any) -> nn.Module:
        """The module for 6 actions and the hexapod's observation."""
        if kwargs["input_shape"] != (2 * LEGS + CLOCK,) or kwargs["actions_num"] != LEGS:
            raise ValueError(f"hexapod_legs reads the hexapod only, not observations {kwargs['input_shape']}")
        return LegsNetwork(self.params["units"], kwargs["value_size"])


class LegsNetwork(NetworkBuilder.BaseNetwork):
    """Observation [B, 14] -> mean and log of the deviation [B, 6], value [B, value_size]."""

    def __init__(self, units: list[int], value_size: int) -> None:
        super().__init__()
        widths = [2 + CLOCK + 1, *units]
        layers = [[nn.Linear(fan_in, out), nn.ELU()] for fan_in, out in zip(widths, widths[1:], strict=False)]
        self.leg = nn.Sequential(*(layer for pair in layers for layer in pair))
        self.mean = nn.Linear(2 * widths[-1], 1)
        self.value = nn.Linear(widths[-1], value_size)
        self.sigma = nn.Parameter(torch.zeros(LEGS))
        self.register_buffer("tripod", torch.tensor([1.0, -1.0] * (LEGS // 2)).view(1, LEGS, 1))

    def forward(self, inputs: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor, None]:
        """What rl_games' models read: mean, log sigma, value, recurrent states."""
        obs: Tensor = inputs["obs"]
        angles, speeds, clock = obs.split([LEGS, LEGS, CLOCK], dim=1)
        shared = clock[:, None].expand(-1, LEGS, -1)
        seen = torch.cat(
            [angles[..., None], speeds[..., None], shared, self.tripod.expand(len(obs), -1, -1)], 2
        )
        legs = self.leg(seen)
        body = legs.mean(dim=1)
        mean = self.mean(torch.cat([legs, body[:, None].expand_as(legs)], dim=2)).squeeze(2)
        return mean, self.sigma.expand_as(mean), self.value(body), None

    def is_rnn(self) -> bool:
        """Nothing is remembered."""
        return False

    def get_value_layer(self) -> nn.Module:
        """The layer that rl_games' value heads replace."""
        return self.value

    def get_aux_loss(self) -> None:
        """No loss of its own."""
