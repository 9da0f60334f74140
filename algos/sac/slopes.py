"""SAC's losses with their gradients written out. Pure functions of tensors; `algos.sac.losses` says the same.

A gradient is that of the mean over the batch: it is divided by B already.
"""

from typing import NamedTuple

from torch import Tensor


def critic_errors(value: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """`losses.critic_losses` [2], and the gradient of half their sum by the values [2, B]."""
    error = value - target
    return error.square().mean(dim=-1), error.div_(value.shape[-1])


def actor_slopes(value: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of `losses.actor_loss` by both critics' values [2, B], and by log-probabilities, a scalar.

    Only the smaller of both values counts; where they are equal, each does by half, as in autograd.
    """
    count = value.shape[-1]
    smaller = (value == value.amin(dim=0)).float()
    return smaller.div_(smaller.sum(dim=0)).div_(-count), alpha / count


class Drawn(NamedTuple):
    """What `losses.squash` was given and gave: all [B, A], the actions in (-1, 1)."""

    log_std: Tensor
    noise: Tensor
    action: Tensor


def squash_slopes(drawn: Drawn, by_action: Tensor, by_log_prob: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of a loss by mean and log standard deviation [B, A], from those by action and log_prob.

    With u = mean + std * noise and a = tanh(u): da/du = 1 - a^2, and dlog_prob/du = 2a, because the logarithm
    of the slope of tanh, which log_prob is less by, has the derivative -2a.
    """
    log_std, noise, action = drawn
    by_mean = by_action * (1.0 - action.square()) + (2.0 * by_log_prob) * action
    return by_mean, by_mean * noise * log_std.exp() - by_log_prob


def spread_slope(by_log_std: Tensor, log_std: Tensor, low: float, high: float) -> Tensor:
    """Gradient by s, where log_std = low + (high - low) / 2 * (tanh(s) + 1), from that by log_std.

    With t = tanh(s), the derivative (high - low) / 2 * (1 - t^2) is 2 (log_std - low) (high - log_std) /
    (high - low).
    """
    return by_log_std * (log_std - low) * (high - log_std) * (2.0 / (high - low))
