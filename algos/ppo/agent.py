"""Proximal policy optimisation (Schulman et al. 2017) on rl_games' networks, YAML keys and checkpoints.

The stock agent does the same arithmetic at two thirds of the speed and bootstraps time limits from the wrong
state; `docs/log.md` has the measurement that led to an agent of our own. The stock one is the reference in
`tests/algos/ppo/test_reference.py`. Knows nothing of logging, evaluation and checkpoint files.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from algos.base import Agent, State
from algos.device import limit_threads, precision_notes
from algos.fit import fit
from algos.ppo import evidence
from algos.ppo.actor_critic import ActorCritic
from algos.ppo.central_value import CentralValue
from algos.ppo.collector import Collector
from algos.ppo.learner import Learner
from algos.ppo.policy import ActorCriticPolicy
from algos.ppo.settings import PPOSettings


class PPOAgent(Agent):
    """PPO for discrete, multi-discrete and continuous actions, recurrent and asymmetric."""

    settings: PPOSettings

    @property
    def model(self) -> torch.nn.Module:
        """The rl_games module, as the Runner wants it."""
        return self._actor_critic.model

    def setup(self) -> None:
        """See `Agent.setup`."""
        settings, info = self.settings, self.env_info
        fitted = fit(self.config.train.params, info)
        rows = self.config.num_envs
        self._actor_critic = ActorCritic(fitted, info, rows, settings.normalize_value, self.device)
        central = settings.central_value_config or {}
        is_mixed = settings.mixed_precision or bool(central.get("mixed_precision"))
        self.notes = precision_notes(is_mixed, self.device)
        size = sum(weight.numel() for weight in self.model.parameters())
        limit_threads(self.config.train.params.torch_threads, size, settings.minibatch_size or 1)
        self._central = CentralValue(settings, info, self.device) if settings.central_value_config else None
        shaper = self.params["config"]["reward_shaper"]
        self._collector = Collector(
            self._actor_critic, self._central, self.vec_env, self.step_envs, settings, shaper
        )
        self._parameters = tuple(self.model.parameters())
        if self.config.sigma is not None:
            self._actor_critic.set_sigma(self.config.sigma)
        self._learner = Learner(self._actor_critic, self._central, settings)

    def act(self, deterministic: bool) -> ActorCriticPolicy:
        """See `Agent.act`."""
        return ActorCriticPolicy(self._actor_critic, self._collector.scaler, deterministic)

    def collect(self) -> None:
        """See `Agent.collect`."""
        self._rollout = self._collector.collect()

    def update(self) -> State:
        """See `Agent.update`."""
        return self._learner.update(self._rollout, self.progress())

    def watched(self) -> Iterable[Tensor]:
        """See `Agent.watched`; to ask the module for its tensors takes half as long as to look at them."""
        normaliser = self._actor_critic.value_normaliser
        values = () if normaliser is None else normaliser.statistics()
        return (*self._parameters, *self._actor_critic.reader.statistics(), *values)

    def blame(self) -> str | None:
        """See `Agent.blame`: what came from the environments comes first, then losses, gradients, weights."""
        came = (*self._collector.under_way, self._collector.last_obs)
        first = evidence.blame_rollout(*came)
        if first is not None:
            return first
        learned = evidence.blame_losses(self._learner.losses) or evidence.blame_weights(self.model)
        if learned is None:
            return None
        reason = evidence.blame_size(*came)
        return f"{learned}: {reason}" if reason else learned

    def evidence(self) -> State:
        """The rollout and the losses; see `Agent.evidence`."""
        came = (*self._collector.under_way, self._collector.last_obs)
        return {**super().evidence(), **evidence.as_tensors(*came, self._learner.losses)}

    def state_dict(self) -> State:
        """See `Agent.state_dict`."""
        state = {"model": self.model.state_dict(), **self._learner.state_dict()}
        return state if self._central is None else {**state, **self._central.state_dict()}

    def load_state_dict(self, state: State, with_optimizer: bool) -> None:
        """See `Agent.load_state_dict`."""
        self._actor_critic.load(state.get("model", {}))
        if self._central is not None and "assymetric_vf_nets" in state:
            self._central.load_state_dict(state, with_optimizer)
        if with_optimizer:
            self._learner.load(state)
        if self._learner.max_sigma is not None:
            reached = state if with_optimizer else {}
            self._learner.limit_sigma(float(reached.get("max_sigma", self._learner.max_sigma)))
        if self.config.sigma is not None and self.config.resume is None:  # of a resumed run: where it began
            self._actor_critic.set_sigma(self.config.sigma)

    def resume_state(self) -> State:
        """What the rollouts and a central value remember; see `Agent.resume_state`."""
        state = {"collector": self._collector.state()}
        return state if self._central is None else {**state, "central_value": self._central.resume_state()}

    def load_resume_state(self, state: State) -> None:
        """See `Agent.load_resume_state`."""
        if "collector" not in state:
            return
        self._collector.load(state["collector"])
        if self._central is not None:
            self._central.load_resume_state(state["central_value"])

    def take_up(self, obs: Any, is_new: Any) -> None:
        """See `Agent.take_up`."""
        self._collector.take_up(obs, is_new)
