"""The replay: transitions in one preallocated tensor, drawn uniformly. Knows no network, no environment."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cfg.errors import ConfigError
from cfg.schema.settle import SETTINGS

_PARTS = ("obs", "action", "next_obs", "reward", "discount")


@dataclass(frozen=True)
class Batch:
    """B transitions.

    `discount` [B] is what the value of `next_obs` counts for, besides gamma: 0 where the episode ended by
    itself, else 1, also after a time limit; over m steps (`algos.sac.returns`) gamma^(m-1).
    """

    obs: Tensor
    action: Tensor
    reward: Tensor
    next_obs: Tensor
    discount: Tensor


class Replay:
    """The newest `capacity` transitions.

    A row of `_rows` is one transition: obs, action, next_obs, reward, discount. So a batch is gathered in one
    go. Pages that nothing was written to cost no memory on the CPU.

    Raises:
        ConfigError: where there is no room for so many.
    """

    def __init__(self, capacity: int, obs_size: int, action_size: int, device: str) -> None:
        self._sizes = (obs_size, action_size, obs_size, 1, 1)
        try:
            self._rows = torch.zeros(capacity, sum(self._sizes), device=device)
        except RuntimeError as cause:
            needed_gb = capacity * sum(self._sizes) * 4 / 1e9
            raise ConfigError(
                f"{SETTINGS}.replay_buffer_size={capacity}: no room for {needed_gb:,.1f} GB on {device}",
                "use replay_buffer_size=1000000, or one that fits",
            ) from cause
        self._added = 0  # since the run's first
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, batch: Batch) -> None:
        """Take N transitions, in place of the oldest once full; N is at most the capacity."""
        columns = (
            batch.obs,
            batch.action,
            batch.next_obs,
            batch.reward[:, None],
            batch.discount[:, None],
        )
        self._append(torch.cat(columns, dim=1))

    def sample(self, count: int) -> Batch:
        """`count` transitions, each drawn from all that are held, by torch's generator."""
        index = torch.randint(self._size, (count,), device=self._rows.device)
        obs, action, next_obs, reward, discount = self._rows[index].split(self._sizes, dim=1)
        return Batch(obs, action, reward[:, 0], next_obs, discount[:, 0])

    def newest(self, count: int) -> Tensor:
        """The newest transitions, `count` of them at most, [M, width], the oldest first."""
        first, end = max(self.held()[0], self._added - count), self._added
        return self._rows[torch.arange(first, end, device=self._rows.device) % len(self._rows)]

    def part_of(self, column: int) -> str:
        """What a number of a transition is."""
        ends = np.cumsum(self._sizes)
        return _PARTS[int(np.searchsorted(ends, column, side="right"))]

    # What `algos.growing` saves: rows by their number since the run's first.

    @property
    def width(self) -> int:
        """Numbers of a transition."""
        return self._rows.shape[1]

    def held(self) -> tuple[int, int]:
        """Number of the oldest transition that is held, and of the next to come."""
        return self._added - self._size, self._added

    def read(self, first: int, end: int) -> Tensor:
        """Transitions `first` to before `end`, [end - first, width], a copy on the CPU."""
        slots = torch.arange(first, end, device=self._rows.device) % len(self._rows)
        return self._rows[slots].cpu()

    def restart(self, first: int) -> None:
        """Forget all; the next transition has this number, and so the place that it would have had."""
        self._added, self._size = first, 0

    def extend(self, rows: Tensor) -> None:
        """Take transitions that follow, [any number, width]; of more than fit, the newest."""
        newest = rows[-len(self._rows) :]
        self._added += len(rows) - len(newest)
        self._append(newest.to(self._rows.device))

    def _append(self, rows: Tensor) -> None:
        capacity, count = len(self._rows), len(rows)
        assert count <= capacity, (count, capacity)
        slot = self._added % capacity
        before_end = min(count, capacity - slot)
        self._rows[slot : slot + before_end] = rows[:before_end]
        self._rows[: count - before_end] = rows[before_end:]
        self._added += count
        self._size = min(self._size + count, capacity)
