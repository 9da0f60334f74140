"""Statistics of finished episodes, as the vec env's `infos["episode"]` reports them."""

from collections import deque
from typing import Any

import numpy as np
import torch

_COLUMNS = ("row", "return", "length", "success")

MOST_PENDING = 256
"""Steps of tensors that are kept before they are looked at."""


def finished_episodes(infos: dict[str, Any]) -> list[tuple[int, float, int, float]]:
    """Row, return, length and success of each episode that ended in a step. Waits for a tensor's device."""
    episode = infos.get("episode")
    if episode is None:
        return []
    if "ended" in episode:
        ended = episode["ended"]
        told = {name: episode[name][ended] for name in _COLUMNS if name != "row"}
        episode = {"row": ended.nonzero()[:, 0], **told}
    return list(zip(*(episode[name].tolist() for name in _COLUMNS), strict=True))


class EpisodeMeter:
    """Returns and lengths of the last `size` finished episodes, and how many there were in all.

    Tensors are kept as they are until somebody asks, so that no step waits for their device.
    """

    def __init__(self, size: int) -> None:
        self._returns: deque[float] = deque(maxlen=size)
        self._lengths: deque[int] = deque(maxlen=size)
        self._pending: list[dict[str, torch.Tensor]] = []
        self._finished = 0

    def record(self, infos: dict[str, Any]) -> None:
        """Take in a step's infos; steps on which no episode ended cost a look-up."""
        episode = infos.get("episode")
        if episode is None:
            return
        if "ended" in episode:
            self._pending.append(episode)
            if len(self._pending) >= MOST_PENDING:
                self._settle()
            return
        self._returns.extend(episode["return"].tolist())
        self._lengths.extend(episode["length"].tolist())
        self._finished += len(episode["return"])

    @property
    def finished(self) -> int:
        """How many episodes ended."""
        self._settle()
        return self._finished

    @property
    def return_mean(self) -> float | None:
        """Mean return of the episodes held, None before the first."""
        self._settle()
        return float(np.mean(self._returns)) if self._returns else None

    @property
    def length_mean(self) -> float | None:
        """Mean length in agent steps, None before the first."""
        self._settle()
        return float(np.mean(self._lengths)) if self._lengths else None

    def clear(self) -> None:
        """Forget everything."""
        self._returns.clear()
        self._lengths.clear()
        self._pending.clear()
        self._finished = 0

    def state(self) -> dict[str, Any]:
        """Plain types, for a checkpoint."""
        self._settle()
        return {"returns": list(self._returns), "lengths": list(self._lengths), "finished": self._finished}

    def load(self, state: dict[str, Any]) -> None:
        """Take what `state` gave."""
        self.clear()
        self._returns.extend(state["returns"])
        self._lengths.extend(state["lengths"])
        self._finished = state["finished"]

    def _settle(self) -> None:
        """Read the tensors that wait: of all steps at once, and no more episodes than are held."""
        if not self._pending:
            return
        pending, self._pending = self._pending, []
        ended = torch.stack([episode["ended"] for episode in pending])
        for name, held in (("return", self._returns), ("length", self._lengths)):
            values = torch.stack([episode[name] for episode in pending])[ended]
            held.extend(values[-(self._returns.maxlen or 1) :].tolist())
        self._finished += int(ended.sum())
