"""An environment with one fault at a time, in its third step or its reset; tests copy it to a user's folder.

Importing it registers `Locked-v0`, whose maker cannot travel to another process.
"""

import os
import signal
import threading
import time

import gymnasium as gym
import numpy as np
from gymnasium import spaces


class Faulty(gym.Env):
    """Observes two random numbers, draws its process; ends after nine steps. The fault is a key of FAULTS."""

    render_mode = "ansi"

    observation_space = spaces.Box(-1.0, 1.0, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, fault: str = "none") -> None:
        self.fault = fault
        self.time = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return self.observe(), [] if self.fault == "reset_info" else {}

    def step(self, action):
        self.time += 1
        right = (self.observe(), 1.0, self.time >= 9, False, {})
        return FAULTS.get(self.fault, keep)(*right) if self.time == 3 else right

    def render(self):
        return os.getpid()

    def observe(self):
        return self.np_random.uniform(-1.0, 1.0, 2).astype(np.float32)


def keep(*right):
    return right


def tensor(obs, *rest):
    import torch

    return (torch.as_tensor(obs), *rest)


def tensor_elsewhere(obs, *rest):
    import torch

    return (torch.as_tensor(obs).to("meta"), *rest)


FAULTS = {
    "shape": lambda obs, *rest: (obs[:1], *rest),
    "dtype": lambda obs, *rest: (obs.astype(complex), *rest),
    "text": lambda obs, *rest: (["left", "right"], *rest),
    "tensor": tensor,
    "tensor_elsewhere": tensor_elsewhere,
    "not_finite": lambda obs, *rest: (obs * np.nan, *rest),
    "reward_nan": lambda obs, reward, *rest: (obs, reward * np.nan, *rest),
    "reward_text": lambda obs, reward, *rest: (obs, "1.0", *rest),
    "done_text": lambda obs, reward, terminated, *rest: (obs, reward, "no", *rest),
    "info": lambda *right: (*right[:4], ["speed", 1.0]),
    "metrics": lambda *right: (*right[:4], {"metrics": {"speed": "fast"}}),
    "success": lambda obs, reward, *_: (obs, reward, True, False, {"is_success": "yes"}),
    "death": lambda *_: os.kill(os.getpid(), signal.SIGKILL),
    "hang": lambda *_: time.sleep(3600),
}


def maker(lock):
    def make():
        with lock:
            return Faulty()

    return make


gym.register("Locked-v0", entry_point=maker(threading.Lock()))
