"""SAC's arithmetic as pure functions of tensors. Knows no network, no config and no device.

Source: Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications". Actions are the policy's, in
[-1, 1], and their probability is per unit of that; so entropy means the same whatever the bounds.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

_HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)
_LOG_TWO = math.log(2.0)


def squash(mean: Tensor, log_std: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Actions tanh(mean + std * noise) [B, A] and their log-probability [B], for standard normal noise.

    Eq. 21 (appendix C), with log(1 - tanh(x)^2) = 2 (log 2 - x - softplus(-2x)), which does not overflow.
    """
    before = torch.addcmul(mean, log_std.exp(), noise)
    log_density = -0.5 * noise.square() - log_std - _HALF_LOG_TWO_PI
    log_slope = 2.0 * (_LOG_TWO - before - functional.softplus(-2.0 * before))
    return before.tanh(), (log_density - log_slope).sum(dim=-1)


def soft_value(value: Tensor, log_prob: Tensor, alpha: Tensor) -> Tensor:
    """Value of a state from both critics' values [2, B] of an action drawn there; [B]. Eq. 3."""
    return value.amin(dim=0) - alpha * log_prob


def critic_losses(value: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of each critic, [2, B] and [B] -> [2]. Eq. 5."""
    return (value - target).square().mean(dim=-1)


def actor_loss(value: Tensor, log_prob: Tensor, alpha: Tensor) -> Tensor:
    """Negated soft value, a scalar. Eq. 9, with the smaller of both critics."""
    return -soft_value(value, log_prob, alpha).mean()


def temperature_loss(log_alpha: Tensor, log_prob: Tensor, target_entropy: float) -> Tensor:
    """Scalar whose descent raises alpha where the entropy is below its target. Eq. 18."""
    return -log_alpha.exp() * (log_prob.mean() + target_entropy)
