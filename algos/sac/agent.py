"""Soft actor-critic (Haarnoja et al. 2018) on rl_games' networks, YAML keys and checkpoints.

The stock agent forgets its temperature and its replay, learns the less the more environments it has, takes
time limits for states it has left, and stops only once an episode has ended; so this one is our own. Knows
nothing of logging, evaluation and checkpoint files.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from algos.base import Agent, State
from algos.device import limit_threads, precision_notes
from algos.finite import first_not_finite
from algos.growing import Growing
from algos.sac.collector import Collector
from algos.sac.fit import fit
from algos.sac.learner import Learner
from algos.sac.networks import SoftActorCritic
from algos.sac.policy import SACPolicy
from algos.sac.replay import Replay
from algos.sac.settings import SACSettings
from cfg.errors import CheckpointError


class SACAgent(Agent):
    """SAC for continuous actions. Every round steps each row once and then takes the gradient steps due."""

    settings: SACSettings

    @property
    def model(self) -> torch.nn.Module:
        """The rl_games module, as the Runner wants it."""
        module: torch.nn.Module = self._networks.model
        return module

    @property
    def rounds(self) -> int:
        """See `Agent.rounds`."""
        return self.settings.num_steps_per_episode

    def setup(self) -> None:
        """See `Agent.setup`."""
        settings, params = self.settings, self.config.train.params
        fitted = fit(params, self.env_info)
        self._networks = SoftActorCritic(fitted, self.device)
        self.notes = precision_notes(settings.mixed_precision, self.device)
        weights = sum(weight.numel() for weight in self._networks.critics.parameters())
        limit_threads(params.torch_threads, weights, settings.batch_size)
        actions = len(fitted.action_low)
        self._replay = Replay(settings.replay_buffer_size, fitted.obs_size, actions, self.device)
        shaper = self.params["config"]["reward_shaper"]
        self._collector = Collector(
            self._networks, self._replay, self.vec_env, self.step_envs, settings, shaper
        )
        self._learner = Learner(self._networks, settings, actions)
        self._owed = 0.0

    def act(self, deterministic: bool) -> SACPolicy:
        """See `Agent.act`."""
        info = self.env_info
        return SACPolicy(self._networks, info["observation_space"], info["action_space"], deterministic)

    def collect(self) -> None:
        """One step of every row; see `Agent.collect`."""
        warm_up = self.settings.num_warmup_frames or 0
        self._collector.step(at_random=self.frame < warm_up)
        # A run resumed without its replay fills it again before it learns; n-step returns come later.
        if len(self._replay) >= max(1, warm_up):
            self._owed += self.settings.utd_ratio * self.config.num_envs

    def update(self) -> State:
        """The gradient steps due since the last one; see `Agent.update`."""
        due = int(self._owed)
        self._owed -= due
        seen = [self._learner.update(self._replay.sample(self.settings.batch_size)) for _ in range(due)]
        names = dict.fromkeys(name for parts in seen for name in parts)
        logged = {
            name: torch.stack([parts[name] for parts in seen if name in parts]).mean().item()
            for name in names
        }
        return logged

    def watched(self) -> Iterable[Tensor]:
        """Besides weights what this epoch has added to the replay; see `Agent.watched`."""
        return (*super().watched(), self._newest())

    def blame(self) -> str | None:
        """See `Agent.blame`: what came from the environments comes first."""
        found = first_not_finite([("", self._newest())])
        if found is None:
            return super().blame()
        (number, column), rows = found[1], self.config.num_envs
        back = (len(self._newest()) - 1 - number) // rows
        part = self._replay.part_of(column)
        return f"{part} of row {number % rows} is {found[2]}, {back} steps before the newest"

    def evidence(self) -> State:
        """The transitions of this epoch; see `Agent.evidence`."""
        return {**super().evidence(), "transitions": self._newest().cpu()}

    def _newest(self) -> Tensor:
        return self._replay.newest(self.config.num_envs * self.rounds)

    def state_dict(self) -> State:
        """See `Agent.state_dict`."""
        return {**self._networks.weights(), **self._learner.state_dict()}

    def load_state_dict(self, state: State, with_optimizer: bool) -> None:
        """See `Agent.load_state_dict`."""
        self._networks.load(state)
        if with_optimizer:
            self._learner.load_state_dict(state)
        else:
            self._learner.load_temperature(state)

    def growing(self) -> dict[str, Growing]:
        """The replay; see `Agent.growing`."""
        return {"replay": self._replay} if self.settings.save_replay_buffer else {}

    def resume_state(self) -> State:
        """Steps owed, critics to the bit, and the collector's part; see `Agent.resume_state`."""
        exact = {"critics": self._networks.exact_state(), "owed": self._owed}
        return {**exact, **self._collector.state()}

    def load_resume_state(self, state: State) -> None:
        """See `Agent.load_resume_state`."""
        if "owed" not in state:
            return
        try:
            self._owed = float(state["owed"])
            self._networks.load_exact(state["critics"])
            self._collector.load(state)
        except (KeyError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"the state of this run does not fit: {error}",
                "start anew from its weights with checkpoint=",
            ) from error

    def take_up(self, obs: Any, is_new: Any) -> None:
        """See `Agent.take_up`."""
        self._collector.take_up(obs, is_new)
