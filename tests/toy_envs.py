"""Environments so small that their numbers can be worked by hand, right ones and wrong ones. Tests only."""

import os
import sys
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from cfg.errors import RlgxError
from tasks.factory import EnvFactory, WrapperRecipe


def toy_factory(name: str, wrappers: tuple[WrapperRecipe, ...] = (), **kwargs: Any) -> EnvFactory:
    """Recipe for an environment of this file."""
    return EnvFactory(name=name, source=f"tests.toy_envs:{name}", kwargs=kwargs, wrappers=wrappers)


class Countdown(gym.Env):
    """Ends after `length` steps, or is cut short after `limit`; observes [steps taken, episode number].

    Reward is the number of steps taken, so that an episode of 3 steps returns 1 + 2 + 3 = 6.
    """

    observation_space = spaces.Box(-1000.0, 1000.0, (2,), np.float64)
    action_space = spaces.Discrete(2)
    metadata = {"render_modes": ["rgb_array"]}

    def __init__(self, length: int = 3, limit: int | None = None, render_mode: str | None = None) -> None:
        self.length = length
        self.limit = limit
        self.render_mode = render_mode
        self.episode = -1
        self.time = 0
        self.closed = False

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.episode = 0 if seed is not None else self.episode + 1
        self.time = 0
        return self.observe(), {}

    def step(self, action):
        self.time += 1
        terminated = self.time >= self.length
        truncated = self.limit is not None and self.time >= self.limit
        return self.observe(), float(self.time), terminated, truncated, self.tell(terminated or truncated)

    def observe(self):
        return np.array([self.time, self.episode], np.float64)

    def tell(self, done: bool) -> dict[str, Any]:
        return {}

    def render(self):
        return np.full((4, 4, 3), self.time, np.uint8)

    def close(self):
        self.closed = True


class Dice(Countdown):
    """Observes random numbers of its own generator."""

    def observe(self):
        return self.np_random.uniform(-1.0, 1.0, 2)


class ReusedBuffer(Countdown):
    """Writes every observation into the same array."""

    def __init__(self, length: int = 3) -> None:
        super().__init__(length)
        self.buffer = np.zeros(2)

    def observe(self):
        self.buffer[:] = self.time, self.episode
        return self.buffer


class Telling(Countdown):
    """Reports named numbers in odd rows of time, and success at the end."""

    def tell(self, done: bool) -> dict[str, Any]:
        info: dict[str, Any] = {"rewards": {"speed": 0.5 * self.time}} if self.time % 2 else {}
        if done:
            info |= {"is_success": self.episode % 2 == 0, "metrics": {"distance": 7.0}}
        return info


class Rich(Countdown):
    """A dictionary with everything in it: nested, reserved names, an image, integers, text."""

    observation_space = spaces.Dict(
        {
            "arm": spaces.Dict({"angle": spaces.Box(-1.0, 1.0, (2, 2)), "grip": spaces.Discrete(3, start=1)}),
            "camera": spaces.Box(0, 255, (12, 16, 3), np.uint8),
            "obs": spaces.MultiBinary(2),
            "order": spaces.Text(5),
            "pair": spaces.Tuple((spaces.Discrete(2), spaces.Box(-1.0, 1.0, (1,)))),
        }
    )

    def observe(self):
        camera = np.zeros((12, 16, 3), np.uint8)
        camera[1, 2] = [10, 20, 30]
        return {
            "arm": {"angle": np.array([[0.0, 0.1], [0.2, 0.3]]), "grip": 3},
            "camera": camera,
            "obs": np.array([1, 0], np.int8),
            "order": "left",
            "pair": (1, np.array([0.5])),
        }


class Asymmetric(Countdown):
    """The critic sees the time left, the actor does not."""

    observation_space = spaces.Dict(
        {"obs": spaces.Box(-1000.0, 1000.0, (2,)), "states": spaces.Box(-1000.0, 1000.0, (3,))}
    )

    def observe(self):
        seen = super().observe()
        return {"obs": seen, "states": np.append(seen, self.length - self.time)}


