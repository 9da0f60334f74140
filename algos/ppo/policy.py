"""A PPO policy at work, in evaluation, play and outside: observations in, environment actions out."""

from typing import Any

import numpy as np
import torch

from algos.actions import ActionScaler, holds_tensors
from algos.fit import Fitted, fit
from algos.policy import as_batch, is_single
from algos.ppo.actor_critic import ActorCritic
from algos.spaces import space_from_plain, space_to_plain


class ActorCriticPolicy:
    """Acts for a batch of rows; keeps a recurrent state a row. Never changes weights or statistics."""

    def __init__(self, actor_critic: ActorCritic, scaler: ActionScaler, deterministic: bool) -> None:
        self._actor_critic = actor_critic
        self._scaler = scaler
        self._deterministic = deterministic
        self._states: tuple[torch.Tensor, ...] | None = None

    def reset(self, rows: np.ndarray | None = None) -> None:
        """Forget the recurrent state of all rows, or of those where `rows` (bool [N]) is True."""
        if rows is None:
            self._states = None
        elif self._states is not None and rows.any():
            going = torch.as_tensor(~rows, device=self._actor_critic.device).view(1, -1, 1)
            self._states = tuple(state * going for state in self._states)

    @torch.no_grad()
    def act(self, obs: Any, mask: np.ndarray | None = None) -> Any:
        """Actions in the environment's units: one for one observation, [N, ...] for a batch [N, ...].

        `obs` is as the vector environment gives it (an array, or a dict of arrays); `mask` is bool [N, n].
        For tensors the actions are a tensor, else an array.
        """
        actor_critic = self._actor_critic
        single = is_single(obs, actor_critic.obs_space)
        tensors = actor_critic.to_tensors(as_batch(obs) if single else obs)
        count = len(next(iter(tensors.values()))) if isinstance(tensors, dict) else len(tensors)
        if self._states is None or self._states[0].shape[1] != count:
            self._states = actor_critic.initial_states(count)
        step = actor_critic.step(actor_critic.reader.read(tensors), self._states)
        self._states = step.states if actor_critic.is_rnn else None
        allowed = None if mask is None else torch.as_tensor(mask, device=actor_critic.device).view(count, -1)
        if self._deterministic:
            action = actor_critic.head.greedy(step.output, allowed)
        else:
            action = actor_critic.head.sample(step.output, allowed)[0]
        sent = self._scaler.on_device(action) if holds_tensors(obs) else self._scaler.to_env(action)
        return sent[0] if single else sent


def describe(params: Any, env_info: dict[str, Any]) -> dict[str, Any]:
    """All that a policy is rebuilt from without its task; `params` is a `cfg.schema.Params`. Plain types."""
    fitted = fit(params, env_info)
    return {
        "algo": fitted.algo,
        "model": fitted.model,
        "network": fitted.network,
        "normalize_input": fitted.normalize_input,
        "normalize_value": params.config.normalize_value,
        "clip_actions": params.config.clip_actions,
        "value_size": int(env_info.get("value_size", 1)),
        "observation_space": space_to_plain(env_info["observation_space"]),
        "action_space": space_to_plain(env_info["action_space"]),
    }


def from_description(
    about: dict[str, Any], state: dict[str, Any], deterministic: bool, device: str
) -> ActorCriticPolicy:
    """The policy of a checkpoint: `about` is what `describe` gave, `state` the checkpoint."""
    info = {
        "observation_space": space_from_plain(about["observation_space"]),
        "action_space": space_from_plain(about["action_space"]),
        "value_size": about["value_size"],
    }
    fitted = Fitted(about["algo"], about["model"], about["network"], about["normalize_input"])
    actor_critic = ActorCritic(fitted, info, 1, about["normalize_value"], device)
    actor_critic.load(state.get("model", {}))
    if "max_sigma" in state:
        actor_critic.limit_sigma(state["max_sigma"])
    if about.get("sigma") is not None:
        actor_critic.set_sigma(about["sigma"])
    return ActorCriticPolicy(
        actor_critic, ActionScaler(info["action_space"], about["clip_actions"]), deterministic
    )
