"""PPO's losses, against numbers worked by hand."""

import math

import torch

from algos.ppo import losses


def test_surrogate_is_the_plain_one_within_the_clip_and_the_clipped_one_beyond() -> None:
    old = torch.zeros(3)
    # Ratios 1.1, 1.5 and 0.5; the advantage is 2, 2 and -2.
    neglogp = -torch.log(torch.tensor([1.1, 1.5, 0.5]))
    advantage = torch.tensor([2.0, 2.0, -2.0])
    # 1.1 * 2 = 2.2; 1.5 clips to 1.2 -> 2.4; 0.5 clips to 0.8 -> -1.6. All negated.
    expected = torch.tensor([-2.2, -2.4, 1.6])
    assert torch.allclose(losses.clipped_surrogate(old, neglogp, advantage, 0.2), expected)


def test_surrogate_does_not_clip_a_ratio_that_makes_things_worse() -> None:
    # Ratio 1.5 with a negative advantage: max(-(-1) * 1.5, -(-1) * 1.2) = 1.5.
    loss = losses.clipped_surrogate(
        torch.zeros(1), -torch.log(torch.tensor([1.5])), torch.tensor([-1.0]), 0.2
    )
    assert torch.allclose(loss, torch.tensor([1.5]))


def test_smoothed_surrogate_equals_the_advantage_at_ratio_one() -> None:
    # At ratio 1 the sigmoid's argument is 0, so the smooth ratio is 0.5 * 0.4 + 0.8 = 1.
    loss = losses.smoothed_surrogate(torch.zeros(1), torch.zeros(1), torch.tensor([3.0]), 0.2)
    assert torch.allclose(loss, torch.tensor([-3.0]))


def test_clipped_value_loss_takes_the_worse_of_both_errors() -> None:
    value, old, target = torch.tensor([[1.0]]), torch.tensor([[0.0]]), torch.tensor([[1.0]])
    # The value is perfect, but clipped to 0.2 it errs by 0.8.
    assert torch.allclose(losses.clipped_value_loss(value, old, target, 0.2), torch.tensor([[0.64]]))
    # Target 2: plain error 1, clipped error 1.8.
    assert torch.allclose(losses.clipped_value_loss(value, old, target + 1.0, 0.2), torch.tensor([[3.24]]))


def test_bound_loss_is_zero_within_one_point_one() -> None:
    mean = torch.tensor([[1.1, -1.1], [1.6, 0.0], [0.0, -2.1]])
    assert torch.allclose(losses.bound_loss(mean), torch.tensor([0.0, 0.25, 1.0]), atol=1e-6)


def test_regularisation_loss_is_the_squared_length() -> None:
    assert torch.allclose(losses.regularisation_loss(torch.tensor([[3.0, 4.0]])), torch.tensor([25.0]))


def test_gaussian_kl_is_zero_for_equal_policies_and_half_the_squared_shift_at_unit_sigma() -> None:
    mean, sigma = torch.zeros(1, 2), torch.ones(1, 2)
    assert torch.allclose(losses.gaussian_kl(mean, sigma, mean, sigma), torch.zeros(1), atol=1e-4)
    shifted = torch.tensor([[1.0, 2.0]])
    assert torch.allclose(losses.gaussian_kl(shifted, sigma, mean, sigma), torch.tensor([2.5]), atol=1e-4)


def test_sampled_kl_is_half_the_squared_log_ratio() -> None:
    kl = losses.sampled_kl(torch.tensor([math.log(2.0)]), torch.zeros(1))
    assert torch.allclose(kl, torch.tensor([0.5 * math.log(2.0) ** 2]))
