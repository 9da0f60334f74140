"""An environment that takes its time where it is told to, and leaves a file where it is. Tests only."""

import time
from pathlib import Path

import gymnasium as gym
import numpy as np
from gymnasium import spaces


class Sleepy(gym.Env):
    """Ends after 4 steps. Its n-th copy in a process leaves files `made_n` and `stepping_n` in `marks`.

    Args:
        marks: an existing folder.
        make_s: how long making one takes.
        nap_s: how long a step takes.
        step_s: the same from the `after`-th of a copy on, if it is among the `slow` ones.
        is_continuous: whether actions are numbers in place of choices.
    """

    observation_space = spaces.Box(-1.0, 1.0, (2,), np.float32)
    action_space = spaces.Discrete(2)
    made = 0

    def __init__(
        self,
        marks=".",
        make_s=0.0,
        nap_s=0.0,
        step_s=0.0,
        after=0,
        slow=(1, 2, 3, 4, 5, 6),
        is_continuous=False,
    ):
        type(self).made += 1
        if is_continuous:
            self.action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)
        self.number = self.made
        self.marks = Path(marks)
        self.nap_s = nap_s
        self.step_s, self.after, self.is_slow = step_s, after, self.number in slow
        self.steps = self.time = 0
        (self.marks / f"made_{self.number}").touch()
        time.sleep(make_s)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return self.observe(), {}

    def step(self, action):
        self.time += 1
        self.steps += 1
        if self.is_slow and self.steps > self.after and self.step_s:
            (self.marks / f"stepping_{self.number}").touch()
            time.sleep(self.step_s)
        if self.nap_s:
            time.sleep(self.nap_s)
        return self.observe(), float(np.sum(action)), self.time >= 4, False, {}

    def observe(self):
        return np.array([self.time / 4, 0.5], np.float32)
