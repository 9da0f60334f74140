"""Statistics of finished episodes, as the vec env's `infos["episode"]` reports them."""

from collections import deque
from typing import Any

import numpy as np


class EpisodeMeter:
    """Returns and lengths of the last `size` finished episodes, and how many there were in all."""

    def __init__(self, size: int) -> None:
        self._returns: deque[float] = deque(maxlen=size)
        self._lengths: deque[int] = deque(maxlen=size)
        self.finished = 0

    def record(self, infos: dict[str, Any]) -> None:
        """Take in a step's infos; steps on which no episode ended cost a look-up."""
        episode = infos.get("episode")
        if episode is None:
            return
        self._returns.extend(episode["return"].tolist())
        self._lengths.extend(episode["length"].tolist())
        self.finished += len(episode["return"])

    @property
    def return_mean(self) -> float | None:
        """Mean return of the episodes held, None before the first."""
        return float(np.mean(self._returns)) if self._returns else None

    @property
    def length_mean(self) -> float | None:
        """Mean length in agent steps, None before the first."""
        return float(np.mean(self._lengths)) if self._lengths else None

    def clear(self) -> None:
        """Forget everything."""
        self._returns.clear()
        self._lengths.clear()
        self.finished = 0

    def state(self) -> dict[str, Any]:
        """Plain types, for a checkpoint."""
        return {"returns": list(self._returns), "lengths": list(self._lengths), "finished": self.finished}

    def load(self, state: dict[str, Any]) -> None:
        """Take what `state` gave."""
        self.clear()
        self._returns.extend(state["returns"])
        self._lengths.extend(state["lengths"])
        self.finished = state["finished"]
