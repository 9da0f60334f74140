"""What PPO keeps of a rollout, and the minibatches it is cut into. Plain tensors; no network, no losses."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass
class Rollout:
    """Lists of T tensors [N, ...], one entry a step, filled while acting; the last ones whole, at its end.

    Attributes:
        reward: [T, N, K], shaped, with the values of what time limits cut off.
        done: float [T, N], 1 where step t ended the row's episode. first: the same of the step before.
        last_value: [N, K], after the last step.
    """

    obs: list[Any] = field(default_factory=list)
    states: list[Any] = field(default_factory=list)  # the central value's observation, where there is one
    action: list[Tensor] = field(default_factory=list)
    neglogp: list[Tensor] = field(default_factory=list)
    value: list[Tensor] = field(default_factory=list)
    mask: list[Tensor] = field(default_factory=list)
    mean: list[Tensor] = field(default_factory=list)
    sigma: list[Tensor] = field(default_factory=list)
    rnn_states: list[Any] = field(default_factory=list)  # one tuple of states a sequence
    reward: Tensor = field(init=False)
    done: Tensor = field(init=False)
    first: Tensor = field(init=False)
    last_value: Tensor = field(init=False)


@dataclass
class Feedback:
    """What the environments said in T steps, as they said it: lists of arrays or tensors [N, ...].

    Attributes:
        time_out, final_obs: of every step, where time limits wait for the end of the rollout.
        cuts: elsewhere, of each step that a time limit ended: its t, the rows and their values.
    """

    reward: list[Any] = field(default_factory=list)
    done: list[Any] = field(default_factory=list)
    time_out: list[Tensor] = field(default_factory=list)
    final_obs: list[Any] = field(default_factory=list)
    cuts: list[tuple[int, Tensor, Tensor]] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """A rollout, row-major and flat: [N * T, ...], row 0's steps first, as rl_games lays it out.

    `obs` are normalised already; images are still bytes.
    `rnn_states` are [layers, N * T / seq_length, units], one column a sequence, in the same order.
    """

    obs: Any
    action: Tensor
    neglogp: Tensor
    advantage: Tensor
    value: Tensor
    returns: Tensor
    first: Tensor | None = None  # where something recurs
    mask: Tensor | None = None
    mean: Tensor | None = None
    sigma: Tensor | None = None
    rnn_states: tuple[Tensor, ...] | None = None

    def __len__(self) -> int:
        return self.action.shape[0]

    def minibatches(self, size: int, seq_length: int, shuffle: bool) -> Iterator[tuple[Any, "Batch"]]:
        """Pairs (index, minibatch of `size` samples); sequences of `seq_length` steps stay whole.

        The index addresses this batch's tensors, for writing back. Shuffling draws from torch's generator.
        """
        count = len(self) // seq_length
        step = size // seq_length
        if shuffle and step < count:
            order = torch.randperm(count, device=self.action.device)
            for start in range(0, count, step):
                sequences = order[start : start + step]
                yield self._pick(sequences, seq_length)
            return
        for start in range(0, count, step):
            index = slice(start * seq_length, (start + step) * seq_length)
            yield index, self._select(index, slice(start, start + step))

    def _pick(self, sequences: Tensor, seq_length: int) -> tuple[Tensor, "Batch"]:
        index = sequences
        if seq_length > 1:
            steps = torch.arange(seq_length, device=sequences.device)
            index = (sequences.unsqueeze(1) * seq_length + steps).flatten()
        return index, self._select(index, sequences)

    def _select(self, index: Any, sequences: Any) -> "Batch":
        parts = {name: _at(part, index) for name, part in vars(self).items() if part is not None}
        if self.rnn_states is not None:
            parts["rnn_states"] = tuple(state[:, sequences].contiguous() for state in self.rnn_states)
        return Batch(**parts)


def flatten(steps: list[Any]) -> Any:
    """T entries [N, ...] (tensors or dicts of them) -> [N * T, ...], row-major; None for no entries."""
    if not steps:
        return None
    if isinstance(steps[0], dict):
        return {key: flatten([step[key] for step in steps]) for key in steps[0]}
    return torch.stack(steps, dim=1).flatten(0, 1)


def stacked(steps: list[Any], device: str) -> Tensor:
    """T arrays or tensors [N, ...] -> a tensor [T, N, ...] on the device."""
    if isinstance(steps[0], Tensor):
        return torch.stack(steps).to(device)
    return torch.from_numpy(np.stack(steps)).to(device)


def pick(steps: list[Any], mask: Tensor) -> Any:
    """T entries [N, ...] (tensors or dicts of them) -> [M, ...] where `mask` [T, N] is true, step by step."""
    if isinstance(steps[0], dict):
        return {key: pick([step[key] for step in steps], mask) for key in steps[0]}
    return torch.stack(steps)[mask]


def row_major(steps: Tensor) -> Tensor:
    """[T, N, ...] -> [N * T, ...]."""
    return steps.transpose(0, 1).flatten(0, 1)


def flatten_states(starts: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...] | None:
    """S entries of states [layers, N, units] -> [layers, N * S, units], row-major; None for no entries."""
    if not starts:
        return None
    return tuple(torch.stack(part, dim=2).flatten(1, 2) for part in zip(*starts, strict=True))


def _at(value: Any, index: Any) -> Any:
    if isinstance(value, tuple):
        return None  # states, which are picked by sequence
    if isinstance(value, dict):
        return {key: _at(part, index) for key, part in value.items()}
    # The same rows as value[index], in half the time.
    return value.index_select(0, index) if isinstance(index, Tensor) else value[index]
