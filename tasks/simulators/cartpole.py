"""CartPole as tensors: Gymnasium's CartPole-v1, of which every number here is. Draws nothing on a screen.

Barto, Sutton & Anderson 1983, with the corrected friction-free equations of Florian 2007.
"""

import math
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from tasks.simulators.base import Simulator, State, columns

_TRACK_END_M = 2.4
_FALLEN_RAD = 12 * 2 * math.pi / 360
# As in Gymnasium, what is observed may be twice as far out as where the episode ends.
_BOUNDS = np.array([2 * _TRACK_END_M, np.inf, 2 * _FALLEN_RAD, np.inf], np.float32)
_NAMES = ("position", "velocity", "angle", "angular_velocity")


def alive(before: State, action: Tensor, after: State) -> Tensor:
    """1 for every step, that of the fall too."""
    return torch.ones_like(after["angle"])


class SimCartPole(Simulator):
    """A cart is pushed left (0) or right (1) so that the pole on it does not fall."""

    observation_space: ClassVar[spaces.Space[Any]] = spaces.Box(-_BOUNDS, _BOUNDS)
    action_space: ClassVar[spaces.Space[Any]] = spaces.Discrete(2)
    parameters: ClassVar = {
        "gravity": 9.8,  # m/s^2
        "cart_kg": 1.0,
        "pole_kg": 0.1,
        "half_length_m": 0.5,
        "force_n": 10.0,
        "dt_s": 0.02,
        "track_end_m": _TRACK_END_M,
        "fallen_rad": _FALLEN_RAD,
    }
    rewards: ClassVar = {"alive": alive}

    def derive(self, world: SimpleNamespace) -> dict[str, Tensor]:
        """Of cart and pole: the force and the pole's moment over the mass of both."""
        total_kg = world.cart_kg + world.pole_kg
        thrust = world.force_n / total_kg
        return {
            "thrust": thrust,
            "thrust_left": -thrust,
            "moment": world.pole_kg * world.half_length_m / total_kg,
            "longest_lever": world.half_length_m * (4.0 / 3.0),
        }

    def start(self) -> State:
        """Everything within 0.05 of rest."""
        drawn = self.uniform(-0.05, 0.05, len(_NAMES))
        return dict(zip(_NAMES, drawn.unbind(1), strict=True))

    def advance(self, state: State, action: Tensor) -> State:
        """One Euler step."""
        w = self.world
        position, velocity, angle, angular = (state[name] for name in _NAMES)
        cos, sin = angle.cos(), angle.sin()
        push = torch.addcmul(w.thrust_left, action.float(), w.thrust, value=2.0)
        push = push.addcmul(angular * angular, sin * w.moment)
        lever = torch.addcmul(w.longest_lever, cos * cos, w.moment, value=-1.0)
        angular_acceleration = (w.gravity * sin).addcmul(cos, push, value=-1.0) / lever
        acceleration = push.addcmul(angular_acceleration, cos * w.moment, value=-1.0)
        return {
            "position": position.addcmul(velocity, w.dt_s),
            "velocity": velocity.addcmul(acceleration, w.dt_s),
            "angle": angle.addcmul(angular, w.dt_s),
            "angular_velocity": angular.addcmul(angular_acceleration, w.dt_s),
        }

    def observe(self, state: State) -> Tensor:
        """Position, velocity, angle and angular velocity [N, 4]."""
        return columns(*(state[name] for name in _NAMES))

    def terminated(self, state: State) -> Tensor:
        """Off the track or fallen."""
        w = self.world
        return (state["position"].abs() > w.track_end_m) | (state["angle"].abs() > w.fallen_rad)
