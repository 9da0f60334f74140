"""A toy hexapod: six legs push a body along a line. Pure NumPy; no rl_games, no torch.

A leg that swings backwards stands on the ground and pushes; one that swings forwards is in the air. The body
needs three legs on the ground, so the robot has to learn to walk in turns. The dynamics are functions of
batches, which the environment uses for one robot and `hexapod.fleet` for many.
"""

from typing import Any

import gymnasium
import numpy as np

LEGS = 6
DT_S = 0.05
MAX_LEG_SPEED_RAD_S = 4.0
MAX_ANGLE_RAD = 0.6
LEG_LENGTH_M = 0.5
STANCE_LEGS = 3
"""Fewer legs on the ground do not carry the body."""
MAX_SAGGING_STEPS = 20
"""A body that nothing carries for one second has fallen."""
CLOCK_HZ = 1.0
EFFORT_COST = 0.05

OBSERVATION_SPACE = gymnasium.spaces.Box(-2.0, 2.0, (2 * LEGS + 2,), np.float32)
ACTION_SPACE = gymnasium.spaces.Box(-1.0, 1.0, (LEGS,), np.float32)

Array = np.ndarray[Any, Any]


def start(rng: np.random.Generator) -> Array:
    """Angles [6] of a robot that has just been put down, in rad."""
    return rng.uniform(-0.2, 0.2, LEGS)


def advance(angles: Array, actions: Array) -> tuple[Array, Array, Array, Array]:
    """One step: angles and actions [..., 6] -> angles, leg speeds in rad/s [..., 6], speed in m/s, stance.

    `stance` [...] is the number of legs on the ground.
    """
    wanted = np.clip(actions, -1.0, 1.0) * MAX_LEG_SPEED_RAD_S
    after = np.clip(angles + wanted * DT_S, -MAX_ANGLE_RAD, MAX_ANGLE_RAD)
    leg_speeds = (after - angles) / DT_S
    stance = (leg_speeds < 0.0).sum(axis=-1)
    push = -np.minimum(leg_speeds, 0.0).sum(axis=-1) / np.maximum(stance, 1) * LEG_LENGTH_M
    return after, leg_speeds, np.where(stance >= STANCE_LEGS, push, 0.0), stance


def observe(angles: Array, leg_speeds: Array, step: Array | int) -> Array:
    """Angles and leg speeds, both scaled to -1..1, and a clock: [..., 14]."""
    phase = np.asarray(2.0 * np.pi * CLOCK_HZ * DT_S * np.asarray(step))[..., None]
    parts = (angles / MAX_ANGLE_RAD, leg_speeds / MAX_LEG_SPEED_RAD_S, np.sin(phase), np.cos(phase))
    return np.concatenate(parts, axis=-1).astype(np.float32)


def reward_of(speed: Array, actions: Array) -> Array:
    """Speed in m/s, less the effort of the legs [...]."""
    return speed - EFFORT_COST * np.square(np.clip(actions, -1.0, 1.0)).mean(axis=-1)


class Hexapod(gymnasium.Env[Array, Array]):
    """One robot. Action: how fast each leg swings [6]; observation: see `observe`."""

    metadata = {"render_modes": []}
    observation_space = OBSERVATION_SPACE
    action_space = ACTION_SPACE

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Put the robot down."""
        super().reset(seed=seed)
        self._angles = start(self.np_random)
        self._step = self._sagging = 0
        return observe(self._angles, np.zeros(LEGS), 0), {}

    def step(self, action: Array) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Swing the legs for `DT_S`."""
        self._angles, leg_speeds, speed, stance = advance(self._angles, action)
        self._step += 1
        self._sagging = 0 if stance >= STANCE_LEGS else self._sagging + 1
        obs = observe(self._angles, leg_speeds, self._step)
        metrics = {"speed_m_s": float(speed), "stance_legs": float(stance)}
        fallen = self._sagging >= MAX_SAGGING_STEPS
        return obs, float(reward_of(speed, action)), fallen, False, {"metrics": metrics}
