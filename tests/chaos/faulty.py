"""Wrappers that do something wrong once in a whole run, at a step and in a row of their own.

What happened is kept in files of a folder, because the process in which it happens may not survive it.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

HOUR_S = 3600.0
BACK = "back.txt"
"""When an environment that was made after the fault was reset."""


class Announced(gym.Wrapper):
    """Writes the id of its process into a folder, so that a trial finds the workers."""

    def __init__(self, env: gym.Env, folder: str) -> None:
        super().__init__(env)
        Path(folder).mkdir(exist_ok=True)
        Path(folder, str(os.getpid())).touch()


class Faulty(gym.Wrapper):
    """Does one thing wrong in its step `at`, once in a run, in the copy that is given `seed` first.

    It tells of it in `fault.json`.
    """

    def __init__(self, env: gym.Env, fault: str, at: int, seed: int, folder: str) -> None:
        super().__init__(env)
        self.fault, self.at, self.seed, self.folder = fault, at, seed, Path(folder)
        self.taken = 0
        self.first_seed: int | None = None
        self.is_made_anew = self.folder.exists()

    def reset(self, *, seed=None, options=None):
        if seed is not None and self.first_seed is None:
            self.first_seed = seed
        result = self.env.reset(seed=seed, options=options)
        if self.is_made_anew and not (back := self.folder / BACK).exists():
            back.write_text(str(time.time()))
        return result

    def step(self, action):
        right = self.env.step(action)
        self.taken += 1
        if self.taken != self.at or self.first_seed != self.seed or not self._is_first():
            return right
        return FAULTS[self.fault](*right)

    def _is_first(self) -> bool:
        try:
            self.folder.mkdir()
        except FileExistsError:
            return False
        told = {"step": self.taken, "fault": self.fault, "at": time.time()}
        (self.folder / "fault.json").write_text(json.dumps(told))
        return True


def told(folder: Path) -> dict[str, Any] | None:
    """What the fault was, None where it has not come yet."""
    file = folder / "fault.json"
    return json.loads(file.read_text()) if file.exists() else None


def back_after_s(folder: Path) -> float | None:
    """How long after the fault an environment was back in its place, None where none was."""
    fault, back = told(folder), folder / BACK
    return round(float(back.read_text()) - fault["at"], 2) if fault and back.exists() else None


def _obs(value: float) -> Any:
    def wrong(obs, *rest):
        bad = np.array(obs, copy=True)
        bad[..., -1] = value
        return bad, *rest

    return wrong


def _reward(value: float) -> Any:
    return lambda obs, reward, *rest: (obs, value, *rest)


def _hang(*right: Any) -> Any:
    time.sleep(HOUR_S)
    return right


FAULTS = {
    "nan_obs": _obs(float("nan")),
    "inf_obs": _obs(float("inf")),
    "minus_inf_obs": _obs(-float("inf")),
    "nan_reward": _reward(float("nan")),
    "inf_reward": _reward(float("inf")),
    "minus_inf_reward": _reward(-float("inf")),
    "hang": _hang,
}
