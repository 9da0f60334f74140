"""PPO's update: a rollout in, gradient steps and their losses out. Knows no environment."""

from typing import Any

import torch
from torch import Tensor

from algos.adam import Adam
from algos.device import mixes_precision
from algos.gradients import FlatGradients
from algos.ppo import losses, returns, schedule
from algos.ppo.actor_critic import ActorCritic
from algos.ppo.by_hand import GradientByHand, Said
from algos.ppo.central_value import CentralValue
from algos.ppo.heads import BOUND_LOSSES, mean_and_sigma
from algos.ppo.rollout import Batch, Rollout, flatten, flatten_states, row_major

_MIN_ENTROPY_COEF = 1e-4  # where rl_games' linear schedule ends
_SURROGATES = {False: losses.clipped_surrogate, True: losses.smoothed_surrogate}  # use_smooth_clamp


class Learner:
    """Fits the actor-critic (and a central value) to rollouts.

    Attributes:
        learning_rate, entropy_coef, max_sigma: the scheduled values in force; None is no bound.
        losses: of each minibatch of the last update, detached scalars by name.
    """

    def __init__(self, actor_critic: ActorCritic, central: CentralValue | None, settings: Any) -> None:
        self._actor_critic = actor_critic
        self._central = central
        self._settings = settings
        self._value_normaliser = actor_critic.value_normaliser if central is None else central.normaliser
        self._recurs = actor_critic.is_rnn or central is not None
        self._seq_length = settings.seq_length if actor_critic.is_rnn else 1
        self._surrogate = _SURROGATES[settings.use_smooth_clamp]
        self._device_type = torch.device(actor_critic.device).type
        self._mixed_precision = mixes_precision(settings.mixed_precision, actor_critic.device)
        # rl_games' "legacy" schedule adapts after every minibatch, and only for continuous actions.
        self._adapts = settings.lr_schedule == "adaptive"
        is_legacy = settings.schedule_type == "legacy" and actor_critic.head.is_continuous
        self._adapts_per_minibatch = self._adapts and is_legacy
        parameters = list(actor_critic.model.parameters())
        self._gradients = FlatGradients(parameters)
        self._gradient = GradientByHand.of(actor_critic, settings) or self._by_autograd
        self.losses: list[dict[str, Tensor]] = []
        self.learning_rate = float(settings.learning_rate)
        self.entropy_coef = float(settings.entropy_coef)
        self.max_sigma: float | None = None
        if settings.max_sigma is not None:
            self.limit_sigma(settings.max_sigma[0])
        self.optimizer = Adam(parameters, self.learning_rate, weight_decay=settings.weight_decay)

    def update(self, rollout: Rollout, progress: float) -> dict[str, float]:
        """Learn from a rollout; `progress` is the used share of the budget, for linear schedules.

        Returns mean losses and the rates in force.
        """
        obs = flatten(rollout.obs)
        batch = self._prepare(rollout, obs)
        logged: dict[str, float] = {}
        if self._central is not None:
            logged["cval_loss"] = self._central.train(batch, flatten(rollout.states))
        self.losses = []
        for _ in range(self._settings.mini_epochs):
            self._mini_epoch(batch)
        # Only now, so that the probability ratio is exactly 1 at the first minibatch. (rl_games reads a batch
        # with statistics that already hold it.)
        self._actor_critic.reader.update(obs)
        for name in self.losses[0]:
            logged[name] = torch.stack([parts[name] for parts in self.losses]).mean().item()
        self._anneal(progress)
        return logged | self.rates()

    def rates(self) -> dict[str, float]:
        """The scheduled values in force, under rl_games' names where it has one."""
        rates = {"last_lr": self.learning_rate, "entropy_coef": self.entropy_coef}
        return rates if self.max_sigma is None else {**rates, "max_sigma": self.max_sigma}

    def state_dict(self) -> dict[str, Any]:
        """The optimizer's state and the rates in force; `learning_rate` is what was asked for."""
        asked = {"learning_rate": float(self._settings.learning_rate)}
        return {"optimizer": self.optimizer.state_dict(), **asked, **self.rates()}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave, or a stock checkpoint: rates go on where a schedule moves them.

        What is asked for anew holds: a rate that is constant, and where an adaptive one starts.
        """
        settings = self._settings
        self.optimizer.load_state_dict(state["optimizer"])
        is_same = state.get("learning_rate", settings.learning_rate) == settings.learning_rate
        if settings.lr_schedule == "linear" or (self._adapts and is_same):
            # A stock checkpoint holds the rate in its optimizer only.
            self.set_learning_rate(float(state.get("last_lr", state["optimizer"]["param_groups"][0]["lr"])))
        if settings.schedule_entropy:
            self.entropy_coef = float(state.get("entropy_coef", self.entropy_coef))

    def _prepare(self, rollout: Rollout, obs: Any) -> Batch:
        """The rollout and its observations [B, ...] as one batch: advantages, returns, what is normalised."""
        settings = self._settings
        value = torch.stack(rollout.value)
        advantage = returns.advantages(
            rollout.reward, value, rollout.done, rollout.last_value, settings.gamma, settings.tau
        )
        total = row_major(advantage + value)
        summed = row_major(advantage).sum(dim=1)
        if settings.normalize_advantage:
            summed = (summed - summed.mean()) / (summed.std() + 1e-8)
        old_value = row_major(value)
        if self._value_normaliser is not None:
            self._value_normaliser.update(old_value)
            old_value = self._value_normaliser.normalise(old_value)
            self._value_normaliser.update(total)
            total = self._value_normaliser.normalise(total)
        return Batch(
            obs=self._actor_critic.reader.normalise(obs),
            action=flatten(rollout.action),
            neglogp=flatten(rollout.neglogp),
            advantage=summed,
            value=old_value,
            returns=total,
            first=row_major(rollout.first) if self._recurs else None,
            mask=flatten(rollout.mask),
            mean=flatten(rollout.mean),
            sigma=flatten(rollout.sigma),
            rnn_states=flatten_states(rollout.rnn_states),
        )

    def _mini_epoch(self, batch: Batch) -> None:
        """Every sample once."""
        settings = self._settings
        before = len(self.losses)
        for index, piece in batch.minibatches(
            settings.minibatch_size, self._seq_length, settings.shuffle_minibatches
        ):
            parts = self._learn(batch, index, piece)
            if self._adapts_per_minibatch:
                self._adapt(parts["kl"].item())
            self.losses.append(parts)
        if self._adapts and not self._adapts_per_minibatch:
            self._adapt(torch.stack([parts["kl"] for parts in self.losses[before:]]).mean().item())

    def _learn(self, batch: Batch, index: Any, piece: Batch) -> dict[str, Tensor]:
        """One gradient step on a minibatch; returns its detached losses and KL."""
        obs = self._actor_critic.reader.read_bytes(piece.obs)
        output, neglogp, parts = self._gradient(obs, piece, self.entropy_coef)
        if self._settings.truncate_grads:
            self._gradients.clip(self._settings.grad_norm)
        self.optimizer.advance()
        parts["kl"] = self._kl(batch, index, piece, output, neglogp)
        return parts

    def _by_autograd(self, obs: Any, piece: Batch, entropy_coef: float) -> Said:
        """What `GradientByHand` does, for any network."""
        first = piece.first if self._settings.zero_rnn_on_done and piece.rnn_states else None
        with torch.autocast(self._device_type, torch.bfloat16, enabled=self._mixed_precision):
            step = self._actor_critic.sequence(obs, piece.rnn_states, first, self._seq_length)
        neglogp, entropy = self._actor_critic.head.evaluate(step.output, piece.action, piece.mask)
        loss, parts = self._losses(step, piece, neglogp, entropy)
        self._gradients.clear()
        loss.backward()
        return step.output, neglogp, {name: part.detach() for name, part in parts.items()}

    def _losses(
        self, step: Any, piece: Batch, neglogp: Tensor, entropy: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The total and its parts. Schulman et al. 2017, eq. 9, with rl_games' coefficients."""
        settings = self._settings
        parts = {
            "a_loss": self._surrogate(piece.neglogp, neglogp, piece.advantage, settings.e_clip).mean(),
            "entropy": entropy.mean(),
        }
        loss = parts["a_loss"] - self.entropy_coef * parts["entropy"]
        if self._central is None:
            parts["c_loss"] = self._value_loss(step.value, piece)
            loss = loss + 0.5 * settings.critic_coef * parts["c_loss"]
        if self._actor_critic.head.is_continuous and settings.bounds_loss_coef:
            parts["bounds_loss"] = BOUND_LOSSES[settings.bound_loss_type](step.output[0]).mean()
            loss = loss + settings.bounds_loss_coef * parts["bounds_loss"]
        for name, extra in (self._actor_critic.model.get_aux_loss() or {}).items():
            parts[name] = extra
            loss = loss + extra
        return loss, parts

    def _value_loss(self, value: Tensor, piece: Batch) -> Tensor:
        if self._settings.clip_value:
            return losses.clipped_value_loss(value, piece.value, piece.returns, self._settings.e_clip).mean()
        return losses.value_loss(value, piece.returns).mean()

    @torch.no_grad()
    def _kl(self, batch: Batch, index: Any, piece: Batch, output: Any, neglogp: Tensor) -> Tensor:
        """How far the policy moved since this minibatch was last seen: what rl_games' schedule goes by."""
        if piece.mean is None or piece.sigma is None:
            return losses.sampled_kl(neglogp, piece.neglogp).mean()
        assert batch.mean is not None and batch.sigma is not None
        mean, sigma = mean_and_sigma(output)
        kl = losses.gaussian_kl(mean, sigma, piece.mean, piece.sigma).mean()
        batch.mean[index], batch.sigma[index] = mean, sigma
        return kl

    def _adapt(self, kl: float) -> None:
        settings = self._settings
        bounds = (settings.min_lr, settings.max_lr)
        self.set_learning_rate(schedule.adaptive_rate(self.learning_rate, kl, settings.kl_threshold, bounds))

    def _anneal(self, progress: float) -> None:
        settings = self._settings
        if settings.max_sigma is not None:
            start, end = settings.max_sigma
            self.limit_sigma(schedule.linear(start, end, progress))
        if settings.lr_schedule != "linear":
            return
        self.set_learning_rate(schedule.linear(settings.learning_rate, settings.min_lr, progress))
        if settings.schedule_entropy:
            self.entropy_coef = schedule.linear(settings.entropy_coef, _MIN_ENTROPY_COEF, progress)

    def limit_sigma(self, max_sigma: float) -> None:
        """Put an upper bound of the policy's noise in force."""
        self.max_sigma = max_sigma
        self._actor_critic.limit_sigma(max_sigma)

    def set_learning_rate(self, rate: float) -> None:
        """Put a rate in force from the next gradient step on."""
        self.learning_rate = rate
        for group in self.optimizer.param_groups:
            group["lr"] = rate
