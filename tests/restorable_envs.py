"""Small random environments that bring get_state() and set_state(state), seen in several ways."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces


class Drift(gym.Env[Any, Any]):
    """A place that drifts at random and ends beyond 3; being moved up pays."""

    observation_space: spaces.Space[Any] = spaces.Box(-np.inf, np.inf, (2,), np.float32)
    action_space: spaces.Space[Any] = spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.place = self.np_random.normal(size=2)
        return self.observe(), self.info()

    def step(self, action: Any) -> Any:
        self.place += 0.5 * self.np_random.normal(size=2)
        self.place[0] += 0.3 * float(action)
        return self.observe(), float(action), bool(np.abs(self.place).max() > 3.0), False, self.info()

    def observe(self) -> Any:
        return self.place.astype(np.float32)

    def info(self) -> dict[str, Any]:
        return {}

    def get_state(self) -> Any:
        return {"place": self.place}

    def set_state(self, state: Any) -> None:
        self.place = state["place"]


class Forgetful(Drift):
    """As a Drift that brings no state."""

    get_state = set_state = None  # type: ignore[assignment]


class Halves(Drift):
    """Seen as a Dict."""

    observation_space = spaces.Dict({key: spaces.Box(-np.inf, np.inf, (1,), np.float32) for key in "ab"})

    def observe(self) -> Any:
        seen = super().observe()
        return {"a": seen[:1], "b": seen[1:]}


class Watched(Drift):
    """Half of it is for the critic alone."""

    observation_space = spaces.Dict(
        {key: spaces.Box(-np.inf, np.inf, (size,), np.float32) for key, size in (("obs", 1), ("states", 2))}
    )

    def observe(self) -> Any:
        seen = super().observe()
        return {"obs": seen[:1], "states": seen}


class Guarded(Drift):
    """Above 0, only the first action is allowed; its infos say so."""

    def info(self) -> dict[str, Any]:
        return {"action_mask": np.array([True, self.place[0] <= 0.0])}


class Pushed(Drift):
    """Acts in a Box whose bounds are no powers of two."""

    action_space = spaces.Box(-0.3, 0.7, (1,), np.float32)

    def step(self, action: Any) -> Any:
        return super().step(action[0])


for kind in (Drift, Forgetful, Halves, Watched, Guarded, Pushed):
    gym.register(
        f"rlgx-tests/{kind.__name__}-v0", entry_point=f"{__name__}:{kind.__name__}", max_episode_steps=20
    )
