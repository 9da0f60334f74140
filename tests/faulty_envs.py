"""An environment that fails when a file tells it to: faults that outlive the process they end.

A file `step-raise` in its folder has the next environment that looks for it fail so, once, and a file
`step-raise.always` all of them. Tests write these with `order`. Which faults there are is the table FAULTS.
"""

import ctypes
import os
import resource
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from tasks.factory import EnvFactory

MEMORY = 2**30
"""What a process may take before `memory` has its way."""


class FaultEnv(gym.Env):
    """Observes its own number of steps and a random number; ends after `length` steps, with reward 1 in each.

    Args:
        folder: where orders for faults are; processes write their numbers there, as `pid-<number>`.
        length: of an episode.
    """

    render_mode = "ansi"
    observation_space = spaces.Box(-1e6, 1e6, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, folder: str, length: int = 20) -> None:
        self.folder = Path(folder)
        self.length = length
        (self.folder / f"pid-{os.getpid()}").touch()
        self.fail("make")
        self.time = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        self.fail("reset")
        return self.observe(), {}

    def step(self, action):
        self.time += 1
        right = (self.observe(), 1.0, self.time >= self.length, False, {})
        return self.fail("step", *right) or right

    def render(self):
        return os.getpid()

    def observe(self):
        return np.array([self.time, self.np_random.uniform(-1.0, 1.0)], np.float32)

    def fail(self, where: str, *right: Any) -> Any:
        """Does what an order for this place says; None where there is none."""
        for name, fault in FAULTS.items():
            if self.is_ordered(f"{where}-{name}"):
                return fault(*right)
        return None

    def is_ordered(self, order: str) -> bool:
        if (self.folder / f"{order}.always").exists():
            return True
        try:
            (self.folder / order).unlink()  # only one of many finds it
        except FileNotFoundError:
            return False
        return True


class Guarded(FaultEnv):
    """Fails where a file with its process' number says so, as a worker's own row or as one that it took over.

    `exit-N` ends process N a while after the rows that it took over have stepped; `hang-N` has those hang.
    """

    def step(self, action):
        is_own = threading.current_thread() is threading.main_thread()
        if is_own and self.is_ordered(f"exit-{os.getpid()}"):
            time.sleep(0.5)
            os._exit(3)
        if not is_own and self.is_ordered(f"hang-{os.getpid()}"):
            time.sleep(600)
        return super().step(action)


class SecondDiffers(FaultEnv):
    """Raises in its first step; what is made in its place is of another kind each time.

    Args:
        folder: counts in the number of its files how often one was made.
        what: "space", another action space, or "nan", a first observation that is not finite.
    """

    def __init__(self, folder: str, what: str) -> None:
        super().__init__(folder)
        made = Path(folder) / "made"
        made.mkdir(exist_ok=True)
        self.what = what
        self.is_second = any(made.iterdir())
        (made / str(len(list(made.iterdir())))).touch()
        if what == "space" and self.is_second:
            self.action_space = spaces.Discrete(5)

    def observe(self):
        right = super().observe()
        return right * np.nan if self.what == "nan" and self.is_second else right

    def step(self, action):
        if self.what == "nan":
            return self.observe() * np.nan, 1.0, False, False, {}
        raise ZeroDivisionError("the robot fell off")


def faulty(folder: Path, length: int = 20) -> EnvFactory:
    """The recipe."""
    return EnvFactory("FaultEnv", f"{__name__}:FaultEnv", {"folder": str(folder), "length": length})


def order(folder: Path, where: str, fault: str, always: bool = False) -> None:
    """Has an environment fail at its next "make", "reset" or "step"."""
    assert fault in FAULTS, fault
    (folder / f"{where}-{fault}{'.always' if always else ''}").touch()


def processes(folder: Path) -> set[int]:
    """The numbers of all processes that ever made one there."""
    return {int(path.name.removeprefix("pid-")) for path in folder.glob("pid-*")}


def _raise(*_: Any) -> Any:
    raise ZeroDivisionError("the robot fell off")


def _fill_memory(*_: Any) -> Any:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    return bytearray(2 * MEMORY)


def _hold_the_lock(*_: Any) -> None:
    ctypes.PyDLL(None).usleep(ctypes.c_uint(600_000_000))  # a PyDLL keeps Python's lock while it sleeps


FAULTS: dict[str, Callable[..., Any]] = {
    "raise": _raise,
    "exit": lambda *_: os._exit(3),
    "sysexit": lambda *_: exit_by_exception(),
    "segfault": lambda *_: ctypes.string_at(0),
    "memory": _fill_memory,
    "hang": lambda *_: time.sleep(600),
    "freeze": _hold_the_lock,
    "nan": lambda obs, reward, *rest: (np.full_like(obs, np.nan), reward, *rest),
    "inf": lambda obs, reward, *rest: (obs, float("inf"), *rest),
    "huge": lambda obs, reward, *rest: (obs, 1e39, *rest),
}
"""What may go wrong. `memory` raises MemoryError, as an environment that leaks does under a limit."""


def exit_by_exception() -> None:
    """Ends the process as `sys.exit(0)` does."""
    raise SystemExit(0)


class Breaking(gym.Wrapper):
    """Around any environment: raises in the step in which it finds a file `break` in its folder, once."""

    def __init__(self, env: gym.Env, folder: str) -> None:
        super().__init__(env)
        self.order = Path(folder, "break")

    def step(self, action):
        if self.order.exists():
            self.order.unlink()
            raise OSError("the cable broke")
        return self.env.step(action)