class CentralValue(Countdown):
    """Asymmetric the way rl_games' own environments are: by attributes beside the observation space."""

    use_central_value = True
    state_space = spaces.Box(-1000.0, 1000.0, (1,))

    def observe(self):
        return {"obs": super().observe(), "state": np.array([self.length - self.time])}


class TwoRewards(Countdown):
    """Two rewards a step: the time, and one."""

    value_size = 2

    def step(self, action):
        obs, reward, terminated, truncated, info = super().step(action)
        return obs, np.array([reward, 1.0]), terminated, truncated, info


class Masked(Countdown):
    """Allows one action in turn, told by a method."""

    action_space = spaces.Discrete(3)

    def get_action_mask(self):
        return np.arange(3) == self.time % 3


class InfoMasked(Countdown):
    """Allows one action in turn, told by the infos; has two choices at once."""

    action_space = spaces.MultiDiscrete([2, 3])

    def reset(self, *, seed=None, options=None):
        obs, _ = super().reset(seed=seed)
        return obs, self.tell(False)

    def tell(self, done: bool) -> dict[str, Any]:
        return {"action_mask": (np.arange(2) == self.time % 2, np.arange(3) == self.time % 3)}


class Actor(Countdown):
    """Shows the action it was given, as it was given."""

    def __init__(self, space: str = "box") -> None:
        super().__init__(length=100)
        self.action_space = ACTION_SPACES[space]

    def reset(self, *, seed=None, options=None):
        self.seen: Any = 0
        return super().reset(seed=seed)

    def step(self, action):
        assert self.action_space.contains(action), (action, self.action_space)
        self.seen = action
        return super().step(action)

    def observe(self):
        return np.append(np.ravel(np.asarray(self.seen, np.float64)), [0.0, 0.0])[:2]


ACTION_SPACES = {
    "discrete": spaces.Discrete(3, start=5),
    "multi_discrete": spaces.MultiDiscrete(np.array([[2, 3]]), start=np.array([[1, 1]])),
    "multi_binary": spaces.MultiBinary(2),
    "tuple": spaces.Tuple((spaces.Discrete(2), spaces.Discrete(4, start=-1))),
    "box": spaces.Box(-2.0, 2.0, (1, 2), np.float64),
    "integers": spaces.Box(0, 9, (2,), np.int64),
}


class Push(Countdown):
    """One push of up to `bound`: half of it is best and gives 1, whatever the bound."""

    def __init__(
        self, length: int = 1000, limit: int | None = None, bound=1.0, is_paid_by_time=False
    ) -> None:
        super().__init__(length, limit)
        self.bound, self.is_paid_by_time = bound, is_paid_by_time
        self.action_space = spaces.Box(-bound, bound, (1,))

    def step(self, action):
        obs, time, *rest = super().step(action)
        return obs, time if self.is_paid_by_time else 1.0 - (float(action[0]) / self.bound - 0.5) ** 2, *rest


class PushTwoParts(Push):
    """The same, observed as a dictionary of two vectors."""

    observation_space = spaces.Dict(
        {"clock": spaces.Box(0.0, 1000.0, (1,)), "state": spaces.Box(0.0, 1000.0, (2,))}
    )

    def observe(self):
        return {"clock": np.array([self.time], np.float32), "state": np.zeros(2, np.float32)}


class OldGym:
    """Speaks the API before Gymnasium, and is no Gymnasium environment at all."""

    observation_space = spaces.Box(-1000.0, 1000.0, (1,))
    action_space = spaces.Discrete(2)

    def __init__(self, length: int = 3, limit: int = 100) -> None:
        self.length = length
        self.limit = limit
        self.given_seed: int | None = None
        self.time = 0

    def seed(self, seed):
        self.given_seed = seed

    def reset(self):
        self.time = 0
        return np.array([0.0])

    def step(self, action):
        self.time += 1
        is_late = self.time >= self.limit
        done = is_late or self.time >= self.length
        return np.array([float(self.time)]), 1.0, done, {"TimeLimit.truncated": True} if is_late else {}


