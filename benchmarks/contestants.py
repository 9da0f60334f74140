"""Everyone who steps many environments, behind one way to start them. Measures nothing.

To start one takes two calls, so that imports and Ray's own start are not counted as its start-up:
`prepare(order)` imports and returns `begin`; `begin()` builds, resets and returns a `Running`.
"""

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.worlds import World, world_of


class NotOfferedError(Exception):
    """This contestant does not run this environment in this number; the message says why."""


@dataclass(frozen=True)
class Order:
    """What is asked of a contestant.

    Attributes:
        env: a name that `benchmarks.worlds` knows, or any Gymnasium id.
        num_envs: N.
        num_workers: processes or threads, where it has them.
    """

    env: str
    num_envs: int
    num_workers: int

    @property
    def world(self) -> World:
        """The environment, as each contestant names it."""
        return world_of(self.env)


@dataclass(frozen=True)
class Running:
    """A contestant at work, past its first observation.

    Attributes:
        step: takes the actions of all rows, returns their next observations, rewards and dones.
        close: ends it.
        rows: environment steps that one call makes; None: one in each row.
        action_type: of discrete actions.
    """

    step: Callable[[Any], Any]
    close: Callable[[], Any]
    rows: int | None = None
    action_type: str = "int64"


Begin = Callable[[], Running]


def bare(order: Order) -> Begin:
    """The environments alone, in a loop that does nothing with what they give."""
    make = order.world.make

    def begin() -> Running:
        envs = [make() for _ in range(order.num_envs)]
        for row, env in enumerate(envs):
            env.reset(seed=row)
        # A Discrete's environment is given a plain number, as its author would.
        is_discrete = hasattr(envs[0].action_space, "n")

        def step(actions: Any) -> None:
            for env, action in zip(envs, actions.tolist() if is_discrete else actions, strict=True):
                _, _, terminated, truncated, _ = env.step(action)
                if terminated or truncated:
                    env.reset()

        return Running(step, lambda: [env.close() for env in envs])

    return begin


def ours(kind: str, order: Order) -> Begin:
    """A vector environment of rlgx, all of the contract's infos included."""
    from cfg.choices import WITHOUT_WORKERS
    from cfg.errors import ConfigError
    from tasks import make_vec_env

    if kind == "ray":
        from tasks.vec_env.ray_init import ensure_ray, lock_with_token

        lock_with_token()
        ensure_ray()
    # Of the vector environments that ids bring themselves, ale-py's alone has threads.
    has_workers = kind not in WITHOUT_WORKERS and (kind != "native" or order.world.ale is not None)
    workers = min(order.num_workers, order.num_envs) if has_workers else None

    def begin() -> Running:
        try:
            vec = make_vec_env(
                "Gym", env=order.world.ours, vec_env=kind, num_envs=order.num_envs, num_workers=workers
            )
        except ConfigError as error:
            raise NotOfferedError(str(error)) from error
        vec.reset()
        return Running(vec.step, vec.close)

    return begin


def rl_games(order: Order) -> Begin:
    """rl_games' own RAY type: one Ray actor for each environment, by a name of its own table."""
    if order.world.rl_games is None:
        raise NotOfferedError("its workers only know the environments of rl_games' own table")
    from tasks.vec_env.ray_init import lock_with_token

    lock_with_token()
    import ray
    from rl_games.common.vecenv import create_vec_env

    ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")

    def begin() -> Running:
        vec = create_vec_env(str(order.world.rl_games), order.num_envs)
        vec.reset()
        return Running(vec.step, ray.shutdown)

    return begin


def gymnasium(kind: str, order: Order) -> Begin:
    """Gymnasium's SyncVectorEnv or AsyncVectorEnv, at its best: buffers shared and not copied."""
    import gymnasium as gym

    kwargs = {"copy": False, "autoreset_mode": gym.vector.AutoresetMode.SAME_STEP}
    if kind == "AsyncVectorEnv":
        kwargs["shared_memory"] = True

    def begin() -> Running:
        vec = getattr(gym.vector, kind)([order.world.make] * order.num_envs, **kwargs)
        vec.reset(seed=0)
        return Running(vec.step, vec.close)

    return begin


def stable_baselines3(order: Order) -> Begin:
    """Stable-Baselines3's SubprocVecEnv; `fork` starts it the fastest and steps as fast as the others."""
    from stable_baselines3.common.vec_env import SubprocVecEnv

    def begin() -> Running:
        vec = SubprocVecEnv([order.world.make] * order.num_envs, start_method="fork")
        vec.reset()
        return Running(vec.step, vec.close)

    return begin


