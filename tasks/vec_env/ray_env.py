"""Environments in Ray actors, several in each: one message there and one back per actor and step."""

import sys
from multiprocessing.connection import Client
from typing import Any

import numpy as np
import ray
from ray import cloudpickle
from ray.exceptions import RayError, RayTaskError

from cfg.errors import ClusterError, RlgxError
from tasks.arrays import Array
from tasks.factory import EnvFactory
from tasks.vec_env import ray_worker
from tasks.vec_env.base import VecEnv
from tasks.vec_env.channel import Channel, ask_all
from tasks.vec_env.ray_init import ensure_ray
from tasks.vec_env.slices import split_rows
from tasks.vec_env.transition import FirstObservation, Transition, join_firsts, join_transitions

CLOSE_TIMEOUT_S = 2.0
"""How long environments get to close before their process is killed."""


class RayVecEnv(VecEnv):
    """N Gymnasium environments in W Ray actors of this machine.

    Ray starts the processes, watches them and ends them; what is said while playing goes through sockets.

    Args:
        factory: makes each environment; it travels to the workers.
        num_envs: N.
        num_workers: W; as many as there are processors, but no more than environments, where None.
        seed: of the run.
        role: one of `tasks.seeding.ROLES`.
    """

    def __init__(
        self,
        factory: EnvFactory,
        num_envs: int,
        num_workers: int | None = None,
        *,
        seed: int,
        role: str = "train",
    ) -> None:
        slices = split_rows(num_envs, num_workers)
        ensure_ray()
        cloudpickle.register_pickle_by_value(ray_worker)
        actor_class = ray.remote(num_cpus=0)(ray_worker.RowsActor)
        self._actors: list[Any] = [actor_class.remote() for _ in slices]
        self._channels: list[Channel] = []
        try:
            infos = self._start(factory, slices, seed, role)
        except RlgxError:
            self._close()
            raise
        super().__init__(factory.name, num_envs, infos[0])

    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""
        self._ask_all("seed", [(seed,)] * len(self._channels))

    def has_action_masks(self) -> bool:
        """Whether the environments tell allowed actions."""
        return bool(ask_all(self._channels[:1], "has_masks", [()])[0])

    def render(self) -> Any:
        """The frame of row 0; None without a render mode."""
        return ask_all(self._channels[:1], "render", [()])[0]

    def _start(self, factory: EnvFactory, slices: list[range], seed: int, role: str) -> list[dict[str, Any]]:
        """Has the workers make their environments, then connects to them; gives what each env looks like."""
        payload, search_path = cloudpickle.dumps(factory), list(sys.path)
        replies = [
            actor.start.remote(search_path, payload, rows, seed, role)
            for actor, rows in zip(self._actors, slices, strict=True)
        ]
        failures = [failure for reply in replies if (failure := _failure_of(reply)) is not None]
        if failures:
            raise _explain(factory.name, failures[0]) from failures[0]
        started = ray.get(replies)
        self._serving = [actor.serve.remote() for actor in self._actors]
        try:
            for rows, (address, key, _) in zip(slices, started, strict=True):
                self._channels.append(Channel(Client(address, authkey=key), factory.name, rows))
        except (OSError, EOFError) as cause:
            problem = f"{factory.name}: a Ray worker does not answer: {type(cause).__name__}: {cause}"
            raise ClusterError(problem, "start again, or use vec_env=sync") from cause
        return [info for *_, info in started]

    def _reset(self) -> FirstObservation:
        return join_firsts(self._ask_all("reset", [()] * len(self._channels)))

    def _step(self, actions: Array) -> Transition:
        rows = np.atleast_1d(actions).reshape(self.num_envs, -1)
        parts = [(rows[channel.rows.start : channel.rows.stop],) for channel in self._channels]
        return join_transitions(self._ask_all("step", parts))

    def _ask_all(self, request: str, arguments: list[tuple[Any, ...]]) -> list[Any]:
        return ask_all(self._channels, request, arguments)

    def _close(self) -> None:
        for channel in self._channels:
            channel.close(CLOSE_TIMEOUT_S)
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
