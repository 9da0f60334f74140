"""rl_games' running mean and standard deviation, applied quickly: statistics are read once, not every step.

The statistics live in rl_games' own modules (`algos_torch/running_mean_std.py`), so that checkpoints hold
them under its names; updating goes through those modules too.
"""

from typing import Any

import torch
from torch import Tensor

_CLIP = 5.0


class Normaliser:
    """Normalises [B, ...] by one RunningMeanStd module. Frozen except within `update`."""

    def __init__(self, module: Any) -> None:  # an nn.Module, or a scripted one
        self._module = module.eval()
        self.refresh()

    def refresh(self) -> None:
        """Read the module's statistics again, after an update or a load."""
        self._mean = self._module.running_mean.float()
        self._std = (self._module.running_var.float() + self._module.epsilon).sqrt()

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

    def normalise(self, batch: Tensor) -> Tensor:
        """Zero mean, unit variance, clipped to [-5, 5]."""
        return ((batch - self._mean) / self._std).clamp(-_CLIP, _CLIP)

    def denormalise(self, batch: Tensor) -> Tensor:
        """The inverse of `normalise` within its range."""
        return torch.addcmul(self._mean, self._std, batch.clamp(-_CLIP, _CLIP))


class ObservationReader:
    """Turns stored observations into network input: images to [0, 1], vectors normalised where asked for.

    `normalisers` maps an observation key to its Normaliser; a plain observation has the key None.
    """

    def __init__(self, normalisers: dict[str | None, Normaliser]) -> None:
        self._normalisers = normalisers

    def read(self, obs: Any) -> Any:
        """Tensor [B, ...] or dict of tensors -> the same structure, ready for the network."""
        return self.scale_images(self.normalise(obs))

    def normalise(self, obs: Any) -> Any:
        """The first half: what has statistics is normalised. Images stay bytes, a quarter of their floats."""
        if isinstance(obs, dict):
            return {key: self._normalise_one(key, value) for key, value in obs.items()}
        return self._normalise_one(None, obs)

    def scale_images(self, obs: Any) -> Any:
        """The second half: bytes to [0, 1], for as many as the network sees at once."""
        if isinstance(obs, dict):
            return {key: _scale(value) for key, value in obs.items()}
        return _scale(obs)

    def _normalise_one(self, key: str | None, obs: Tensor) -> Tensor:
        normaliser = self._normalisers.get(key)
        return obs if normaliser is None else normaliser.normalise(_scale(obs))

    def update(self, obs: Any) -> None:
        """Take observations into the statistics."""
        for key, normaliser in self._normalisers.items():
            normaliser.update(_scale(obs if key is None else obs[key]))

    def statistics(self) -> list[Tensor]:
        """Means and standard deviations of all that has some."""
        return [part for normaliser in self._normalisers.values() for part in normaliser.statistics()]

    def refresh(self) -> None:
        """Read every module's statistics again."""
        for normaliser in self._normalisers.values():
            normaliser.refresh()


def _scale(obs: Tensor) -> Tensor:
    """Bytes to [0, 1]; images [B, C, H, W] with their channels last in memory.

    PyTorch's convolutions keep to that order; those of `network=cnn` are 1.7 times as fast in it on a CPU
    (docs/log.md).
    """
    if obs.dtype != torch.uint8:
        return obs
    order = torch.channels_last if obs.dim() == 4 else torch.contiguous_format
    return obs.contiguous(memory_format=order).float().div_(255.0)
