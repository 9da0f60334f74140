"""Pendulum as tensors: Gymnasium's Pendulum-v1, of which every number here is. Draws nothing on a screen."""

import math
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from tasks.simulators.base import Simulator, State, columns

_MOST_TORQUE = 2.0
_MOST_SPEED = 8.0
_BOUNDS = np.array([1.0, 1.0, _MOST_SPEED], np.float32)


def _from_upright(angle: Tensor) -> Tensor:
    """An angle in [-pi, pi), 0 where the pendulum stands."""
    return torch.remainder(angle + math.pi, 2 * math.pi) - math.pi


def lean(before: State, action: Tensor, after: State) -> Tensor:
    """Minus the squared angle from upright."""
    return -_from_upright(before["angle"]).square()


def spin(before: State, action: Tensor, after: State) -> Tensor:
    """Minus the squared speed."""
    return -before["speed"].square()


def effort(before: State, action: Tensor, after: State) -> Tensor:
    """Minus the squared torque."""
    return -action[:, 0].square()


class SimPendulum(Simulator):
    """A pendulum is swung up by a torque too weak to lift it, and held there."""

    observation_space: ClassVar[spaces.Space[Any]] = spaces.Box(-_BOUNDS, _BOUNDS)
    action_space: ClassVar[spaces.Space[Any]] = spaces.Box(-_MOST_TORQUE, _MOST_TORQUE, (1,), np.float32)
    parameters: ClassVar = {"gravity": 10.0, "mass_kg": 1.0, "length_m": 1.0, "dt_s": 0.05}
    rewards: ClassVar = {"lean": lean, "spin": spin, "effort": effort}

    def derive(self, world: SimpleNamespace) -> dict[str, Tensor]:
        """Acceleration by weight where the pendulum is level, and by each unit of torque."""
        return {
            "pull": 1.5 * world.gravity / world.length_m,
            "gain": 3.0 / (world.mass_kg * world.length_m.square()),
        }

    def start(self) -> State:
        """Anywhere, at up to 1 rad/s."""
        return {"angle": self.uniform(-math.pi, math.pi), "speed": self.uniform(-1.0, 1.0)}

    def advance(self, state: State, action: Tensor) -> State:
        """One semi-implicit Euler step."""
        w = self.world
        acceleration = state["angle"].sin() * w.pull + action[:, 0] * w.gain
        speed = (state["speed"] + w.dt_s * acceleration).clamp(-_MOST_SPEED, _MOST_SPEED)
        return {"angle": state["angle"] + w.dt_s * speed, "speed": speed}

    def observe(self, state: State) -> Tensor:
        """Cosine and sine of the angle, and the speed [N, 3]."""
        return columns(state["angle"].cos(), state["angle"].sin(), state["speed"])

    def terminated(self, state: State) -> Tensor:
        """Never: only time ends an episode."""
        return torch.zeros_like(state["angle"], dtype=torch.bool)
