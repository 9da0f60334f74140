"""Environments in Ray actors, several in each. Ray starts, watches and ends them; no step goes through it."""

import sys
from collections.abc import Sequence
from multiprocessing.connection import Client
from typing import Any

import ray
from ray import cloudpickle
from ray.exceptions import RayError, RayTaskError

from cfg.errors import ClusterError, RlgxError
from tasks.factory import EnvFactory
from tasks.vec_env import ray_worker
from tasks.vec_env.channel import Channel
from tasks.vec_env.packing import pack
from tasks.vec_env.ray_init import ensure_ray
from tasks.vec_env.worker_env import WorkerVecEnv


class RayVecEnv(WorkerVecEnv):
    """N Gymnasium environments in W Ray actors of this machine."""

    _actors: tuple[Any, ...] = ()

    def _start(self, factory: EnvFactory, slices: Sequence[range], seed: int, role: str) -> None:
        packed = pack(factory)
        ensure_ray()
        cloudpickle.register_pickle_by_value(ray_worker)
        actor_class = ray.remote(num_cpus=0)(ray_worker.RowsActor)
        self._actors = tuple(actor_class.remote() for _ in slices)
        replies = [
            actor.start.remote(list(sys.path), packed, rows, seed, role)
            for actor, rows in zip(self._actors, slices, strict=True)
        ]
        failures = [failure for reply in replies if (failure := _failure_of(reply)) is not None]
        if failures:
            raise _explain(factory.name, failures[0]) from failures[0]
        # A call that nobody refers to is cancelled.
        self._serving = [actor.serve.remote() for actor in self._actors]
        try:
            for rows, (address, key) in zip(slices, ray.get(replies), strict=True):
                self._channels.append(Channel(Client(address, authkey=key), factory.name, rows))
        except (OSError, EOFError) as cause:
            problem = f"{factory.name}: a Ray worker does not answer: {type(cause).__name__}: {cause}"
            raise ClusterError(problem, "start again, or use vec_env=sync") from cause

    def _stop(self) -> None:
        if ray.is_initialized():
            for actor in self._actors:
                ray.kill(actor)


def _failure_of(reply: Any) -> RayError | None:
    """What went wrong with a reply; None where nothing did. Ray prints an error that nobody fetched."""
    try:
        ray.get(reply)
    except RayError as failure:
        return failure
    return None


def _explain(name: str, failure: RayError) -> RlgxError:
    cause = failure.cause if isinstance(failure, RayTaskError) else failure
    if isinstance(cause, RlgxError):
        return cause
    problem = f"{name}: a Ray worker did not start: {type(cause).__name__}: {cause}"
    return ClusterError(problem, "start again, or use vec_env=sync")
