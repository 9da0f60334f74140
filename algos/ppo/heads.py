"""What the network's output means as a distribution over actions: one head for each kind of action space.

The maths is rl_games' (`algos_torch/models.py`), without its `squeeze` calls, which lose a batch of one,
and with masks that fit heads of different sizes.
"""

import math
from typing import Any, Protocol

import torch
from torch import Tensor

from algos.ppo import losses

# A masked action's logit: far below any real one, yet finite, so that 0 * log(0) stays 0.
_MASKED = -1e8
_HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)
_HALF_LOG_TWO_PI_E = _HALF_LOG_TWO_PI + 0.5

Output = Any  # what the network's forward gives besides value and state: a tensor or a tuple of tensors


class ActionHead(Protocol):
    """Reads the network's policy output. `output` has batch [B]; masks are bool [B, n] or None."""

    is_continuous: bool

    def sample(self, output: Output, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Random actions and their negative log-probability [B]."""

    def greedy(self, output: Output, mask: Tensor | None) -> Tensor:
        """The most probable actions."""

    def evaluate(self, output: Output, action: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Negative log-probability [B] and entropy [B] of given actions."""


def log_probabilities(logits: Tensor, mask: Tensor | None) -> Tensor:
    """Of each choice, [B, n]; next to nothing where `mask` forbids it."""
    if mask is not None:
        logits = logits.masked_fill(~mask, _MASKED)
    return torch.log_softmax(logits, dim=-1)


def _draw(logp: Tensor) -> tuple[Tensor, Tensor]:
    # One draw as torch.multinomial makes it, bit for bit, without its checks, which take three times as long.
    chance = logp.exp()
    action = (chance / torch.empty_like(chance).exponential_()).argmax(dim=-1, keepdim=True)
    return action[:, 0], -logp.gather(1, action)[:, 0]


def _entropy(logp: Tensor) -> Tensor:
    return -(logp * logp.exp()).sum(dim=-1)


class DiscreteHead:
    """One categorical choice: output is logits [B, n], actions int64 [B]."""

    is_continuous = False

    def sample(self, output: Output, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """See `ActionHead.sample`."""
        return _draw(log_probabilities(output, mask))

    def greedy(self, output: Output, mask: Tensor | None) -> Tensor:
        """See `ActionHead.greedy`."""
        return log_probabilities(output, mask).argmax(dim=-1)

    def evaluate(self, output: Output, action: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """See `ActionHead.evaluate`."""
        logp = log_probabilities(output, mask)
        return -logp.gather(1, action.unsqueeze(1))[:, 0], _entropy(logp)


class MultiDiscreteHead:
    """Several categorical choices at once: output is a list of logits, actions int64 [B, heads]."""

    is_continuous = False

    def _split(self, output: Output, mask: Tensor | None) -> list[Tensor]:
        sizes = [logits.shape[-1] for logits in output]
        masks = [None] * len(sizes) if mask is None else torch.split(mask, sizes, dim=-1)
        return [log_probabilities(logits, part) for logits, part in zip(output, masks, strict=True)]

    def sample(self, output: Output, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """See `ActionHead.sample`."""
        drawn = [_draw(logp) for logp in self._split(output, mask)]
        actions, neglogps = zip(*drawn, strict=True)
        return torch.stack(actions, dim=-1), torch.stack(neglogps, dim=-1).sum(dim=-1)

    def greedy(self, output: Output, mask: Tensor | None) -> Tensor:
        """See `ActionHead.greedy`."""
        return torch.stack([logp.argmax(dim=-1) for logp in self._split(output, mask)], dim=-1)

    def evaluate(self, output: Output, action: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """See `ActionHead.evaluate`."""
        logps = self._split(output, mask)
        neglogp = [-logp.gather(1, action[:, i : i + 1])[:, 0] for i, logp in enumerate(logps)]
        return torch.stack(neglogp).sum(dim=0), torch.stack([_entropy(logp) for logp in logps]).sum(dim=0)


class GaussianHead:
    """A diagonal Gaussian: output is (mean, log sigma), each [B, A]; actions float [B, A], not squashed."""

    is_continuous = True

    def sample(self, output: Output, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """See `ActionHead.sample`."""
        mean, log_sigma = output
        noise = torch.randn_like(mean)
        neglogp = (0.5 * noise.square() + log_sigma + _HALF_LOG_TWO_PI).sum(dim=-1)
        return torch.addcmul(mean, noise, log_sigma.exp()), neglogp

    def greedy(self, output: Output, mask: Tensor | None) -> Tensor:
        """See `ActionHead.greedy`."""
        return output[0]

    def evaluate(self, output: Output, action: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """See `ActionHead.evaluate`."""
        mean, log_sigma = output
        noise = (action - mean) * (-log_sigma).exp()
        neglogp = (0.5 * noise.square() + log_sigma + _HALF_LOG_TWO_PI).sum(dim=-1)
        return neglogp, (log_sigma + _HALF_LOG_TWO_PI_E).sum(dim=-1)


def mean_and_sigma(output: Output) -> tuple[Tensor, Tensor]:
    """Detached mean and standard deviation of a Gaussian head's output."""
    mean, log_sigma = output
    return mean.detach(), log_sigma.detach().exp()


BOUND_LOSSES = {"bound": losses.bound_loss, "regularisation": losses.regularisation_loss}

# rl_games' model names -> how their policy output is read.
HEADS: dict[str, type[ActionHead]] = {
    "discrete_a2c": DiscreteHead,
    "multi_discrete_a2c": MultiDiscreteHead,
    "continuous_a2c_logstd": GaussianHead,
}
