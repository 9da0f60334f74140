"""Linear layers forward and backward by hand, for networks that are nothing else. Knows no loss.

On a small network most of a gradient step is no arithmetic: autograd records each operation, then visits what
it recorded. What flows backward through linear layers is known beforehand. The numbers are autograd's own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from rl_games.algos_torch.network_builder import A2CBuilder
from torch import Tensor, nn
from torch.nn.functional import elu, linear

_BACK = torch.ops.aten
_ELU = 1.0  # its alpha and both of its scales


def _tanh_back(gradient: Tensor, output: Tensor) -> Tensor:
    return _BACK.tanh_backward.default(gradient, output)


def _relu_back(gradient: Tensor, output: Tensor) -> Tensor:
    return _BACK.threshold_backward.default(gradient, output, 0)


def _elu_back(gradient: Tensor, output: Tensor) -> Tensor:
    return _BACK.elu_backward.default(gradient, _ELU, _ELU, _ELU, True, output)


# Forward, and back from the gradient of the output [B, U] and the output itself.
ACTIVATIONS: dict[type[nn.Module], tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]] = {
    nn.Tanh: (torch.tanh, _tanh_back),
    nn.ReLU: (torch.relu, _relu_back),
    nn.ELU: (elu, _elu_back),
}


@dataclass(frozen=True)
class Layer:
    """A linear map and the activation behind it."""

    linear: nn.Linear
    activate: Callable[[Tensor], Tensor]
    go_back: Callable[[Tensor, Tensor], Tensor]


class Tree:
    """Layers one after the other, and linear heads side by side at their end."""

    def __init__(self, layers: Sequence[Layer], heads: Sequence[nn.Linear]) -> None:
        self._layers = layers
        self._heads = heads

    def forward(self, obs: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """[B, D] -> what each head says, [B, H], and what `backward` needs: what each layer was given."""
        given = [obs]
        for layer in self._layers:
            given.append(layer.activate(linear(given[-1], layer.linear.weight, layer.linear.bias)))
        return [linear(given[-1], head.weight, head.bias) for head in self._heads], given

    def backward(self, gradients: Sequence[Tensor], given: list[Tensor]) -> None:
        """Writes the gradient of every weight and bias, from that of what each head said, [B, H]."""
        for head, gradient in zip(self._heads, gradients, strict=True):
            _write(head, gradient, given[-1])
        flowing = sum_of([each @ head.weight for each, head in zip(gradients, self._heads, strict=True)])
        for index in range(len(self._layers) - 1, -1, -1):
            layer = self._layers[index]
            inner = layer.go_back(flowing, given[index + 1])
            _write(layer.linear, inner, given[index])
            if index:
                flowing = inner @ layer.linear.weight


def sum_of(tensors: Sequence[Tensor]) -> Tensor:
    """The sum of one tensor or more; of one it is that one."""
    total = tensors[0]
    for other in tensors[1:]:
        total = total + other
    return total


def _write(layer: nn.Linear, gradient: Tensor, given: Tensor) -> None:
    """A linear map's own gradients, over those of the minibatch before."""
    torch.mm(gradient.t(), given, out=layer.weight.grad)
    torch.sum(gradient, 0, out=layer.bias.grad)


Given = list[list[Tensor]]
"""What each layer of each tree was given, [B, I]."""


class PlainNetwork:
    """An rl_games actor-critic of nothing but linear layers.

    Args:
        trees: the policy's and the critic's, or one for both.
        log_sigma: the parameter [A] of a Gaussian policy; None where actions are choices.
        has_many_choices: whether its policy gives one tensor of logits for each choice, in a list.
    """

    def __init__(self, trees: Sequence[Tree], log_sigma: nn.Parameter | None, has_many_choices: bool) -> None:
        self._trees = trees
        self.log_sigma = log_sigma
        self._has_many_choices = has_many_choices

    @classmethod
    def of(cls, network: Any) -> "PlainNetwork | None":
        """The same network by its layers; None where it has parts that only autograd knows."""
        if type(network) is not A2CBuilder.Network or network.has_cnn or network.has_rnn:
            return None
        actor, critic = _layers(network.actor_mlp), _layers(network.critic_mlp)
        heads, log_sigma = _policy_heads(network), network.sigma if network.is_continuous else None
        outer = [network.value_act, *([network.mu_act, network.sigma_act] if network.is_continuous else [])]
        is_plain = (
            bool(actor and (critic or not network.separate))
            and all(type(head) is nn.Linear for head in (*heads, network.value))
            and all(type(each) is nn.Identity for each in outer)
            and not isinstance(log_sigma, nn.Module)
            and all(each.requires_grad for each in network.parameters())
        )
        if not is_plain:
            return None
        value = network.value
        split = [Tree(actor, heads), Tree(critic, [value])] if network.separate else None
        return cls(split or [Tree(actor, [*heads, value])], log_sigma, network.is_multi_discrete)

    def forward(self, obs: Tensor) -> tuple[list[Tensor], Tensor, Given]:
        """[B, D] -> logits or mean of each policy head [B, H], value [B, K], and what `backward` needs."""
        said = [tree.forward(obs) for tree in self._trees]
        *heads, value = [head for heads, _ in said for head in heads]
        return heads, value, [given for _, given in said]

    def output(self, heads: list[Tensor]) -> Any:
        """What `forward` said of the policy, as the network itself says it and `algos.ppo.heads` read it."""
        if self.log_sigma is None:
            return heads if self._has_many_choices else heads[0]
        # A copy: what was said stays, though the parameter moves on.
        return heads[0], self.log_sigma.detach().clone().expand_as(heads[0])

    def backward(self, heads: Sequence[Tensor], value: Tensor, given: Given) -> None:
        """Writes every layer's gradients from those of what `forward` said."""
        if len(self._trees) == 1:
            self._trees[0].backward([*heads, value], given[0])
        else:
            self._trees[0].backward(heads, given[0])
            self._trees[1].backward([value], given[1])


def _layers(mlp: nn.Module) -> list[Layer]:
    """The layers of a multilayer perceptron; none where something else is in it."""
    parts = list(mlp) if type(mlp) is nn.Sequential else []
    layers = []
    for first, second in zip(parts[::2], parts[1::2], strict=False):
        if not isinstance(first, nn.Linear) or type(second) not in ACTIVATIONS:
            return []
        if isinstance(second, nn.ELU) and second.alpha != _ELU:
            return []
        layers.append(Layer(first, *ACTIVATIONS[type(second)]))
    return [] if len(parts) % 2 else layers


def _policy_heads(network: Any) -> list[Any]:
    if network.is_continuous:
        return [network.mu]
    return list(network.logits) if network.is_multi_discrete else [network.logits]
