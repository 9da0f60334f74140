"""Linear layers forward and backward by hand. Knows no algorithm and no loss.

On a small network most of a gradient step is no arithmetic: autograd records each operation, then visits what
it recorded. What flows backward through linear layers is known beforehand. The numbers are autograd's own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import elu_, linear

_BACK = torch.ops.aten
_ELU = 1.0  # its alpha and both of its scales


def _tanh_back(gradient: Tensor, output: Tensor) -> Tensor:
    return _BACK.tanh_backward.grad_input(gradient, output, grad_input=gradient)


def _relu_back(gradient: Tensor, output: Tensor) -> Tensor:
    return _BACK.threshold_backward.grad_input(gradient, output, 0, grad_input=gradient)


def _elu_back(gradient: Tensor, output: Tensor) -> Tensor:
    return _BACK.elu_backward.grad_input(gradient, _ELU, _ELU, _ELU, True, output, grad_input=gradient)


# Forward, in place of what was given; and back, in place of the output's gradient [B, U], by the output.
ACTIVATIONS: dict[type[nn.Module], tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]] = {
    nn.Tanh: (torch.tanh_, _tanh_back),
    nn.ReLU: (torch.relu_, _relu_back),
    nn.ELU: (elu_, _elu_back),
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


def layers_of(mlp: nn.Module) -> list[Layer]:
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
