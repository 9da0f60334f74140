"""The cross-entropy method on rlgx's small base: a row plays a candidate, the best make the next ones."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from algos.base import Agent
from algos.seeding import derived_seed
from hexapod.cem.policy import LinearPolicy, choose, weight_shape


class SearchDistribution(nn.Module):
    """A normal distribution over the weights [D + 1, A] of linear policies."""

    mean: Tensor
    sigma: Tensor

    def __init__(self, shape: tuple[int, int], sigma: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("sigma", torch.full(shape, sigma))


class CEMAgent(Agent):
    """One epoch: every row plays whole episodes with weights of its own."""

    def setup(self) -> None:
        """See `Agent.setup`."""
        self._actions = self.env_info["action_space"]
        shape = weight_shape(self.env_info["observation_space"], self._actions)
        self.model = SearchDistribution(shape, self.settings.initial_sigma)

    def act(self, deterministic: bool) -> LinearPolicy:
        """See `Agent.act`."""
        return LinearPolicy(self.model.mean.clone(), self._actions)

    def collect(self) -> None:
        """Draw a candidate for each row, and play until each has finished its episodes."""
        rows, quota = self.config.num_envs, self.settings.episodes_per_candidate
        # Drawn from the epoch's own stream, so that a resumed run draws what it would have drawn.
        rng = torch.Generator().manual_seed(derived_seed(self.config.seed, self.epoch_num, "candidates"))
        noise = torch.randn((rows, *self.model.mean.shape), generator=rng)
        self._candidates = self.model.mean + self.model.sigma * noise
        returns: list[list[float]] = [[] for _ in range(rows)]
        obs: Any = self.vec_env.reset()
        while min(len(each) for each in returns) < quota:
            obs, _, _, infos = self.step_envs(choose(self._candidates, obs, self._actions))
            episode = infos.get("episode", {"row": (), "return": ()})
            for row, total in zip(episode["row"], episode["return"], strict=True):
                returns[row].append(float(total))
        # A short episode must not be counted more often than a long one.
        self._scores = np.array([np.mean(each[:quota]) for each in returns])

    def update(self) -> dict[str, float]:
        """Move the distribution to where the best candidates were."""
        settings = self.settings
        best = np.argsort(-self._scores, kind="stable")[: settings.elites(self.config.num_envs)]
        elites = self._candidates[torch.from_numpy(best.copy())]
        # Noise that falls to zero keeps the search from closing too early (Szita and Lorincz 2006).
        extra = settings.extra_sigma * max(0.0, 1.0 - self.epoch_num / settings.extra_sigma_epochs)
        self.model.mean.copy_(elites.mean(dim=0))
        self.model.sigma.copy_((elites.var(dim=0) + extra**2).sqrt())
        return {"score_elite": float(self._scores[best].mean()), "sigma": float(self.model.sigma.mean())}
