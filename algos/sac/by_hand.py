"""SAC's gradients by hand: no autograd. Knows no optimiser and no replay."""

import torch
from torch import Tensor, nn

from algos.layers import ACTIVATIONS, Tree, layers_of
from algos.sac import losses, slopes
from algos.sac.networks import SoftActorCritic


class GradientsByHand:
    """Puts the gradients of a batch's losses where the parameters keep theirs."""

    def __init__(self, networks: SoftActorCritic, actor: Tree, activation: type[nn.Module]) -> None:
        self._networks = networks
        self._actor = actor
        self._activate, self._go_back = ACTIVATIONS[activation]

    @classmethod
    def of(cls, networks: SoftActorCritic) -> "GradientsByHand | None":
        """None where the actor has parts that are written out nowhere here."""
        *parts, last = networks.actor.trunk
        layers = layers_of(nn.Sequential(*parts))
        if not layers or not isinstance(last, nn.Linear):
            return None
        return cls(networks, Tree(layers, [last]), type(parts[1]))

    @torch.no_grad()
    def of_critics(self, obs: Tensor, action: Tensor, target: Tensor) -> Tensor:
        """The losses [2] of both critics; their gradients are put in place."""
        value, given = self._networks.critics.keep(obs, action, self._activate)
        loss, by_value = slopes.critic_errors(value, target)
        self._networks.critics.backward(by_value, given, self._go_back)
        return loss

    @torch.no_grad()
    def of_actor(self, obs: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
        """The policy's loss, and the log-probabilities [B] of its draws; its gradients are put in place."""
        networks = self._networks
        (said,), given = self._actor.forward(obs)
        mean, log_std = networks.read_policy(said)
        noise = torch.randn_like(mean)
        action, log_prob = losses.squash(mean, log_std, noise)
        value, critics_given = networks.critics.keep(obs, action, self._activate)
        by_value, by_log_prob = slopes.actor_slopes(value, alpha)
        by_action = networks.critics.to_action(by_value, critics_given, self._go_back, action.shape[1])
        drawn = slopes.Drawn(log_std, noise, action)
        by_mean, by_log_std = slopes.squash_slopes(drawn, by_action, by_log_prob)
        by_spread = slopes.spread_slope(by_log_std, log_std, *networks.log_std_bounds)
        self._actor.backward([torch.cat((by_mean, by_spread), dim=1)], given)
        return losses.actor_loss(value, log_prob, alpha), log_prob
