"""The replay: transitions in one preallocated tensor, drawn uniformly. Knows no network, no environment."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """B transitions. `not_terminal` [B] is 0 where the episode ended by itself, and 1 after a time limit."""

    obs: Tensor
    action: Tensor
    reward: Tensor
    next_obs: Tensor
    not_terminal: Tensor


class Replay:
    """The newest `capacity` transitions.

    A row of `_rows` is one transition: obs, action, next_obs, reward, not_terminal. So a batch is gathered in
    one go. Pages that nothing was written to cost no memory on the CPU.
    """

    def __init__(self, capacity: int, obs_size: int, action_size: int, device: str) -> None:
        self._sizes = (obs_size, action_size, obs_size, 1, 1)
        self._rows = torch.zeros(capacity, sum(self._sizes), device=device)
        self._next = 0
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
            batch.not_terminal[:, None],
        )
        self._append(torch.cat(columns, dim=1))

    def sample(self, count: int) -> Batch:
        """`count` transitions, each drawn from all that are held, by torch's generator."""
        index = torch.randint(self._size, (count,), device=self._rows.device)
        obs, action, next_obs, reward, not_terminal = self._rows[index].split(self._sizes, dim=1)
        return Batch(obs, action, reward[:, 0], next_obs, not_terminal[:, 0])

    def state_dict(self) -> dict[str, Any]:
        """All that is held, the oldest first: `rows` [size, width], a copy on the CPU."""
        rows = self._rows[: self._size]
        oldest_first = torch.cat([rows[self._next :], rows[: self._next]]) if self._is_full else rows.clone()
        return {"rows": oldest_first.cpu()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take what `state_dict` gave; of more than fits, the newest. Raises ValueError for another width."""
        rows = state["rows"]
        if rows.shape[1] != self._rows.shape[1]:
            raise ValueError(f"transitions of {rows.shape[1]} numbers, not {self._rows.shape[1]}")
        self._next = self._size = 0
        self._append(rows[-len(self._rows) :].to(self._rows.device))

    @property
    def _is_full(self) -> bool:
        return self._size == len(self._rows)

    def _append(self, rows: Tensor) -> None:
        capacity, count = len(self._rows), len(rows)
        assert count <= capacity, (count, capacity)
        before_end = min(count, capacity - self._next)
        self._rows[self._next : self._next + before_end] = rows[:before_end]
        self._rows[: count - before_end] = rows[before_end:]
        self._next = (self._next + count) % capacity
        self._size = min(self._size + count, capacity)
