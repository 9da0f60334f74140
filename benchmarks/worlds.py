"""The environments that are compared, as each contestant names them. Knows no contestant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np


@dataclass(frozen=True)
class World:
    """One environment.

    Attributes:
        make: makes a single one, the same for all who step Python environments.
        ours: what `env=` of task Gym calls it.
        rl_games: its name in rl_games' own table; None where that table lacks it.
        envpool: its name in EnvPool; None where there is none.
        envpool_kwargs: what has EnvPool play by the same rules.
        ale: the game, for ale-py's own vector environment.
    """

    make: Callable[[], Any]
    ours: str
    rl_games: str | None = None
    envpool: str | None = None
    envpool_kwargs: Mapping[str, Any] = field(default_factory=dict)
    ale: str | None = None


def make_plain(env_id: str) -> Any:
    """A Gymnasium id as `gym.make` gives it, without the checker that it has by default."""
    import gymnasium as gym

    return gym.make(env_id, disable_env_checker=True)


def make_pong() -> Any:
    """Pong by Mnih et al. (2015): 4 frames an action, four 84x84 grey pictures, no sticky actions."""
    import ale_py
    import gymnasium as gym
    from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation

    gym.register_envs(ale_py)
    game = gym.make("ALE/Pong-v5", frameskip=1, repeat_action_probability=0.0, disable_env_checker=True)
    return FrameStackObservation(AtariPreprocessing(game, noop_max=30, frame_skip=4, screen_size=84), 4)


def world_of(env_id: str) -> World:
    """The row of a name, or one made up for any other Gymnasium id."""
    return WORLDS.get(env_id) or World(partial(make_plain, env_id), ours=env_id)


def random_actions(space: Any, count: int, num_envs: int) -> Any:
    """Random play: int64 [count, N] for a Discrete, float32 [count, N, A] within the bounds for a Box."""
    rng = np.random.default_rng(0)
    if hasattr(space, "n"):
        return rng.integers(0, space.n, (count, num_envs))
    return rng.uniform(space.low, space.high, (count, num_envs, *space.shape)).astype(np.float32)


WORLDS = {
    "CartPole-v1": World(
        partial(make_plain, "CartPole-v1"), ours="CartPole-v1", rl_games="CartPole-v1", envpool="CartPole-v1"
    ),
    "HalfCheetah-v5": World(
        partial(make_plain, "HalfCheetah-v5"), ours="HalfCheetah-v5", envpool="HalfCheetah-v5"
    ),
    "Pong": World(
        make_pong,
        ours="ale:pong",
        rl_games="PongNoFrameskip-v4",
        envpool="Pong-v5",
        # EnvPool clips no reward and repeats no action unless asked to.
        envpool_kwargs={"noop_max": 30, "frame_skip": 4, "stack_num": 4, "img_height": 84, "img_width": 84},
        ale="pong",
    ),
}
