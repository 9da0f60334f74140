"""A vector environment that speaks torch, seen as one that speaks NumPy: for the rules of the contract.

What only tensors can do wrong (another device, another kind of array, something missing) is noted here.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from tasks.arrays import Array

EPISODE_KEYS = {"ended", "return", "length", "success"}


class NumpyView:
    """Dense tensors in, and what the NumPy variant would have given out.

    Attributes:
        complaints: what is wrong with the tensors themselves.
    """

    def __init__(self, vec: Any) -> None:
        self._vec = vec
        self._device = torch.device(vec.get_env_info()["device"])
        self.complaints: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vec, name)

    def reset(self) -> Any:
        """First observations as arrays."""
        return self._arrays("reset(): obs", self._vec.reset())

    def step(self, actions: Array) -> Any:
        """One step with an array of actions; what it gave as arrays, sparse where those are."""
        result = self._vec.step(torch.as_tensor(actions, device=self._device))
        if not isinstance(result, tuple) or len(result) != 4:
            return result
        obs, reward, done, infos = result
        names = ("step(): obs", "step(): reward", "step(): done")
        obs, reward, done = map(self._arrays, names, (obs, reward, done))
        return obs, reward, done, self._infos(infos, done) if isinstance(infos, dict) else infos

    def _infos(self, infos: dict[str, Any], done: Any) -> dict[str, Any]:
        told = {key: self._arrays(f'infos["{key}"]', value) for key, value in infos.items()}
        for key in ("final_observation", "episode"):
            if key not in told:
                self.complaints.append(f'infos["{key}"] is missing: as tensors it comes with every step')
        # What the agent sees is made finite, this is not; and the rules read it on steps with a done only.
        for part in _leaves(told.get("final_observation")):
            if not np.isfinite(part).all():
                row = int(np.argmin(np.isfinite(part).reshape(len(part), -1).all(axis=1)))
                self.complaints.append(f'infos["final_observation"] is not finite in row {row}')
        if "final_observation" in told and not done.any():
            del told["final_observation"]
        episode = told.pop("episode", None)
        if episode is None:
            return told
        if not isinstance(episode, dict) or set(episode) != EPISODE_KEYS:
            self.complaints.append(f'infos["episode"] is not a dictionary of {sorted(EPISODE_KEYS)}')
            return told
        ended = episode.pop("ended")
        if ended.any():
            told["episode"] = {"row": ended.nonzero()[0], **{k: v[ended] for k, v in episode.items()}}
        return told

    def _arrays(self, what: str, value: Any) -> Any:
        """Tensors as arrays, which share their memory where it is the CPU's."""
        if isinstance(value, dict):
            return {key: self._arrays(f'{what}["{key}"]', part) for key, part in value.items()}
        if not isinstance(value, torch.Tensor):
            self.complaints.append(f"{what} is {type(value).__name__}, not a tensor on {self._device}")
            return value
        if value.device != self._device:
            self.complaints.append(f"{what} is on {value.device}, not on {self._device}")
        return value.cpu().numpy()


def _leaves(value: Any) -> Iterator[Array]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, np.ndarray):
        yield value
