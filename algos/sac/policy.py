"""A SAC policy at work, in evaluation, play and outside: observations in, environment actions out."""

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from gymnasium import spaces

from algos.actions import ActionScaler, holds_tensors
from algos.policy import as_batch, is_single
from algos.sac.fit import Fitted, fit
from algos.sac.losses import squash
from algos.sac.networks import SoftActorCritic
from algos.sac.observations import in_order, to_rows
from algos.spaces import space_from_plain, space_to_plain


class SACPolicy:
    """Acts for a batch of rows. Never changes weights or statistics."""

    def __init__(
        self,
        networks: SoftActorCritic,
        obs_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        deterministic: bool,
    ) -> None:
        self._networks = networks
        self._obs_space = obs_space
        self._scaler = ActionScaler(action_space, clip_actions=True)
        self._deterministic = deterministic

    def reset(self, rows: np.ndarray | None = None) -> None:
        """Nothing is remembered."""

    @torch.no_grad()
    def act(self, obs: Any, mask: np.ndarray | None = None) -> Any:
        """Actions in the environment's units: one for one observation, [N, A] for a batch [N, ...].

        `obs` is as the vector environment gives it (an array, or a dict of arrays). Continuous actions have
        no `mask`. For tensors the actions are a tensor, else an array.
        """
        single = is_single(obs, self._obs_space)
        batch = in_order(as_batch(obs) if single else obs, self._obs_space)
        rows = to_rows(batch, self._networks.device)
        mean, log_std = self._networks.policy(self._networks.reader.read(rows))
        noise = torch.zeros_like(mean) if self._deterministic else torch.randn_like(mean)
        action = squash(mean, log_std, noise)[0]
        sent = self._scaler.on_device(action) if holds_tensors(obs) else self._scaler.to_env(action)
        return sent[0] if single else sent


def describe(params: Any, env_info: dict[str, Any]) -> dict[str, Any]:
    """All that a policy is rebuilt from without its task; `params` is a `cfg.schema.Params`. Plain types."""
    return {
        "algo": "sac",
        **asdict(fit(params, env_info)),
        "observation_space": space_to_plain(env_info["observation_space"]),
        "action_space": space_to_plain(env_info["action_space"]),
    }


def from_description(
    about: dict[str, Any], state: dict[str, Any], deterministic: bool, device: str
) -> SACPolicy:
    """The policy of a checkpoint: `about` is what `describe` gave, `state` the checkpoint."""
    parts = ("network", "normalize_input", "obs_size", "action_low", "action_high")
    networks = SoftActorCritic(Fitted(**{part: about[part] for part in parts}), device)
    networks.load(state)
    obs_space, action_space = (space_from_plain(about[key]) for key in ("observation_space", "action_space"))
    return SACPolicy(networks, obs_space, action_space, deterministic)
