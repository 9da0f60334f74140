"""How wide a Gaussian policy strays: from what its network says to the log of sigma. Knows no network.

Names and formulas are rl_games' HEAD's (`algos_torch/models.py`, apply_sigma_parametrization); 1.6.5 has
`exp` alone, without bounds. `max_sigma` is ours.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

SIGMA_KEYS = ("sigma_parametrization", "min_sigma", "logstd_bounds")
"""What a network block says of sigma, below `space.continuous`."""

# Where a softplus underflows, so that its logarithm stays finite.
_LEAST = 1e-6
_LEAST_LINEAR = 1e-3


def _exp(raw: Tensor, min_sigma: float) -> Tensor:
    """Sigma is exp(raw) + min_sigma."""
    return torch.logaddexp(raw, torch.full_like(raw, math.log(min_sigma))) if min_sigma else raw


def _softplus(raw: Tensor, min_sigma: float) -> Tensor:
    """Sigma is log(1 + exp(raw)) + min_sigma."""
    return (softplus(raw) + max(min_sigma, _LEAST)).log()


def _linear(raw: Tensor, min_sigma: float) -> Tensor:
    """Sigma is raw, with a soft floor."""
    floor = max(min_sigma, _LEAST_LINEAR)
    return (floor + softplus(raw - floor)).log()


_SHAPES: dict[str, Callable[[Tensor, float], Tensor]] = {
    "exp": _exp,
    "softplus": _softplus,
    "linear": _linear,
}


class SigmaRule:
    """What a network says of sigma, [..., A] -> log sigma [..., A].

    Args:
        head: a mapping that may hold `SIGMA_KEYS`.

    Attributes:
        is_plain: whether the network's word is the log of sigma, unchanged.
        log_max: no log of sigma goes beyond it.
    """

    def __init__(self, head: Mapping[str, Any]) -> None:
        given = {"sigma_parametrization": "exp", "min_sigma": 0.0, "logstd_bounds": None, **head}
        self._shape = _SHAPES[given["sigma_parametrization"]]
        self._min_sigma = float(given["min_sigma"])
        self._bounds: list[float] | None = given["logstd_bounds"]
        self.is_plain = self._shape is _exp and not self._min_sigma and self._bounds is None
        self.log_max = math.inf

    def __call__(self, raw: Tensor) -> Tensor:
        """The log of sigma."""
        log_sigma = raw if self.is_plain else self._shaped(raw)
        return log_sigma if self.log_max == math.inf else log_sigma.clamp_max(self.log_max)

    def _shaped(self, raw: Tensor) -> Tensor:
        return self._shape(raw.clamp(*self._bounds) if self._bounds else raw, self._min_sigma)

    def raw_of(self, max_sigma: float) -> float | None:
        """What the network may say at most for sigma to stay below; None where that is not worked out."""
        return math.log(max_sigma - self._min_sigma) if self._shape is _exp else None
