"""SAC's gradients by autograd, for any network and for mixed precision. Knows no optimiser and no replay."""

from collections.abc import Sequence

import torch
from torch import Tensor

from algos.sac import losses
from algos.sac.networks import SoftActorCritic


class GradientsByAutograd:
    """What `GradientsByHand` does, for any network."""

    def __init__(self, networks: SoftActorCritic, device_type: str, mixed_precision: bool) -> None:
        self._networks = networks
        self._device_type = device_type
        self._mixed_precision = mixed_precision

    def of_critics(self, obs: Tensor, action: Tensor, target: Tensor) -> Tensor:
        """See `GradientsByHand.of_critics`."""
        with self._autocast():
            loss = losses.critic_losses(self._networks.critics(obs, action), target)
        parameters = list(self._networks.critics.parameters())
        _put(parameters, torch.autograd.grad(0.5 * loss.sum(), parameters))
        return loss.detach()

    def of_actor(self, obs: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
        """See `GradientsByHand.of_actor`."""
        with self._autocast():
            mean, log_std = self._networks.policy(obs)
            action, log_prob = losses.squash(mean, log_std, torch.randn_like(mean))
            loss = losses.actor_loss(self._networks.critics.frozen(obs, action), log_prob, alpha)
        parameters = list(self._networks.actor.parameters())
        _put(parameters, torch.autograd.grad(loss, parameters))
        return loss.detach(), log_prob.detach()

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device_type, torch.bfloat16, enabled=self._mixed_precision)


def _put(parameters: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        assert parameter.grad is not None, "gradients lie in one vector"
        parameter.grad.copy_(gradient)
