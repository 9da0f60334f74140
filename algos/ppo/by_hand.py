"""PPO's gradient for plain networks, by hand: no autograd. Knows no optimiser and no environment."""

import math
from typing import Any

import torch
from torch import Tensor

from algos.device import mixes_precision
from algos.layers import sum_of
from algos.ppo import slopes
from algos.ppo.actor_critic import ActorCritic
from algos.ppo.heads import BOUND_LOSSES, log_probabilities
from algos.ppo.plain_network import PlainNetwork
from algos.ppo.rollout import Batch

Losses = dict[str, Tensor]
Said = tuple[Any, Tensor, Losses]
"""The policy's output as its head reads it, negative log-probabilities [B], and the losses by name."""


class GradientByHand:
    """Puts the gradient of a minibatch's loss where the parameters keep theirs."""

    def __init__(self, plain: PlainNetwork, settings: Any) -> None:
        self._plain = plain
        self._settings = settings
        self._clip_value = settings.e_clip if settings.clip_value else math.inf
        self._policy = self._choices if plain.log_sigma is None else self._gaussian

    @classmethod
    def of(cls, actor_critic: ActorCritic, settings: Any) -> "GradientByHand | None":
        """None where the network or the loss has parts that are written out nowhere here."""
        is_mixed = mixes_precision(settings.mixed_precision, actor_critic.device)
        is_known = not (settings.use_smooth_clamp or is_mixed or settings.central_value_config)
        return cls(actor_critic.plain, settings) if actor_critic.plain and is_known else None

    @torch.no_grad()
    def __call__(self, obs: Tensor, piece: Batch, entropy_coef: float) -> Said:
        """Losses and gradients of a minibatch whose observations [B, D] are ready for the network."""
        heads, value, given = self._plain.forward(obs)
        neglogp, by_heads, parts = self._policy(heads, piece, entropy_coef)
        parts["c_loss"], by_value = slopes.value_error(value, piece.value, piece.returns, self._clip_value)
        by_value.mul_(0.5 * self._settings.critic_coef)
        self._plain.backward(by_heads, by_value, given)
        return self._plain.output(heads), neglogp, parts

    def _choices(
        self, heads: list[Tensor], piece: Batch, entropy_coef: float
    ) -> tuple[Tensor, list[Tensor], Losses]:
        sizes = [logits.shape[-1] for logits in heads]
        masks = [None] * len(sizes) if piece.mask is None else torch.split(piece.mask, sizes, dim=-1)
        actions = piece.action.view(len(piece), -1).unbind(dim=1)
        logps = [log_probabilities(logits, mask) for logits, mask in zip(heads, masks, strict=True)]
        taken = [slopes.choice(logp, action) for logp, action in zip(logps, actions, strict=True)]
        neglogp, entropy = sum_of([one for one, _ in taken]), sum_of([own for _, own in taken])
        a_loss, by_neglogp = self._surrogate(neglogp, piece)
        by_heads = [
            slopes.choice_slope(logp, action, own, by_neglogp, entropy_coef)
            for logp, action, (_, own) in zip(logps, actions, taken, strict=True)
        ]
        return neglogp, by_heads, {"a_loss": a_loss, "entropy": entropy.mean()}

    def _gaussian(
        self, heads: list[Tensor], piece: Batch, entropy_coef: float
    ) -> tuple[Tensor, list[Tensor], Losses]:
        settings, mean, log_sigma = self._settings, heads[0], self._plain.log_sigma
        assert log_sigma is not None and log_sigma.grad is not None
        neglogp, noise = slopes.gaussian(mean, log_sigma, piece.action)
        a_loss, by_neglogp = self._surrogate(neglogp, piece)
        by_mean, by_log_sigma = slopes.gaussian_slopes(noise, log_sigma, by_neglogp, entropy_coef)
        log_sigma.grad.copy_(by_log_sigma)
        parts = {"a_loss": a_loss, "entropy": slopes.gaussian_entropy(log_sigma)}
        if settings.bounds_loss_coef:
            parts["bounds_loss"] = BOUND_LOSSES[settings.bound_loss_type](mean).mean()
            by_mean.add_(slopes.BOUND_SLOPES[settings.bound_loss_type](mean), alpha=settings.bounds_loss_coef)
        return neglogp, [by_mean], parts

    def _surrogate(self, neglogp: Tensor, piece: Batch) -> tuple[Tensor, Tensor]:
        return slopes.surrogate(piece.neglogp, neglogp, piece.advantage, self._settings.e_clip)
