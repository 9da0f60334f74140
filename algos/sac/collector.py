"""Gathers SAC's transitions: the policy acts in the vector environment, the replay takes what it sees."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from algos.actions import ActionScaler
from algos.sac.exploration import CorrelatedNoise, uniform
from algos.sac.losses import squash
from algos.sac.networks import SoftActorCritic
from algos.sac.observations import to_rows
from algos.sac.replay import Batch, Replay
from algos.sac.returns import Lookahead
from algos.sac.settings import SACSettings


class Collector:
    """Steps every row once a call; episodes go on from one epoch to the next."""

    def __init__(
        self,
        networks: SoftActorCritic,
        replay: Replay,
        vec_env: Any,
        step_envs: Callable[[Any], tuple[Any, Any, Any, dict[str, Any]]],  # `Agent.step_envs`
        settings: SACSettings,
        shaper: Any,  # rl_games' reward shaper
    ) -> None:
        self._networks = networks
        self._replay = replay
        self._vec_env = vec_env
        self._step_vec_env = step_envs
        self._shape_reward = shaper
        self._ends_at_limit = not settings.value_bootstrap
        space = vec_env.get_env_info()["action_space"]
        self._speaks_torch = "device" in vec_env.get_env_info()
        scaler = ActionScaler(space, clip_actions=True)
        self._to_env = scaler.on_device if self._speaks_torch else scaler.to_env
        rows, size = vec_env.num_envs, space.shape[0]
        self._noise = CorrelatedNoise(rows, size, settings.exploration_correlation, networks.device)
        self._lookahead = Lookahead(settings.n_step, settings.gamma, rows, networks.device)
        self._obs: Tensor | None = None

    @torch.no_grad()
    def step(self, at_random: bool) -> None:
        """One step of every row, by the policy or `at_random`: uniform over the actions."""
        if self._obs is None:
            self._obs = self._see(self._vec_env.reset())
        action = self._act(self._obs, at_random)
        seen, reward, done, infos = self._step_vec_env(self._to_env(action))
        device = self._networks.device
        obs = self._see(seen)
        # Of a row that is done, `obs` is already the next episode's: its successor is told beside it.
        # Tensors come with it in every step, so that nobody has to look whether a row is done.
        has_final = self._speaks_torch or done.any()
        next_obs = to_rows(infos["final_observation"], device) if has_final else obs
        terminal = done if self._ends_at_limit else done & ~infos["time_outs"]
        shaped = self._shape_reward(torch.as_tensor(reward, device=device).float())
        discount = torch.as_tensor(~terminal, device=device).float()
        for known in self._lookahead.take(Batch(self._obs, action, shaped, next_obs, discount), done):
            self._replay.add(known)
        self._obs = obs

    def state(self) -> dict[str, Any]:
        """The noise that the next step's is correlated with, and the steps that wait for their returns."""
        return {"noise": self._noise.state(), "waiting": self._lookahead.state()}

    def load(self, state: dict[str, Any]) -> None:
        """Take what `state` gave, or an older version did."""
        self._noise.load(state["noise"])
        self._lookahead.load(state.get("waiting", []))

    def take_up(self, obs: Any, is_new: Any) -> None:
        """Go on with these observations; the statistics take in those of rows that are new."""
        self._obs = to_rows(obs, self._networks.device)
        new = torch.as_tensor(is_new, device=self._networks.device)
        self._lookahead.cut(new)
        if bool(new.any()):
            self._count(self._obs[new])

    def _see(self, seen: Any) -> Tensor:
        """New observations as rows. The statistics take in each once, when new, and none from the replay."""
        obs = to_rows(seen, self._networks.device)
        self._count(obs)
        return obs

    def _count(self, obs: Tensor) -> None:
        # Torch's variance of a single row is not a number; that of the same row twice is 0.
        self._networks.reader.update(obs if len(obs) > 1 else obs.expand(2, -1))

    def _act(self, obs: Tensor, at_random: bool) -> Tensor:
        noise = self._noise.draw()
        if at_random:
            return uniform(noise)
        mean, log_std = self._networks.policy(self._networks.reader.read(obs))
        return squash(mean, log_std, noise)[0]
