"""A world of a picture and a number, of which a policy has to read both. Tests only."""

import numpy as np
from gymnasium import spaces

from tests.toy_envs import Countdown


class Pointing(Countdown):
    """Pays the action that a picture and a number name together; either alone says nothing of it.

    Half of the picture is lit. Where the number is positive, its side is the action (0: left), else
    the other one.
    """

    observation_space = spaces.Dict(
        {"camera": spaces.Box(0, 255, (8, 8, 1), np.uint8), "state": spaces.Box(-9.0, 9.0, (2,))}
    )

    def observe(self):
        self.side, self.sign = self.np_random.integers(0, 2, 2)
        camera = np.zeros((8, 8, 1), np.uint8)
        camera[:, 4 * self.side : 4 * self.side + 4] = 255
        return {"camera": camera, "state": np.array([8.0 if self.sign else -8.0, 0.0])}

    def step(self, action):
        right = action == (self.side if self.sign else 1 - self.side)
        obs, _, terminated, truncated, info = super().step(action)
        return obs, float(right), terminated, truncated, info
