"""Twin critics as one network: both are evaluated by the same batched products. Knows no algorithm.

rl_games has two modules, Q1 and Q2, each a row of Linear layers. Here layer k of both is one weight
[2, in, out], because two small products cost twice the calls of one; `stack` and `unstack` go between.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Activation = Callable[[Tensor], Tensor]
Backward = Callable[[Tensor, Tensor], Tensor]
"""From the gradient of an activation's output, and that output, to that of what it was given."""


class TwinCritics(nn.Module):
    """Values [2, B] of observations [B, D] and actions [B, A], from the parameters of two equal MLPs.

    Args:
        parameters: weights [out, in] and biases [out] by turns, first all of Q1, then all of Q2.
        activation: between layers; none after the last.
    """

    def __init__(self, parameters: Sequence[Tensor], activation: Activation) -> None:
        super().__init__()
        self.layers = nn.ParameterList(nn.Parameter(part) for part in stack(parameters))
        self._activation = activation

    def forward(self, obs: Tensor, action: Tensor) -> Tensor:
        """See the class."""
        return self._values(obs, action, list(self.layers))

    def frozen(self, obs: Tensor, action: Tensor) -> Tensor:
        """The same values, through which gradients reach the action but no weight of the critics."""
        return self._values(obs, action, [part.detach() for part in self.layers])

    def keep(self, obs: Tensor, action: Tensor, activate: Activation) -> tuple[Tensor, list[Tensor]]:
        """Values [2, B], and what `backward` and `to_action` need: what each layer was given."""
        given = [torch.cat((obs, action), dim=1).expand(2, -1, -1)]
        *pairs, (weight, bias) = self._pairs()
        for inner_weight, inner_bias in pairs:
            given.append(activate(torch.baddbmm(inner_bias, given[-1], inner_weight)))
        return torch.baddbmm(bias, given[-1], weight)[..., 0], given

    def backward(self, by_value: Tensor, given: list[Tensor], go_back: Backward) -> None:
        """Writes the gradient of every weight and bias, from that by the values [2, B]."""
        pairs, gradient = self._pairs(), by_value[..., None]
        for index in range(len(pairs) - 1, -1, -1):
            weight, bias = pairs[index]
            torch.bmm(given[index].transpose(1, 2), gradient, out=weight.grad)
            torch.sum(gradient, 1, keepdim=True, out=bias.grad)
            if index:
                gradient = go_back(torch.bmm(gradient, weight.transpose(1, 2)), given[index])

    def to_action(self, by_value: Tensor, given: list[Tensor], go_back: Backward, actions: int) -> Tensor:
        """The gradient by the actions [B, A], from that by the values [2, B]."""
        first, *others = self._pairs()
        gradient = by_value[..., None]
        for index in range(len(others), 0, -1):
            gradient = go_back(torch.bmm(gradient, others[index - 1][0].transpose(1, 2)), given[index])
        return torch.bmm(gradient, first[0][:, -actions:].transpose(1, 2)).sum(dim=0)

    def _pairs(self) -> list[tuple[Tensor, Tensor]]:
        layers = list(self.layers)
        return list(zip(layers[::2], layers[1::2], strict=True))

    @torch.no_grad()
    def follow(self, other: "TwinCritics", tau: float) -> None:
        """Move every weight the share `tau` of the way to the other's."""
        for mine, theirs in zip(self.layers, other.layers, strict=True):
            mine.lerp_(theirs, tau)

    @torch.no_grad()
    def load(self, parameters: Sequence[Tensor]) -> None:
        """Take parameters as the constructor does."""
        for mine, given in zip(self.layers, stack(parameters), strict=True):
            mine.copy_(given)

    def _values(self, obs: Tensor, action: Tensor, layers: list[Tensor]) -> Tensor:
        hidden = torch.cat((obs, action), dim=1).expand(2, -1, -1)
        pairs = list(zip(layers[::2], layers[1::2], strict=True))
        for weight, bias in pairs[:-1]:
            hidden = self._activation(torch.baddbmm(bias, hidden, weight))
        weight, bias = pairs[-1]
        return torch.baddbmm(bias, hidden, weight)[..., 0]


def stack(parameters: Sequence[Tensor]) -> list[Tensor]:
    """Q1's and Q2's weights [out, in] and biases [out] -> weights [2, in, out] and biases [2, 1, out]."""
    half = len(parameters) // 2
    pairs = zip(parameters[:half], parameters[half:], strict=True)
    both = [torch.stack((first.detach(), second.detach())) for first, second in pairs]
    return [part.transpose(1, 2).contiguous() if part.ndim == 3 else part[:, None].clone() for part in both]


def unstack(layers: Sequence[Tensor]) -> list[Tensor]:
    """The inverse of `stack`. Contiguous: a fused optimiser trusts that its moments lie like parameters."""
    parts = [
        layer.detach().transpose(1, 2) if k % 2 == 0 else layer.detach()[:, 0]
        for k, layer in enumerate(layers)
    ]
    return [part[q].clone(memory_format=torch.contiguous_format) for q in (0, 1) for part in parts]