def pufferlib(spared: int, batches: int, order: Order) -> Begin:
    """PufferLib's Multiprocessing, without copies.

    Args:
        spared: cores left to its driver, which polls without rest, as its workers do.
        batches: a step is one of all rows (1), or of those workers that come first (2: half of them).
        order: what is asked for.
    """
    import pufferlib.emulation
    import pufferlib.vector

    world, rows = order.world, order.num_envs // batches
    workers = max(1, min(order.num_workers - spared, order.num_envs))
    if order.num_envs % workers or workers % batches:
        raise NotOfferedError(f"it needs num_envs and workers that {batches} and {workers} divide")

    def make(buf: Any = None, seed: int = 0) -> Any:
        return pufferlib.emulation.GymnasiumPufferEnv(env_creator=world.make, buf=buf, seed=seed)

    def begin() -> Running:
        vec = pufferlib.vector.make(
            make,
            backend=pufferlib.vector.Multiprocessing,
            num_envs=order.num_envs,
            num_workers=workers,
            batch_size=rows,
            zero_copy=True,
            overwork=True,  # it would refuse a worker for each of a core's two threads
        )
        vec.async_reset(seed=0)
        vec.recv()

        def step(actions: Any) -> Any:
            vec.send(actions[:rows])
            return vec.recv()

        return Running(step, vec.close, rows=rows, action_type="int32")

    return begin


def envpool(order: Order) -> Begin:
    """EnvPool, in lock-step: environments of its own in C++, not the Python ones that the others step."""
    import envpool as library

    world = order.world
    if world.envpool is None or world.envpool not in library.list_all_envs():
        raise NotOfferedError("it has no such environment")

    def begin() -> Running:
        vec = library.make(
            world.envpool,
            env_type="gymnasium",
            num_envs=order.num_envs,
            batch_size=order.num_envs,
            num_threads=order.num_workers,
            **world.envpool_kwargs,
        )
        vec.reset()
        return Running(vec.step, vec.close, action_type="int32")

    return begin


def ale(order: Order) -> Begin:
    """ale-py's own vector environment, as `native` has it made."""
    if order.world.ale is None:
        raise NotOfferedError("it plays Atari games only")
    from ale_py.vector_env import AtariVectorEnv
    from gymnasium.vector import AutoresetMode

    def begin() -> Running:
        vec = AtariVectorEnv(
            order.world.ale,
            order.num_envs,
            autoreset_mode=AutoresetMode.SAME_STEP,
            reward_clipping=False,
            num_threads=order.num_workers,
        )
        vec.reset(seed=np.arange(order.num_envs))
        return Running(vec.step, vec.close)

    return begin


@dataclass(frozen=True)
class Contestant:
    """A row of the table.

    Attributes:
        title: what the table calls it.
        prepare: imports it; returns what starts it.
        distribution: whose version is told.
        most_envs: more are not tried, as they take minutes or gigabytes to start.
        has_ray: whether a Ray of its own is stopped with it between its turns.
    """

    title: str
    prepare: Callable[[Order], Begin]
    distribution: str
    most_envs: int = 1024
    has_ray: bool = False


CONTESTANTS = {
    "bare": Contestant("bare, one core", bare, "gymnasium"),
    "bare_all": Contestant("bare, each core", bare, "gymnasium"),
    "sync": Contestant("rlgx sync", partial(ours, "sync"), "gymnasium"),
    "process": Contestant("rlgx process", partial(ours, "process"), "gymnasium"),
    "ray": Contestant("rlgx ray", partial(ours, "ray"), "ray", has_ray=True),
    "native": Contestant("rlgx native", partial(ours, "native"), "gymnasium"),
    "rl_games": Contestant("rl_games RAY", rl_games, "rl-games", most_envs=64, has_ray=True),
    "gym_sync": Contestant("SyncVectorEnv", partial(gymnasium, "SyncVectorEnv"), "gymnasium"),
    "gym_async": Contestant("AsyncVectorEnv", partial(gymnasium, "AsyncVectorEnv"), "gymnasium"),
    "sb3": Contestant("SubprocVecEnv", stable_baselines3, "stable-baselines3"),
    "pufferlib": Contestant("PufferLib", partial(pufferlib, 0, 1), "pufferlib-core"),
    "pufferlib_less": Contestant("PufferLib, worker less", partial(pufferlib, 1, 1), "pufferlib-core"),
    "pufferlib_half": Contestant("PufferLib, half batch", partial(pufferlib, 0, 2), "pufferlib-core"),
    "envpool": Contestant("EnvPool", envpool, "envpool"),
    "ale": Contestant("ale-py", ale, "ale-py"),
}


def version_of(distribution: str) -> str:
    """Which release of a package is installed, as "gymnasium 1.4.0"; its name alone where none is."""
    try:
        return f"{distribution} {importlib.metadata.version(distribution)}"
    except importlib.metadata.PackageNotFoundError:
        return distribution
