"""Linear policies: observation [N, D] times weights, as an action of the environment. Learns nothing."""

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from algos.spaces import space_from_plain
from cfg.errors import ConfigError


def weight_shape(obs_space: Any, action_space: Any) -> tuple[int, int]:
    """Rows for each entry of the observation and a bias, a column for each output. Raises ConfigError."""
    if not isinstance(obs_space, spaces.Box) or len(obs_space.shape) != 1:
        raise ConfigError(
            f"algorithm cem reads vectors, not observations {obs_space}",
            "use PPO, or a wrapper that flattens",
        )
    if isinstance(action_space, spaces.Discrete):
        return obs_space.shape[0] + 1, int(action_space.n)
    if isinstance(action_space, spaces.Box) and np.isfinite([action_space.low, action_space.high]).all():
        return obs_space.shape[0] + 1, action_space.shape[0]
    raise ConfigError(f"algorithm cem acts in a Discrete or a bounded Box, not in {action_space}", "use PPO")


def choose(weights: Tensor, obs: Any, action_space: Any) -> np.ndarray[Any, Any]:
    """Actions [N, ...] of N observations, by one policy [D + 1, A] or by one each [N, D + 1, A]."""
    seen = torch.as_tensor(np.asarray(obs), dtype=torch.float32)
    output = torch.einsum("nd,nda->na", seen, weights[..., :-1, :].expand(len(seen), -1, -1))
    output = output + weights[..., -1, :]
    if isinstance(action_space, spaces.Discrete):
        return output.argmax(dim=1).numpy()
    low, high = action_space.low, action_space.high
    return (low + (torch.tanh(output).numpy() + 1.0) / 2.0 * (high - low)).astype(np.float32)


class LinearPolicy:
    """The policy that evaluation and play act with (`algos.policy.Policy`)."""

    def __init__(self, weights: Tensor, action_space: Any) -> None:
        self._weights = weights
        self._action_space = action_space

    def act(self, obs: Any, mask: Any = None) -> np.ndarray[Any, Any]:
        """Actions [N, ...] of observations [N, D]; one of a single observation [D]."""
        single = np.ndim(obs) == 1
        actions = choose(self._weights, np.asarray(obs)[None] if single else obs, self._action_space)
        return actions[0] if single else actions

    def reset(self, rows: Any = None) -> None:
        """Nothing is remembered."""


def from_description(
    about: dict[str, Any], checkpoint: dict[str, Any], deterministic: bool, device: str
) -> LinearPolicy:
    """The policy of a checkpoint: the mean of what was searched; it has no noise to act with."""
    return LinearPolicy(checkpoint["model"]["mean"], space_from_plain(about["action_space"]))
