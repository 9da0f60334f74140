"""Observations of a vector environment as one row of numbers each, which is what SAC stores and reads."""

from typing import Any

import torch
from gymnasium import spaces
from torch import Tensor


def in_order(obs: Any, space: spaces.Space[Any]) -> Any:
    """The observation with the parts of a Dict in the order of its space, in which a network learned them."""
    if not isinstance(space, spaces.Dict):
        return obs
    return {key: in_order(obs[key], part) for key, part in space.spaces.items()}


def to_rows(obs: Any, device: str) -> Tensor:
    """Vectors [N, D], or a dict of such, whose parts come one after the other -> float32 [N, sum of D]."""
    if isinstance(obs, dict):
        return torch.cat([to_rows(part, device) for part in obs.values()], dim=1)
    return torch.as_tensor(obs, device=device).float()
