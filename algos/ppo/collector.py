"""Gathers PPO's rollouts: the policy acts in the vector environment. Learns nothing."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from algos.actions import ActionScaler
from algos.ppo import returns
from algos.ppo.actor_critic import ActorCritic, States
from algos.ppo.central_value import CentralValue
from algos.ppo.heads import mean_and_sigma
from algos.ppo.rollout import Feedback, Rollout, pick, stacked


class Collector:
    """Steps every row `horizon_length` times; episodes go on from one rollout to the next.

    Attributes:
        under_way: the rollout that was begun last, and what the environments said in it.
    """

    def __init__(
        self,
        actor_critic: ActorCritic,
        central: CentralValue | None,
        vec_env: Any,
        step_envs: Callable[[Any], tuple[Any, Any, Any, dict[str, Any]]],  # `Agent.step_envs`
        settings: Any,
        shaper: Any,
    ) -> None:
        self._actor_critic = actor_critic
        self._central = central
        self._vec_env = vec_env
        self._step_vec_env = step_envs
        self._settings = settings
        self._shape_reward = shaper
        info = vec_env.get_env_info()
        self._value_size = int(info.get("value_size", 1))
        self._is_asymmetric = "state_space" in info
        self._num_envs = settings.num_actors
        self._use_masks = settings.use_action_masks or vec_env.has_action_masks()
        self.scaler = ActionScaler(info["action_space"], settings.clip_actions)
        speaks_torch = "device" in info
        self._to_env = self.scaler.on_device if speaks_torch else self.scaler.to_env
        # Tensors are not looked at in every step, for that waits for their device; but what a recurrent
        # network or a central critic remembers of a step is gone by the end of the rollout.
        is_late = speaks_torch and central is None and not actor_critic.is_rnn
        self._bootstraps_late = is_late and settings.value_bootstrap
        self.seq_length = settings.seq_length if actor_critic.is_rnn else 1
        self._obs: Any = None
        self.under_way = Rollout(), Feedback()

    @torch.no_grad()
    def collect(self) -> Rollout:
        """One rollout of `horizon_length` steps of every row."""
        if self._obs is None:
            self._begin()
        self.under_way = rollout, feedback = Rollout(), Feedback()
        for t in range(self._settings.horizon_length):
            self._step_envs(feedback, self._act(rollout, t))
        self._read_feedback(rollout, feedback)
        rollout.last_value = self._value_after()
        return rollout

    def _begin(self) -> None:
        self._obs = self._vec_env.reset()
        self._remember_nothing()

    def _remember_nothing(self) -> None:
        self._states: States = self._actor_critic.initial_states(self._num_envs)
        self._first = torch.ones(self._num_envs, device=self._actor_critic.device)

    @property
    def last_obs(self) -> Any:
        """What the environments showed last."""
        return self._obs

    def state(self) -> dict[str, Any]:
        """What it remembers of the last step besides observations: tensors, None before the first."""
        if self._obs is None:
            return {"first": None, "states": None}
        return {"first": self._first, "states": None if self._states is None else list(self._states)}

    def load(self, state: dict[str, Any]) -> None:
        """Take what `state` gave; of another number of rows, nothing."""
        self._remember_nothing()
        first, states = state["first"], state["states"]
        if first is None or len(first) != self._num_envs:
            return
        device = self._actor_critic.device
        self._first = first.to(device)
        self._states = None if states is None else tuple(part.to(device) for part in states)

    def take_up(self, obs: Any, is_new: Any) -> None:
        """Go on with these observations; what is remembered of rows that are new is forgotten."""
        self._obs = obs
        new = torch.as_tensor(is_new, device=self._actor_critic.device)
        self._first = torch.where(new, 1.0, self._first)
        if self._states is not None:
            self._states = tuple(torch.where(new[:, None], 0.0, state) for state in self._states)
        if self._central is not None:
            self._central.forget(new)

    def _act(self, rollout: Rollout, t: int) -> Tensor:
        """Record what the policy sees and does at step `t`; returns its actions."""
        obs, states = self._split(self._obs)
        mask = self._action_mask()
        if self._actor_critic.is_rnn and t % self.seq_length == 0:
            rollout.rnn_states.append(self._states)
        step = self._actor_critic.step(self._actor_critic.reader.read(obs), self._states)
        action, neglogp = self._actor_critic.head.sample(step.output, mask)
        rollout.obs.append(obs)
        rollout.action.append(action)
        rollout.neglogp.append(neglogp)
        if self._central is None:
            rollout.value.append(step.value)
        else:
            self._central.begin_step(t)
            rollout.states.append(states)
            rollout.value.append(self._central.value(states))
        if mask is not None:
            rollout.mask.append(mask)
        if self._actor_critic.head.is_continuous:
            mean, sigma = mean_and_sigma(step.output)
            rollout.mean.append(mean)
            rollout.sigma.append(sigma)
        self._states = step.states
        return action

    def _step_envs(self, feedback: Feedback, action: Tensor) -> None:
        self._obs, reward, done, infos = self._step_vec_env(self._to_env(action))
        feedback.reward.append(reward)
        feedback.done.append(done)
        if self._bootstraps_late:
            feedback.time_out.append(infos["time_outs"])
            feedback.final_obs.append(infos["final_observation"])
        elif self._settings.value_bootstrap and infos["time_outs"].any():
            feedback.cuts.append((len(feedback.reward) - 1, *self._value_of_cut(infos)))
        if self._states is not None and self._settings.zero_rnn_on_done:
            going = 1.0 - torch.as_tensor(done, device=self._actor_critic.device).float().view(1, -1, 1)
            self._states = tuple(state * going for state in self._states)
        if self._central is not None:
            self._central.end_step(torch.as_tensor(done, device=self._actor_critic.device))

    def _read_feedback(self, rollout: Rollout, feedback: Feedback) -> None:
        """Rewards and dones of all steps at once: one by one they cost as much as the policy."""
        device = self._actor_critic.device
        reward = stacked(feedback.reward, device).view(-1, self._num_envs, self._value_size)
        reward = self._shape_reward(reward)
        for t, rows, value in feedback.cuts:
            reward[t] = returns.bootstrap_truncations(reward[t], value, rows, self._settings.gamma)
        if self._bootstraps_late:
            reward = self._bootstrap_late(reward, feedback)
        rollout.reward = reward
        rollout.done = stacked(feedback.done, device).float()
        rollout.first = torch.cat([self._first[None], rollout.done[:-1]])
        self._first = rollout.done[-1]

    def _value_of_cut(self, infos: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Rows bool [N] that a time limit cut off, and the values [M, K] of their true final observations."""
        rows = torch.as_tensor(infos["time_outs"], device=self._actor_critic.device)
        obs, states = self._split(infos["final_observation"])
        if self._central is not None:
            return rows, self._central.peek(states)[rows]
        cut = {key: part[rows] for key, part in obs.items()} if isinstance(obs, dict) else obs[rows]
        # Not zeroed yet: the state belongs to the episode that is being cut.
        recurrent = tuple(state[:, rows].contiguous() for state in self._states) if self._states else None
        return rows, self._actor_critic.step(self._actor_critic.reader.read(cut), recurrent).value

    def _bootstrap_late(self, reward: Tensor, feedback: Feedback) -> Tensor:
        """The same for all steps of a rollout at once: rewards [T, N, K] with the values added."""
        cut = torch.stack(feedback.time_out)
        if not bool(cut.any()):  # once a rollout: some networks cannot read a batch of none
            return reward
        final = self._actor_critic.to_tensors(pick(feedback.final_obs, cut))
        value = self._actor_critic.step(self._actor_critic.reader.read(final), None).value
        return returns.bootstrap_truncations(reward, value, cut, self._settings.gamma)

    def _value_after(self) -> Tensor:
        obs, states = self._split(self._obs)
        if self._central is not None:
            return self._central.peek(states)
        return self._actor_critic.step(self._actor_critic.reader.read(obs), self._states).value

    def _split(self, obs: Any) -> tuple[Any, Any]:
        """The policy's observation and the central value's, as tensors."""
        if not self._is_asymmetric:
            return self._actor_critic.to_tensors(obs), None
        return self._actor_critic.to_tensors(obs["obs"]), self._actor_critic.to_tensors(obs["states"])

    def _action_mask(self) -> Tensor | None:
        if not self._use_masks:
            return None
        return torch.as_tensor(self._vec_env.get_action_masks(), device=self._actor_critic.device)
