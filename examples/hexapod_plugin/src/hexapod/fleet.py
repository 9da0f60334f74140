"""Many hexapods as one NumPy array: a vector environment of rlgx's contract (docs/contract.md)."""

from typing import Any

import numpy as np

from hexapod import env
from tasks.make import VecEnvPlan
from tasks.seeding import env_seed
from tasks.vec_env.base import VecEnv
from tasks.vec_env.transition import FirstObservation, Transition

MAX_STEPS = 400
"""The time limit of cfg/task/Hexapod.yaml, when the plan names none."""


def make(plan: VecEnvPlan) -> VecEnv:
    """What the entry point `rlgx.vec_envs` names."""
    return HexapodFleet(plan)


class HexapodFleet(VecEnv):
    """N robots, stepped together; every row has a random stream of its own."""

    def __init__(self, plan: VecEnvPlan) -> None:
        info = {
            "observation_space": env.OBSERVATION_SPACE,
            "action_space": env.ACTION_SPACE,
            "agents": 1,
            "value_size": 1,
            "autoreset_mode": "same_step",
        }
        super().__init__(plan.factory.name, plan.num_envs, info)
        self._role = plan.role
        self._limit = plan.factory.max_episode_steps or MAX_STEPS
        self._angles = np.zeros((plan.num_envs, env.LEGS))
        self._steps, self._sagging = np.zeros((2, plan.num_envs), np.int64)
        self._returns = np.zeros(plan.num_envs)
        self.seed(plan.seed)

    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""
        seeds = (env_seed(seed, self._role, row) for row in range(self.num_envs))
        self._rngs = [np.random.default_rng(each) for each in seeds]

    def has_action_masks(self) -> bool:
        """Every leg may always move."""
        return False

    def render(self) -> None:
        """There is nothing to see."""

    def _reset(self) -> FirstObservation:
        self._put_down(np.arange(self.num_envs))
        return FirstObservation(env.observe(self._angles, np.zeros_like(self._angles), self._steps))

    def _step(self, actions: Any) -> Transition:
        self._angles, leg_speeds, speed, stance = env.advance(self._angles, actions)
        self._steps += 1
        self._sagging = np.where(stance >= env.STANCE_LEGS, 0, self._sagging + 1)
        reward = env.reward_of(speed, actions).astype(np.float32)
        self._returns += reward
        fallen, late = self._sagging >= env.MAX_SAGGING_STEPS, self._steps >= self._limit
        done = fallen | late
        final = env.observe(self._angles, leg_speeds, self._steps)
        obs, episode = final, {}
        if done.any():
            rows = np.flatnonzero(done)
            episode = {
                "row": rows,
                "return": self._returns[rows],
                "length": self._steps[rows],
                "success": np.full(len(rows), np.nan),
            }
            self._put_down(rows)
            obs = np.where(done[:, None], env.observe(self._angles, 0.0 * leg_speeds, self._steps), final)
        return Transition(
            obs=obs,
            reward=reward,
            done=done,
            time_outs=late & ~fallen,
            final_observation=final if done.any() else None,
            episode=episode,
            metrics={"speed_m_s": speed, "stance_legs": stance.astype(np.float64)},
        )

    def _put_down(self, rows: Any) -> None:
        self._angles = self._angles.copy()
        for row in rows:
            self._angles[row] = env.start(self._rngs[row])
        self._steps[rows] = self._sagging[rows] = 0
        self._returns[rows] = 0.0

    def _close(self) -> None:
        pass
