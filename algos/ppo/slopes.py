"""PPO's losses with their gradients written out. Pure functions of tensors; `algos.ppo.losses` says the same.

A gradient is that of the mean over the batch: it is divided by B already.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

_HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)
_SOFT_BOUND = 1.1


def surrogate(old_neglogp: Tensor, neglogp: Tensor, advantage: Tensor, clip: float) -> tuple[Tensor, Tensor]:
    """`losses.clipped_surrogate`, mean [], and its gradient by `neglogp` [B]."""
    ratio = (old_neglogp - neglogp).exp_()
    gain = advantage * ratio
    held = advantage * ratio.clamp_(1.0 - clip, 1.0 + clip)
    worse = torch.minimum(gain, held)
    # Where the clip is in force nothing flows.
    return -worse.mean(), gain.mul_(gain <= held).div_(len(gain))


def value_error(value: Tensor, old_value: Tensor, returns: Tensor, clip: float) -> tuple[Tensor, Tensor]:
    """`losses.clipped_value_loss`, mean [], and its gradient by `value` [B, K]; no clip where it is inf."""
    error = value - returns
    if math.isinf(clip):
        return error.square().mean(), error * (2.0 / error.numel())
    moved = value - old_value
    held = error - (moved - moved.clamp(-clip, clip))
    square, held_square = error.square(), held.square_()
    # A value that is held back moves no more.
    flowing = error.mul_(square >= held_square).mul_(2.0 / error.numel())
    return torch.maximum(square, held_square).mean(), flowing


def choice(logp: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
    """Negative log-probability [B] of actions int64 [B] and entropy [B], from log-probabilities [B, n]."""
    return -logp.gather(1, action[:, None])[:, 0], -(logp * logp.exp()).sum(dim=-1)


def choice_slope(
    logp: Tensor, action: Tensor, entropy: Tensor, by_neglogp: Tensor, entropy_coef: float
) -> Tensor:
    """Gradient by the logits [B, n], from that by `neglogp` [B] and less `entropy_coef` times the entropy.

    With p the probabilities and H their entropy, d neglogp / d logit is p less 1 for the action that was
    taken, and d H / d logit is -p (log p + H).
    """
    weight = entropy_coef / len(logp)
    slope = logp.mul(weight).add_((entropy * weight + by_neglogp)[:, None]).mul_(logp.exp())
    return slope.scatter_add_(1, action[:, None], -by_neglogp[:, None])


def gaussian(mean: Tensor, log_sigma: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
    """Negative log-probability [B] of actions [B, A], and their distance from the mean in sigmas [B, A]."""
    noise = (action - mean) * (-log_sigma).exp()
    return (0.5 * noise.square() + log_sigma + _HALF_LOG_TWO_PI).sum(dim=-1), noise


def gaussian_slopes(
    noise: Tensor, log_sigma: Tensor, by_neglogp: Tensor, entropy_coef: float
) -> tuple[Tensor, Tensor]:
    """Gradients by the mean [B, A] and by log sigma [A], less `entropy_coef` times the entropy."""
    by_noise = noise * by_neglogp[:, None]
    by_log_sigma = by_neglogp.sum() - (by_noise * noise).sum(dim=0) - entropy_coef
    return by_noise.mul_(-(-log_sigma).exp()), by_log_sigma


def gaussian_entropy(log_sigma: Tensor) -> Tensor:
    """Entropy [] of a diagonal Gaussian whose deviations are the same for the whole batch."""
    return (log_sigma + _HALF_LOG_TWO_PI + 0.5).sum()


def bound_slope(mean: Tensor) -> Tensor:
    """Gradient of `losses.bound_loss`, mean, by the mean [B, A]."""
    beyond = mean - mean.clamp(-_SOFT_BOUND, _SOFT_BOUND)
    return beyond.mul_(2.0 / len(mean))


def regularisation_slope(mean: Tensor) -> Tensor:
    """Gradient of `losses.regularisation_loss`, mean, by the mean [B, A]."""
    return mean * (2.0 / len(mean))


BOUND_SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "bound": bound_slope,
    "regularisation": regularisation_slope,
}
