"""Environments in Ray actors, several in each, here and on other nodes. Ray starts, watches and ends them.

No step on the driver's node goes through Ray; those on other nodes are one call for each worker.
"""

import importlib.metadata
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Client
from typing import Any

import ray
from ray import cloudpickle
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cfg.errors import ClusterError, RlgxError
from cfg.schema import RayConfig
from tasks.factory import EnvFactory
from tasks.vec_env import ray_worker
from tasks.vec_env.carried_code import carried_code
from tasks.vec_env.channel import Channel
from tasks.vec_env.packing import pack
from tasks.vec_env.ray_channel import RayChannel, node_in_words
from tasks.vec_env.ray_init import ensure_ray
from tasks.vec_env.ray_join import join_ray
from tasks.vec_env.worker_env import CLOSE_TIMEOUT_S, WorkerVecEnv

START_TIMEOUT_S = 120
"""How long a cluster gets to make room for the workers and to start them."""

ALONE = RayConfig()
"""No cluster: a Ray of our own, or the one that this process is on already."""


class RayVecEnv(WorkerVecEnv):
    """N Gymnasium environments in W Ray actors.

    Args:
        factory: makes each environment; it travels to the workers.
        num_envs: N.
        num_workers: W; where None as many as the machine has processors or the cluster has free ones, but no
            more than environments.
        seed: of the run.
        role: one of `tasks.seeding.ROLES`.
        cluster: which to join, and where on it to put the workers.

    Attributes:
        nodes: the id of the node that each worker is on.
    """

    nodes: tuple[str, ...] = ()
    _actors: tuple[Any, ...] = ()

    def __init__(
        self,
        factory: EnvFactory,
        num_envs: int,
        num_workers: int | None = None,
        *,
        seed: int,
        role: str = "train",
        cluster: RayConfig = ALONE,
    ) -> None:
        self._cluster = cluster
        if cluster.address is not None:
            join_ray(cluster.address)
            if num_workers is None:
                num_workers = min(num_envs, max(1, _cpus(ray.available_resources)))
        super().__init__(factory, num_envs, num_workers, seed=seed, role=role)

    def _start(self, factory: EnvFactory, slices: Sequence[range], seed: int, role: str) -> None:
        packed = pack(factory)
        if self._cluster.address is None:
            ensure_ray()
        self._place(factory.name, len(slices))
        here = ray.get_runtime_context().get_node_id()
        code = None if set(self.nodes) == {here} else ray.put(carried_code())
        replies = []
        for actor, node, rows in zip(self._actors, self.nodes, slices, strict=True):
            told = actor.look_in.remote(list(sys.path)) if node == here else actor.unpack.remote(code)
            replies.append((told, actor.make.remote(packed, rows, seed, role)))
        failures = [_failure_of(told) or _failure_of(made) for told, made in replies]
        for actor, node, failure in zip(self._actors, self.nodes, failures, strict=True):
            if failure is not None:
                raise _explain(factory.name, actor, node, failure) from failure
        # A call that nobody refers to is cancelled.
        self._serving: list[Any] = []
        for actor, node, rows in zip(self._actors, self.nodes, slices, strict=True):
            is_here = node == here
            self._channels.append(
                self._socket_to(actor, factory.name, rows)
                if is_here
                else RayChannel(actor, factory.name, rows, node)
            )

    def _place(self, name: str, count: int) -> None:
        """Starts the actors and waits until each is on a node."""
        cloudpickle.register_pickle_by_value(ray_worker)
        is_joined = self._cluster.address is not None
        if is_joined and count > (there := _cpus(ray.cluster_resources)):
            raise ClusterError(
                f"num_workers={count}: the cluster has {there} CPUs, and each worker takes one",
                f"use num_workers={there} or fewer, or add nodes",
            )
        place = _SCHEDULING[self._cluster.placement or "pack"]()
        actor_class = ray.remote(num_cpus=int(is_joined), scheduling_strategy=place)(ray_worker.RowsActor)
        self._actors = tuple(actor_class.remote() for _ in range(count))
        nodes = [actor.node.remote() for actor in self._actors]
        ready, late = ray.wait(nodes, num_returns=count, timeout=START_TIMEOUT_S)
        if late:
            raise ClusterError(
                f"{name}: Ray started {len(ready)} of {count} workers in {START_TIMEOUT_S} s",
                "its CPUs are taken: wait until they are free, or use fewer workers",
            )
        try:
            self.nodes = tuple(ray.get(nodes))
        except RayError as cause:
            raise _not_started(name, cause) from cause

    def _socket_to(self, actor: Any, name: str, rows: range) -> Channel:
        try:
            address, key = ray.get(actor.listen.remote())
            self._serving.append(actor.serve.remote())
            return Channel(Client(address, authkey=key), name, rows)
        except (RayError, OSError, EOFError) as cause:
            problem = f"{name}: a Ray worker does not answer: {type(cause).__name__}: {cause}"
            raise ClusterError(problem, "start again, or use vec_env=sync") from cause

    def _share(self, info: dict[str, Any], slices: Sequence[range]) -> None:
        super()._share(info, slices)
        for channel, part in zip(self._channels, self._parts, strict=True):
            if isinstance(channel, RayChannel):
                channel.share(part)

    def _stop(self) -> None:
        if not ray.is_initialized():
            return
        here = ray.get_runtime_context().get_node_id()
        placed = zip(self._actors, self.nodes, strict=False)  # no nodes yet where placing them failed
        leaving = [actor.leave.remote() for actor, node in placed if node != here]
        if leaving:
            ray.wait(leaving, num_returns=len(leaving), timeout=CLOSE_TIMEOUT_S)
        for actor in self._actors:
            ray.kill(actor)


def _here_first() -> NodeAffinitySchedulingStrategy:
    here = ray.get_runtime_context().get_node_id()
    return NodeAffinitySchedulingStrategy(here, soft=True, _spill_on_unavailable=True)


_SCHEDULING: dict[str, Callable[[], Any]] = {"pack": _here_first, "spread": lambda: "SPREAD"}
"""What Ray is told about where to put a worker, by `ray.placement`."""


def _cpus(resources: Callable[[], dict[str, float]]) -> int:
    return int(resources().get("CPU", 0))


def _failure_of(reply: Any) -> RayError | None:
    """What went wrong with a reply; None where nothing did. Ray prints an error that nobody fetched."""
    try:
        ray.get(reply)
    except RayError as failure:
        return failure
    return None


def _explain(name: str, actor: Any, node: str, failure: RayError) -> RlgxError:
    """Why a worker could not make its environments."""
    if not isinstance(failure, RayTaskError):
        return _not_started(name, failure)
    is_elsewhere = node != ray.get_runtime_context().get_node_id()
    module = ray.get(actor.lacking.remote()) if is_elsewhere else None
    if module is not None:
        return ClusterError(f"{name}: {node_in_words(node)} has no module {module}", _bring(module))
    return failure.cause if isinstance(failure.cause, RlgxError) else _not_started(name, failure.cause)


def _not_started(name: str, cause: BaseException) -> ClusterError:
    problem = f"{name}: a Ray worker did not start: {type(cause).__name__}: {cause}"
    return ClusterError(problem, "start again, or use vec_env=sync")


def _bring(module: str) -> str:
    """How to give a node a module that is installed here."""
    packages = importlib.metadata.packages_distributions().get(module.partition(".")[0], [])
    wanted = " ".join(f"{package}=={importlib.metadata.version(package)}" for package in packages)
    return f"pip install {wanted} there" if wanted else "install it there, or import it here beforehand"
