"""rl_games' running mean and standard deviation, applied quickly: statistics are read once, not every step.

The statistics live in rl_games' own modules (`algos_torch/running_mean_std.py`), so that checkpoints hold
them under its names; updating goes through those modules too, but for bytes, where they take twice as long
as a gradient step.
"""

from typing import Any

import torch
from torch import Tensor

_CLIP = 5.0
_PIECE = 256
"""Bytes are made floats, of 4 times their size, so many rows at a time."""


class Normaliser:
    """Normalises [B, ...] by one RunningMeanStd module. Frozen except within `update`."""

    def __init__(self, module: Any) -> None:  # an nn.Module, or a scripted one
        self._module = module.eval()
        self.refresh()

    def refresh(self) -> None:
        """Read the module's statistics again, after an update or a load."""
        self._mean = _in_order(self._module.running_mean.float())
        self._std = _in_order((self._module.running_var.float() + self._module.epsilon).sqrt())

    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation."""
        return self._mean, self._std

    @torch.no_grad()
    def update(self, batch: Tensor) -> None:
        """Take a batch [B, ...] into the statistics."""
        self._module.train()
        self._module(batch)
        self._module.eval()
        self.refresh()

    @torch.no_grad()
    def update_bytes(self, batch: Tensor) -> None:
        """The same for uint8 [B, ...], whose numbers are normalised from [0, 1]."""
        for piece in batch.split(_PIECE):
            scaled = piece.float().div_(255.0)  # in its own order: in that of `_scale` sums take longer
            mean = scaled.sum(0).double() / len(piece)
            var = (scaled.square_().sum(0).double() / len(piece) - mean**2).clamp(min=0.0)
            self._merge(mean, var, len(piece))
        self.refresh()

    def _merge(self, mean: Tensor, var: Tensor, count: int) -> None:
        """Statistics of two parts as one (Chan et al. 1979), as the module's own update has it."""
        module = self._module
        before, total = module.count.double(), module.count.double() + count
        delta = mean - module.running_mean
        spread = module.running_var * before + var * count + delta**2 * before * count / total
        module.running_mean.copy_(module.running_mean + delta * count / total)
        module.running_var.copy_(spread / total)
        module.count.copy_(total)

    def normalise(self, batch: Tensor) -> Tensor:
        """Zero mean, unit variance, clipped to [-5, 5]."""
        return ((batch - self._mean) / self._std).clamp(-_CLIP, _CLIP)

    def normalise_bytes(self, batch: Tensor) -> Tensor:
        """The same of uint8 [B, ...] from [0, 1]."""
        return _scale(batch).sub_(self._mean).div_(self._std).clamp_(-_CLIP, _CLIP)

    def denormalise(self, batch: Tensor) -> Tensor:
        """The inverse of `normalise` within its range."""
        return torch.addcmul(self._mean, self._std, batch.clamp(-_CLIP, _CLIP))


class ObservationReader:
    """Turns stored observations into network input: bytes to [0, 1], and normalised what has statistics.

    `normalisers` maps an observation key to its Normaliser; a plain observation has the key None.
    """

    def __init__(self, normalisers: dict[str | None, Normaliser]) -> None:
        self._normalisers = normalisers

    def read(self, obs: Any) -> Any:
        """Tensor [B, ...] or dict of tensors -> the same structure, ready for the network."""
        return self.read_bytes(self.normalise(obs))

    def normalise(self, obs: Any) -> Any:
        """The first half: floats that have statistics are normalised. Bytes stay, a quarter of their size."""
        if isinstance(obs, dict):
            return {key: self._normalise_one(key, value) for key, value in obs.items()}
        return self._normalise_one(None, obs)

    def read_bytes(self, obs: Any) -> Any:
        """The second half: bytes to [0, 1] and normalised, for as many as the network sees at once."""
        if isinstance(obs, dict):
            return {key: self._read_bytes_of(key, value) for key, value in obs.items()}
        return self._read_bytes_of(None, obs)

    def _normalise_one(self, key: str | None, obs: Tensor) -> Tensor:
        normaliser = self._normalisers.get(key)
        return obs if normaliser is None or obs.dtype == torch.uint8 else normaliser.normalise(obs)

    def _read_bytes_of(self, key: str | None, obs: Tensor) -> Tensor:
        if obs.dtype != torch.uint8:
            return obs
        normaliser = self._normalisers.get(key)
        return _scale(obs) if normaliser is None else normaliser.normalise_bytes(obs)

    def update(self, obs: Any) -> None:
        """Take observations into the statistics."""
        for key, normaliser in self._normalisers.items():
            part = obs if key is None else obs[key]
            if part.dtype == torch.uint8:
                normaliser.update_bytes(part)
            else:
                normaliser.update(part)

    def statistics(self) -> list[Tensor]:
        """Means and standard deviations of all that has some."""
        return [part for normaliser in self._normalisers.values() for part in normaliser.statistics()]

    def refresh(self) -> None:
        """Read every module's statistics again."""
        for normaliser in self._normalisers.values():
            normaliser.refresh()


def _scale(obs: Tensor) -> Tensor:
    """Bytes to [0, 1], fresh; images [B, C, H, W] with their channels last in memory.

    PyTorch's convolutions keep to that order; those of `network=cnn` are 1.7 times as fast in it on a CPU
    (docs/log.md).
    """
    order = torch.channels_last if obs.dim() == 4 else torch.contiguous_format
    return obs.contiguous(memory_format=order).float().div_(255.0)


def _in_order(statistic: Tensor) -> Tensor:
    """Of images [C, H, W], as [1, C, H, W] in the order that `_scale` gives them."""
    if statistic.dim() != 3:
        return statistic
    return statistic[None].contiguous(memory_format=torch.channels_last)
