"""Gradients that are written out equal autograd's of the same losses, and numbers worked by hand."""

import math

import pytest
import torch

from algos.ppo import losses, slopes
from algos.ppo.heads import DiscreteHead, GaussianHead

COUNT = 200


@pytest.fixture(autouse=True)
def _chance() -> None:
    torch.manual_seed(0)


def test_surrogate_flows_only_where_the_clip_is_not_in_force() -> None:
    # Ratios 1.1, 1.5, 0.5 and 1.5 with advantages 2, 2, -2 and -2; the loss by neglogp is advantage * ratio.
    neglogp = -torch.log(torch.tensor([1.1, 1.5, 0.5, 1.5]))
    advantage = torch.tensor([2.0, 2.0, -2.0, -2.0])
    loss, slope = slopes.surrogate(torch.zeros(4), neglogp, advantage, 0.2)
    # 2.2; clipped to 1.2: 2.4; clipped to 0.8: -1.6; worse than clipped: -3. The mean, negated: 0 / 4.
    assert loss.item() == pytest.approx(0.0, abs=1e-6)
    assert slope.tolist() == pytest.approx([2.2 / 4, 0.0, 0.0, -3.0 / 4])


def test_surrogate_equals_autograds() -> None:
    old, advantage = torch.randn(COUNT), torch.randn(COUNT)
    neglogp = (old + 0.3 * torch.randn(COUNT)).requires_grad_()
    loss = losses.clipped_surrogate(old, neglogp, advantage, 0.2).mean()
    loss.backward()
    found, slope = slopes.surrogate(old, neglogp.detach(), advantage, 0.2)
    torch.testing.assert_close(found, loss.detach())
    torch.testing.assert_close(slope, neglogp.grad)


@pytest.mark.parametrize("clip", [0.2, math.inf])
def test_value_error_equals_autograds(clip: float) -> None:
    old, returns = torch.randn(COUNT, 2), torch.randn(COUNT, 2)
    value = (old + 0.3 * torch.randn(COUNT, 2)).requires_grad_()
    loss = losses.clipped_value_loss(value, old, returns, clip).mean()
    loss.backward()
    found, slope = slopes.value_error(value.detach(), old, returns, clip)
    torch.testing.assert_close(found, loss.detach())
    torch.testing.assert_close(slope, value.grad)


def test_a_choice_between_two_equals_has_the_slopes_of_a_coin() -> None:
    # p = (0.5, 0.5), action 0: d neglogp = p - (1, 0). The entropy is at its peak, so its slope is 0.
    logp = torch.log(torch.tensor([[0.5, 0.5]]))
    action = torch.tensor([0])
    neglogp, entropy = slopes.choice(logp, action)
    assert neglogp.item() == pytest.approx(math.log(2)) and entropy.item() == pytest.approx(math.log(2))
    slope = slopes.choice_slope(logp, action, entropy, torch.tensor([1.0]), entropy_coef=3.0)
    assert slope[0].tolist() == pytest.approx([-0.5, 0.5], abs=1e-6)


def test_a_choices_slope_equals_autograds() -> None:
    logits = torch.randn(COUNT, 4, requires_grad=True)
    action, by_neglogp = torch.randint(4, (COUNT,)), torch.randn(COUNT)
    neglogp, entropy = DiscreteHead().evaluate(logits, action, None)
    (neglogp @ by_neglogp - 0.7 * entropy.mean()).backward()
    logp = torch.log_softmax(logits.detach(), dim=-1)
    found, own = slopes.choice(logp, action)
    torch.testing.assert_close(found, neglogp.detach())
    torch.testing.assert_close(own, entropy.detach())
    torch.testing.assert_close(slopes.choice_slope(logp, action, own, by_neglogp, 0.7), logits.grad)


def test_a_gaussians_slopes_equal_autograds() -> None:
    mean, log_sigma = torch.randn(COUNT, 3, requires_grad=True), torch.randn(3, requires_grad=True)
    action, by_neglogp = torch.randn(COUNT, 3), torch.randn(COUNT)
    neglogp, entropy = GaussianHead().evaluate((mean, log_sigma.expand_as(mean)), action, None)
    (neglogp @ by_neglogp - 0.7 * entropy.mean()).backward()
    with torch.no_grad():
        found, noise = slopes.gaussian(mean, log_sigma, action)
        by_mean, by_log_sigma = slopes.gaussian_slopes(noise, log_sigma, by_neglogp, 0.7)
        torch.testing.assert_close(slopes.gaussian_entropy(log_sigma), entropy.mean())
    torch.testing.assert_close(found, neglogp.detach())
    torch.testing.assert_close(by_mean, mean.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(by_log_sigma, log_sigma.grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["bound", "regularisation"])
def test_what_pulls_a_mean_back_equals_autograds(kind: str) -> None:
    loss = {"bound": losses.bound_loss, "regularisation": losses.regularisation_loss}[kind]
    mean = (2.0 * torch.randn(COUNT, 3)).requires_grad_()
    loss(mean).mean().backward()
    torch.testing.assert_close(slopes.BOUND_SLOPES[kind](mean.detach()), mean.grad)