class Wrong(Countdown):
    """Does one thing wrong in its second step, in every row."""

    def __init__(self, fault: str) -> None:
        super().__init__(length=5)
        self.fault = fault

    def step(self, action):
        right = super().step(action)
        return FAULTS[self.fault](*right) if self.time == 2 else right


def _raise(*_: Any) -> Any:
    raise ZeroDivisionError("the robot fell off")


FAULTS = {
    "shape": lambda obs, reward, *rest: (obs[:1], reward, *rest),
    "nan": lambda obs, reward, *rest: (obs * np.nan, reward, *rest),
    "text": lambda obs, reward, *rest: (["a", "b"], reward, *rest),
    "none": lambda obs, reward, *rest: (None, reward, *rest),
    "reward": lambda obs, reward, *rest: (obs, float("inf"), *rest),
    "rewards": lambda obs, reward, *rest: (obs, [1.0, 2.0], *rest),
    "info": lambda obs, reward, terminated, truncated, info: (obs, reward, terminated, truncated, None),
    "three": lambda obs, reward, *rest: (obs, reward, False),
    "raise": _raise,
    "exit": lambda *_: os._exit(3),
    "sys_exit": lambda *_: sys.exit(),
}


class UnevenSpaces(Countdown):
    """Every second one made has another observation space."""

    made = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).made += 1
        if self.made % 2 == 0:
            self.observation_space = spaces.Box(-1.0, 1.0, (3,))


class BrokenConstructor(Countdown):
    """Cannot be made."""

    def __init__(self) -> None:
        raise OSError("no robot on this port")


class RefusingConstructor(Countdown):
    """Says itself, in our way, why it cannot be made."""

    def __init__(self) -> None:
        raise RlgxError("no robot", "buy one")


def no_environment() -> tuple[str, ...]:
    """Makes something else."""
    return ("not", "one")


class DoubledReward(gym.RewardWrapper):
    """Doubles rewards, which the statistics must not show."""

    def reward(self, reward):
        return 2.0 * reward


class OneLife(gym.Wrapper):
    """Ends the learner's episode every `steps` steps, without a reset of the game unless it is over."""

    def __init__(self, env: gym.Env, steps: int) -> None:
        super().__init__(env)
        self.steps = steps
        self.taken = 0
        self.is_over = True
        self.last: Any = None

    def reset(self, *, seed=None, options=None):
        self.taken = 0
        if self.is_over or seed is not None:
            self.last, info = self.env.reset(seed=seed)
            self.is_over = False
            return self.last, info
        return self.last, {}

    def step(self, action):
        self.last, reward, terminated, truncated, info = self.env.step(action)
        self.taken += 1
        self.is_over = terminated or truncated
        return self.last, reward, terminated or self.taken >= self.steps, truncated, info


class ModuleCounter(Countdown):
    """Draws the names of what its process has imported."""

    def __init__(self) -> None:
        super().__init__(render_mode="ansi")

    def render(self):
        return sorted({name.partition(".")[0] for name in sys.modules})


class Painter(Countdown):
    """Paints all 32 x 32 pixels 50 times the number of steps taken; 8 frames a second."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 8}

    def render(self):
        return np.full((32, 32, 3), 50 * self.time, np.uint8)


class Blank(Painter):
    """Says it draws, and gives nothing."""

    def render(self):
        return None


class Grey(Painter):
    """Draws without colours."""

    def render(self):
        return np.zeros((32, 32), np.uint8)


class Growing(Painter):
    """Every frame is larger than the one before."""

    size = 16

    def render(self):
        self.size += 1
        return np.zeros((self.size, self.size, 3), np.uint8)


class Crashing(Painter):
    """Cannot draw on this machine."""

    def render(self):
        raise OSError("no screen")
