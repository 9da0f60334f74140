"""SAC's update: transitions in, one gradient step and its losses out. Knows no environment and no replay."""

import math

import torch
from torch import Tensor

from algos.adam import Adam
from algos.gradients import FlatGradients
from algos.sac import losses, moments
from algos.sac.by_autograd import GradientsByAutograd
from algos.sac.by_hand import GradientsByHand
from algos.sac.moments import State
from algos.sac.networks import SoftActorCritic
from algos.sac.replay import Batch
from algos.sac.settings import SACSettings


class Learner:
    """Fits the critics to what was seen, the policy to the critics, and the temperature to the policy.

    Attributes:
        log_alpha: logarithm of the temperature, a scalar.
        updates: gradient steps of the critics so far.
    """

    def __init__(self, networks: SoftActorCritic, settings: SACSettings, action_size: int) -> None:
        self._networks = networks
        self._settings = settings
        self._target_entropy = -settings.target_entropy_coef * action_size
        self._device_type = torch.device(networks.device).type
        self._mixed_precision = settings.mixed_precision and self._device_type == "cuda"
        self.updates = 0
        self.log_alpha = torch.tensor(math.log(settings.init_alpha), device=networks.device).requires_grad_()
        self._critic_gradients = FlatGradients(networks.critics.parameters())
        for others in (networks.actor.parameters(), [self.log_alpha]):
            FlatGradients(others)  # gradients are written into place, so there has to be one
        by_hand = None if self._mixed_precision else GradientsByHand.of(networks)
        self._gradients = by_hand or GradientsByAutograd(networks, self._device_type, self._mixed_precision)
        self._critic_optimizer = Adam(
            networks.critics.parameters(), settings.critic_lr, _pair(settings.critic_betas)
        )
        self._actor_optimizer = Adam(
            networks.actor.parameters(), settings.actor_lr, _pair(settings.actor_betas)
        )
        self._alpha_optimizer = Adam([self.log_alpha], settings.alpha_lr, _pair(settings.alphas_betas))

    def update(self, batch: Batch) -> dict[str, Tensor]:
        """A gradient step of the critics; each `policy_frequency`-th time also of policy and temperature.

        Returns detached scalars: losses by rl_games' names, the policy's only where it was updated.
        """
        with torch.no_grad():
            obs, next_obs = (self._networks.reader.read(part) for part in (batch.obs, batch.next_obs))
        parts = self._update_critics(obs, batch, next_obs)
        self.updates += 1
        if self.updates % self._settings.policy_frequency == 0:
            parts |= self._update_policy(obs)
        self._networks.targets.follow(self._networks.critics, self._settings.critic_tau)
        return parts

    def _update_critics(self, obs: Tensor, batch: Batch, next_obs: Tensor) -> dict[str, Tensor]:
        networks, settings = self._networks, self._settings
        with torch.no_grad(), self._autocast():
            action, log_prob = self._draw(next_obs)
            after = losses.soft_value(networks.targets(next_obs, action), log_prob, self.log_alpha.exp())
            target = batch.reward + settings.gamma * batch.discount * after
        first, second = self._gradients.of_critics(obs, batch.action, target)
        if settings.critic_grad_clip:
            self._critic_gradients.clip(settings.critic_grad_clip)
        self._critic_optimizer.advance()
        return {"c1_loss": first, "c2_loss": second}

    def _update_policy(self, obs: Tensor) -> dict[str, Tensor]:
        alpha = self.log_alpha.detach().exp()
        loss, log_prob = self._gradients.of_actor(obs, alpha)
        self._actor_optimizer.advance()
        parts = {"a_loss": loss, "entropy": -log_prob.mean(), "alpha": alpha}
        if self._settings.learnable_temperature:
            parts["alpha_loss"] = self._update_temperature(log_prob)
        return parts

    def _update_temperature(self, log_prob: Tensor) -> Tensor:
        with torch.no_grad():
            loss = losses.temperature_loss(self.log_alpha, log_prob, self._target_entropy)
        assert self.log_alpha.grad is not None, "it was given one at the start"
        self.log_alpha.grad.copy_(loss)  # the exponential is its own derivative
        self._alpha_optimizer.advance()
        return loss

    def _draw(self, read_obs: Tensor) -> tuple[Tensor, Tensor]:
        """Actions of the policy [B, A], and their log-probability [B]."""
        mean, log_std = self._networks.policy(read_obs)
        return losses.squash(mean, log_std, torch.randn_like(mean))

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device_type, torch.bfloat16, enabled=self._mixed_precision)

    def state_dict(self) -> State:
        """The sections of a stock checkpoint that are no weights, and the temperature, which it forgets."""
        return {
            "actor_optimizer": self._actor_optimizer.state_dict(),
            "critic_optimizer": moments.to_host(self._critic_optimizer.state_dict()),
            "log_alpha_optimizer": self._alpha_optimizer.state_dict(),
            "log_alpha": self.log_alpha.detach().clone(),
            "update_counter": self.updates,
        }

    def load_state_dict(self, state: State) -> None:
        """Take what `state_dict` gave, or the sections of a stock checkpoint, without a temperature."""
        self._actor_optimizer.load_state_dict(state["actor_optimizer"])
        self._critic_optimizer.load_state_dict(moments.from_host(state["critic_optimizer"]))
        self._alpha_optimizer.load_state_dict(state["log_alpha_optimizer"])
        self.updates = int(state.get("update_counter", 0))
        self.load_temperature(state)

    @torch.no_grad()
    def load_temperature(self, state: State) -> None:
        """Take a checkpoint's temperature, if it has one and this one learns."""
        if "log_alpha" in state and self._settings.learnable_temperature:
            self.log_alpha.copy_(state["log_alpha"])


def _pair(betas: list[float]) -> tuple[float, float]:
    first, second = betas
    return first, second
