"""PPO's losses as pure functions of tensors. Knows no network, no config and no device."""

import torch
from torch import Tensor

# Beyond this distance from zero the mean of a Gaussian policy is pulled back (rl_games' soft bound).
_SOFT_BOUND = 1.1


def clipped_surrogate(old_neglogp: Tensor, neglogp: Tensor, advantage: Tensor, clip: float) -> Tensor:
    """Negated clipped objective a sample, [B] -> [B]. Schulman et al. 2017, eq. 7."""
    ratio = (old_neglogp - neglogp).exp()
    return torch.maximum(-advantage * ratio, -advantage * ratio.clamp(1.0 - clip, 1.0 + clip))


def smoothed_surrogate(old_neglogp: Tensor, neglogp: Tensor, advantage: Tensor, clip: float) -> Tensor:
    """The surrogate with a sigmoid in place of the clip, [B] -> [B]. rl_games `common/common_losses.py`."""
    ratio = (old_neglogp - neglogp).exp()
    low, high = 1.0 - clip, 1.0 + clip
    smooth = torch.sigmoid(4.0 * ((ratio - low) / (high - low) - 0.5)) * (high - low) + low
    return torch.maximum(-advantage * ratio, -advantage * smooth)


def value_loss(value: Tensor, returns: Tensor) -> Tensor:
    """Squared error a sample and value head, [B, K] -> [B, K]."""
    return (returns - value).square()


def clipped_value_loss(value: Tensor, old_value: Tensor, returns: Tensor, clip: float) -> Tensor:
    """The worse of the error and the error of a value kept within `clip` of the old one, [B, K] -> [B, K].

    Source: OpenAI baselines' ppo2, as rl_games' `default_critic_loss`.
    """
    near = old_value + (value - old_value).clamp(-clip, clip)
    return torch.maximum((value - returns).square(), (near - returns).square())


def bound_loss(mean: Tensor) -> Tensor:
    """Penalty on action means beyond the soft bound of 1.1, [B, A] -> [B]. rl_games `a2c_continuous.py`."""
    above = (mean - _SOFT_BOUND).clamp_min(0.0)
    below = (mean + _SOFT_BOUND).clamp_max(0.0)
    return (above.square() + below.square()).sum(dim=-1)


def regularisation_loss(mean: Tensor) -> Tensor:
    """Squared length of the action means, [B, A] -> [B]. rl_games' `bound_loss_type: regularisation`."""
    return mean.square().sum(dim=-1)


def gaussian_kl(mean: Tensor, sigma: Tensor, old_mean: Tensor, old_sigma: Tensor) -> Tensor:
    """KL(new || old) of diagonal Gaussians, [B, A] -> [B], as rl_games' `torch_ext.policy_kl`."""
    log_ratio = torch.log(old_sigma / sigma + 1e-5)
    spread = (sigma.square() + (old_mean - mean).square()) / (2.0 * (old_sigma.square() + 1e-5))
    return (log_ratio + spread - 0.5).sum(dim=-1)


def sampled_kl(neglogp: Tensor, old_neglogp: Tensor) -> Tensor:
    """Second-order estimate of the KL from samples, [B] -> [B]. Schulman, "Approximating KL", k2."""
    return 0.5 * (old_neglogp - neglogp).square()
