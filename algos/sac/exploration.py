"""Noise over time: normal in every step, and correlated between steps. Knows no policy.

Independent noise averages out before it moves anything slow: a mountain car rolls back before it is pushed
the same way twice. Noise that lasts explores such tasks, and because each step's is still standard normal,
actions keep the policy's own probabilities. (Eberhard et al. 2023, "Pink Noise Is All You Need in
Reinforcement Learning", compares kinds of it.)
"""

import math

import torch
from torch import Tensor


class CorrelatedNoise:
    """Standard normal noise [N, A] for N rows; `correlation` is that of one step with the next."""

    def __init__(self, rows: int, size: int, correlation: float, device: str) -> None:
        self._shape = (rows, size)
        self._device = device
        self._keep = correlation
        self._renew = math.sqrt(1.0 - correlation**2)
        self._noise: Tensor | None = None

    def draw(self) -> Tensor:
        """The next step's noise, by torch's generator."""
        fresh = torch.randn(self._shape, device=self._device)
        self._noise = fresh if self._noise is None else self._keep * self._noise + self._renew * fresh
        return self._noise

    def state(self) -> Tensor | None:
        """The last step's noise; None before the first."""
        return self._noise

    def load(self, state: Tensor | None) -> None:
        """Take what `state` gave; of another number of rows, nothing."""
        is_ours = state is not None and state.shape == self._shape
        self._noise = state.to(self._device) if state is not None and is_ours else None


def uniform(noise: Tensor) -> Tensor:
    """Standard normal numbers -> uniform ones in [-1, 1], keeping their order and correlation."""
    return torch.erf(noise / math.sqrt(2.0))
