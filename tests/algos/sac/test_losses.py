"""SAC's arithmetic: against torch's distributions, and by hand."""

import math

import pytest
import torch
from torch.distributions import Independent, Normal, TanhTransform, TransformedDistribution

from algos.sac.losses import actor_loss, critic_losses, soft_value, squash, temperature_loss


def test_squashed_actions_have_the_log_probability_that_torch_gives_them() -> None:
    mean, log_std = torch.tensor([[0.3, -1.0], [2.0, 0.0]]), torch.tensor([[-0.5, 0.2], [-2.0, 0.7]])
    noise = torch.tensor([[0.4, -1.2], [1.0, 0.0]])
    action, log_prob = squash(mean, log_std, noise)
    normal = Independent(Normal(mean, log_std.exp()), 1)
    torch.testing.assert_close(action, torch.tanh(mean + log_std.exp() * noise))
    expected = TransformedDistribution(normal, [TanhTransform()]).log_prob(action)
    torch.testing.assert_close(log_prob, expected, atol=1e-4, rtol=1e-4)


def test_an_action_at_the_bound_has_a_finite_log_probability_and_gradient() -> None:
    mean = torch.tensor([[60.0]], requires_grad=True)
    action, log_prob = squash(mean, torch.zeros(1, 1), torch.zeros(1, 1))
    log_prob.sum().backward()
    assert action.item() == 1.0
    # log N(0) - log(1 - tanh^2): the slope at 60 is 4 exp(-120).
    assert log_prob.item() == pytest.approx(-0.5 * math.log(2 * math.pi) - math.log(4.0) + 120.0)
    assert mean.grad is not None and mean.grad.item() == pytest.approx(2.0)


def test_the_soft_value_takes_the_smaller_critic_and_pays_for_what_is_likely() -> None:
    value, log_prob = torch.tensor([[1.0, 5.0], [2.0, 4.0]]), torch.tensor([0.5, -1.0])
    assert soft_value(value, log_prob, torch.tensor(0.2)).tolist() == pytest.approx([0.9, 4.2])
    assert actor_loss(value, log_prob, torch.tensor(0.2)).item() == pytest.approx(-(0.9 + 4.2) / 2)


def test_each_critic_has_its_own_mean_squared_error() -> None:
    value, target = torch.tensor([[1.0, 5.0], [2.0, 4.0]]), torch.tensor([1.0, 3.0])
    assert critic_losses(value, target).tolist() == [2.0, 1.0]


@pytest.mark.parametrize(("log_prob", "rises"), [(3.0, True), (-3.0, False)])
def test_the_temperature_rises_where_entropy_is_below_its_target(log_prob: float, rises: bool) -> None:
    log_alpha = torch.zeros((), requires_grad=True)
    temperature_loss(log_alpha, torch.tensor([log_prob]), target_entropy=-1.0).backward()
    assert log_alpha.grad is not None and (log_alpha.grad.item() < 0) == rises
