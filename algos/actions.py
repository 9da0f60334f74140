"""Between the network's actions and the environment's. rl_games' convention: [-1, 1] is the whole range."""

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor


class ActionScaler:
    """Clips and rescales continuous actions to finite bounds; all else passes as it is.

    With `clip_actions` False, or where a bound is infinite, the network's output is the action.
    """

    def __init__(self, space: spaces.Space[Any], clip_actions: bool) -> None:
        bounded = isinstance(space, spaces.Box) and space.is_bounded()
        self._scale = clip_actions and bounded
        if self._scale:
            assert isinstance(space, spaces.Box)
            low, high = torch.from_numpy(space.low).float(), torch.from_numpy(space.high).float()
            self._middle, self._half = (low + high) / 2.0, (high - low) / 2.0

    def to_env(self, action: Tensor) -> np.ndarray:
        """Network actions [N, ...] -> what the vector environment takes, in its own units."""
        return self.on_device(action.cpu()).numpy()

    def on_device(self, action: Tensor) -> Tensor:
        """The same as a tensor that stays where it is, for environments that speak torch."""
        if not self._scale:
            return action
        if self._middle.device != action.device:
            self._middle, self._half = self._middle.to(action.device), self._half.to(action.device)
        return torch.addcmul(self._middle, action.clamp(-1.0, 1.0), self._half)


def holds_tensors(obs: Any) -> bool:
    """Whether an observation, or each part of a dict of such, is a tensor: so the actions are to be."""
    return isinstance(next(iter(obs.values())) if isinstance(obs, dict) else obs, Tensor)
