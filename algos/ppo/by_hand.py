"""PPO's gradient for plain networks, by hand: no autograd. Knows no optimiser and no environment."""

import math
from typing import Any

import torch
from torch import Tensor

from algos.ppo import slopes
from algos.ppo.actor_critic import ActorCritic
from algos.ppo.heads import BOUND_LOSSES, DiscreteHead, GaussianHead, MultiDiscreteHead, log_probabilities
from algos.ppo.plain_network import PlainNetwork
from algos.ppo.rollout import Batch

Said = tuple[Any, Tensor, dict[str, Tensor]]
"""What the policy said as its head reads it, the negative log-probability [B], and the losses by name."""


class GradientByHand:
    """Puts the gradient of a minibatch's loss where the parameters keep theirs."""

    def __init__(self, plain: PlainNetwork, actor_critic: ActorCritic, settings: Any) -> None:
        self._plain = plain
        self._settings = settings
        self._clip_value = settings.e_clip if settings.clip_value else math.inf
        self._policy = {DiscreteHead: self._choice, MultiDiscreteHead: self._choices, GaussianHead: self._gaussian}[
            type(actor_critic.head)
        ]

    @torch.no_grad()
    def __call__(self, obs: Tensor, piece: Batch, entropy_coef: float) -> Said:
        """Losses and gradients of a minibatch whose observations [B, D] are ready for the network."""
        heads, value, given = self._plain.forward(obs)
        c_loss, by_value = slopes.value_error(value, piece.value, piece.returns, self._clip_value)
        by_value.mul_(0.5 * self._settings.critic_coef)
        (output, neglogp, parts), by_heads = self._policy(heads, piece, entropy_coef)
        self._plain.backward(by_heads, by_value, given)
        return output, neglogp, {**parts, "c_loss": c_loss}

    def _surrogate(self, neglogp: Tensor, piece: Batch) -> tuple[Tensor, Tensor]:
        return slopes.surrogate(piece.neglogp, neglogp, piece.advantage, self._settings.e_clip)

    def _choice(self, heads: list[Tensor], piece: Batch, entropy_coef: float) -> tuple[Said, list[Tensor]]:
        logp = log_probabilities(heads[0], piece.mask)
        neglogp, entropy = slopes.choice(logp, piece.action)
        a_loss, by_neglogp = self._surrogate(neglogp, piece)
        slope = slopes.choice_slope(logp, piece.action, entropy, by_neglogp, entropy_coef)
        return (heads[0], neglogp, {"a_loss": a_loss, "entropy": entropy.mean()}), [slope]

    def _choices(self, heads: list[Tensor], piece: Batch, entropy_coef: float) -> tuple[Said, list[Tensor]]:
        sizes = [logits.shape[-1] for logits in heads]
        masks = [None] * len(sizes) if piece.mask is None else torch.split(piece.mask, sizes, dim=-1)
        logps = [log_probabilities(logits, mask) for logits, mask in zip(heads, masks, strict=True)]
        actions = piece.action.unbind(dim=1)
        told = [slopes.choice(logp, action) for logp, action in zip(logps, actions, strict=True)]
        neglogp = torch.stack([neglogp for neglogp, _ in told]).sum(dim=0)
        entropy = torch.stack([entropy for _, entropy in told]).sum(dim=0)
        a_loss, by_neglogp = self._surrogate(neglogp, piece)
        by_heads = [
            slopes.choice_slope(logp, action, own, by_neglogp, entropy_coef)
            for logp, action, (_, own) in zip(logps, actions, told, strict=True)
        ]
        return (heads, neglogp, {"a_loss": a_loss, "entropy": entropy.mean()}), by_heads

    def _gaussian(self, heads: list[Tensor], piece: Batch, entropy_coef: float) -> tuple[Said, list[Tensor]]:
        settings, log_sigma = self._settings, self._plain.log_sigma
        assert log_sigma is not None and log_sigma.grad is not None
        mean = heads[0]
        neglogp, noise = slopes.gaussian(mean, log_sigma, piece.action)
        a_loss, by_neglogp = self._surrogate(neglogp, piece)
        by_mean, by_log_sigma = slopes.gaussian_slopes(noise, log_sigma, by_neglogp, entropy_coef)
        log_sigma.grad.copy_(by_log_sigma)
        parts = {"a_loss": a_loss, "entropy": slopes.gaussian_entropy(log_sigma)}
        if settings.bounds_loss_coef:
            parts["bounds_loss"] = BOUND_LOSSES[settings.bound_loss_type](mean).mean()
            by_mean.add_(slopes.BOUND_SLOPES[settings.bound_loss_type](mean), alpha=settings.bounds_loss_coef)
        # What was said stays, though the parameter moves on.
        return ((mean, log_sigma.clone().expand_as(mean)), neglogp, parts), [by_mean]
