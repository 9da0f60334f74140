"""A training's state between two epochs, copied now and then: what is saved where an epoch is left undone.

Knows no algorithm and writes no file.
"""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from algos.signals import LEAVE_S

_OFTEN_S = 5.0
_MOST_COST = 0.01  # of the time


@dataclass(frozen=True)
class Moment:
    """All that is saved of a training at a time.

    Attributes:
        epoch, frame: its counters.
        state: of the checkpoint. beside: what a resume needs besides.
        reward: mean return of the last training episodes, None without any.
    """

    epoch: int
    frame: int
    state: dict[str, Any]
    beside: dict[str, Any]
    reward: float | None


class LastBoundary:
    """Keeps a copy of the newest moment that was worth one.

    That is each where the next epoch may take longer than a stop waits for, by the one before; else one every
    few seconds, for an epoch that hangs; never so many that copying takes over a percent of the time.
    """

    def __init__(self) -> None:
        self.moment: Moment | None = None
        self._taken_at = 0.0
        self._cost_s = 0.0

    def keep(self, now: Callable[[], Moment], last_epoch_s: float) -> None:
        """Copy the moment that `now` gives, if it is time; `last_epoch_s` is how long the last epoch took."""
        began = time.perf_counter()
        age = began - self._taken_at
        pause_s = 0.0 if last_epoch_s > LEAVE_S / 2 else _OFTEN_S
        is_first = self.moment is None
        if not is_first and age < max(pause_s, self._cost_s / _MOST_COST):
            return
        moment = now()
        self.moment = Moment(
            moment.epoch, moment.frame, copied(moment.state), copied(moment.beside), moment.reward
        )
        self._taken_at = time.perf_counter()
        # The first is slower than all others: memory is fetched, libraries warm up.
        self._cost_s = 0.0 if is_first else self._taken_at - began


def copied(value: Any) -> Any:
    """Plain data with copies of its tensors, on the CPU."""
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        result = copy.copy(value)
        result.update({key: copied(part) for key, part in value.items()})
        return result
    if isinstance(value, (list, tuple)):
        return type(value)(copied(part) for part in value)
    return copy.deepcopy(value)
