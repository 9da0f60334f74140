"""What a network says of sigma becomes its logarithm, against numbers worked by hand."""

import math
from typing import Any

import pytest
import torch

from algos.ppo.heads import GaussianHead, mean_and_sigma
from algos.ppo.losses import gaussian_kl
from algos.ppo.sigma import SigmaRule


def test_without_bounds_the_networks_word_is_the_log_of_sigma() -> None:
    raw = torch.tensor([0.3])
    assert SigmaRule({"fixed_sigma": True})(raw) is raw


@pytest.mark.parametrize(
    ("head", "raw", "sigma"),
    [
        ({"min_sigma": 0.25}, 0.0, 1.25),  # e^0 + 1/4
        ({"min_sigma": 0.25}, -200.0, 0.25),
        ({"logstd_bounds": [-1.0, 0.0]}, -3.0, math.exp(-1.0)),
        ({"logstd_bounds": [-1.0, 0.0], "min_sigma": 0.5}, 3.0, 1.5),  # e^0 + 1/2
        ({"sigma_parametrization": "softplus", "min_sigma": 0.1}, 0.0, math.log(2.0) + 0.1),
        ({"sigma_parametrization": "linear", "min_sigma": 0.2}, 0.2, 0.2 + math.log(2.0)),
        (
            {"sigma_parametrization": "linear"},
            8.0,
            8.0003354,
        ),  # ln(1 + e^7.999) is 7.9993355; the floor 0.001
    ],
)
def test_each_shape_keeps_sigma_above_its_bound(head: dict[str, Any], raw: float, sigma: float) -> None:
    found = SigmaRule(head)(torch.tensor([raw])).exp()
    torch.testing.assert_close(found, torch.tensor([sigma]), rtol=1e-5, atol=0.0)


def test_an_upper_bound_cuts_off_and_may_move() -> None:
    rule = SigmaRule({})
    rule.log_max = math.log(0.5)
    assert rule(torch.tensor([0.0, -2.0])).tolist() == pytest.approx([math.log(0.5), -2.0])
    rule.log_max = -3.0
    assert rule(torch.tensor([0.0, -2.0])).tolist() == [-3.0, -3.0]


def losses_of(head: dict[str, Any], raw: float) -> list[torch.Tensor]:
    """Log-probability, KL to itself and the gradient, for what a network said of sigma."""
    said = torch.full((2, 1), raw, requires_grad=True)
    output = (torch.zeros(2, 1), SigmaRule(head)(said))
    neglogp, entropy = GaussianHead().evaluate(output, torch.tensor([[0.0], [1.0]]), None)
    (neglogp - entropy).sum().backward()
    assert said.grad is not None
    mean, sigma = mean_and_sigma(output)
    return [neglogp.detach(), said.grad, gaussian_kl(mean, sigma, mean, sigma)]


BOUNDED: tuple[dict[str, Any], ...] = (
    {"logstd_bounds": [-5.0, 2.0]},
    {"logstd_bounds": [-5.0, 2.0], "min_sigma": 0.1},
    {"sigma_parametrization": "softplus"},
    {"sigma_parametrization": "linear"},
)


@pytest.mark.parametrize("raw", [-200.0, 200.0])
@pytest.mark.parametrize("head", BOUNDED)
def test_no_word_of_the_network_makes_sigma_nan(head: dict[str, Any], raw: float) -> None:
    """Unbounded, both do: e^200 is no float32, and the noise of e^-200 neither."""
    assert not all(part.isfinite().all() for part in losses_of({}, raw))
    assert all(part.isfinite().all() for part in losses_of(head, raw))


@pytest.mark.parametrize("min_sigma", [0.0, 0.125])
def test_the_raw_value_of_a_bound_gives_that_sigma(min_sigma: float) -> None:
    rule = SigmaRule({"min_sigma": min_sigma})
    raw = rule.raw_of(0.5)
    assert raw is not None and rule(torch.tensor([raw])).exp().item() == pytest.approx(0.5)
