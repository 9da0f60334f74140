"""Gradients in one vector are those that each parameter had by itself."""

import pytest
import torch
from torch import nn

from algos.gradients import FlatGradients


def two_layers() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def backward(network: nn.Sequential) -> None:
    network(torch.arange(6.0).view(2, 3)).square().sum().backward()


@pytest.mark.parametrize("max_norm", [0.01, 1e6])
def test_the_clipped_gradients_are_torchs_own(max_norm: float) -> None:
    plain, flat = two_layers(), two_layers()
    backward(plain)
    norm = nn.utils.clip_grad_norm_(plain.parameters(), max_norm)
    gradients = FlatGradients(flat.parameters())
    backward(flat)
    assert gradients.clip(max_norm).item() == pytest.approx(norm.item(), rel=1e-6)
    for one, other in zip(plain.parameters(), flat.parameters(), strict=True):
        assert torch.allclose(one.grad, other.grad, rtol=1e-5, atol=1e-9)


def test_a_norm_of_five_is_clipped_to_one() -> None:
    parameters = [nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1, 1))]
    gradients = FlatGradients(parameters)
    parameters[0].grad += 3.0  # 3 and 4: a norm of 5
    parameters[1].grad += 4.0
    assert gradients.clip(1.0).item() == 5.0
    assert [parameter.grad.item() for parameter in parameters] == pytest.approx([0.6, 0.8])


def test_cleared_gradients_are_zero_and_still_the_parameters_own() -> None:
    network = two_layers()
    gradients = FlatGradients(network.parameters())
    places = [parameter.grad.data_ptr() for parameter in network.parameters()]
    backward(network)
    gradients.clear()
    assert all(not parameter.grad.any() for parameter in network.parameters())
    backward(network)
    assert [parameter.grad.data_ptr() for parameter in network.parameters()] == places
    assert gradients.clip(1e6).item() > 0.0


def test_a_frozen_parameter_is_passed_by_even_by_weight_decay() -> None:
    network = two_layers()
    network[0].requires_grad_(False)
    before = network[0].weight.clone()
    gradients = FlatGradients(network.parameters())
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1, weight_decay=0.1)
    backward(network)
    gradients.clip(1.0)
    optimizer.step()
    assert torch.equal(network[0].weight, before)
    assert network[0].weight.grad is None
