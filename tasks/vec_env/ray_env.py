"""Environments in Ray actors, several in each, here and on other nodes. Ray starts, watches and ends them.

No step on the driver's node goes through Ray; those on other nodes are one call for each worker.
"""

import importlib.metadata
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Client
from typing import Any

import ray
from ray import cloudpickle
from ray.exceptions import GetTimeoutError, RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cfg.errors import ClusterError, RlgxError
from cfg.schema import FATAL, FaultsConfig, RayConfig
from tasks.factory import EnvFactory
from tasks.vec_env import ray_worker
from tasks.vec_env.carried_code import carried_code
from tasks.vec_env.channel import MEND_DEATH, MEND_HANG, AnyChannel, Channel
from tasks.vec_env.losses import WorkerLost
from tasks.vec_env.ray_channel import RayChannel, node_in_words
from tasks.vec_env.ray_head import HeadWatch, place_actors
from tasks.vec_env.ray_init import ensure_ray
from tasks.vec_env.ray_join import join_ray
from tasks.vec_env.transition import FirstObservation
from tasks.vec_env.worker_env import CLOSE_TIMEOUT_S, WorkerVecEnv

ALONE = RayConfig()
"""No cluster: a Ray of our own, or the one that this process is on already."""

_DYING_S = 1.0
"""For how long Ray is asked why an actor died."""


@dataclass(frozen=True)
class _Host:
    """An actor, the id of its node, and the call in which it serves a socket, if it does."""

    actor: Any
    node: str
    serving: Any = None  # a call that nobody refers to is cancelled


class RayVecEnv(WorkerVecEnv):
    """N Gymnasium environments in W Ray actors.

    Args:
        factory: makes each environment; it travels to the workers.
        num_envs: N.
        num_workers: W; where None as many as the machine has processors or the cluster has free ones, but no
            more than environments.
        seed: of the run.
        role: one of `tasks.seeding.ROLES`.
        faults: what becomes of an environment or a worker that fails.
        cluster: which to join, and where on it to put the workers.
    """

    def __init__(  # noqa: PLR0913  # those after the * by name
        self,
        factory: EnvFactory,
        num_envs: int,
        num_workers: int | None = None,
        *,
        seed: int,
        role: str = "train",
        faults: FaultsConfig = FATAL,
        cluster: RayConfig = ALONE,
    ) -> None:
        self._cluster = cluster
        if cluster.address is None:
            ensure_ray()
        else:
            join_ray(cluster.address)
            if num_workers is None:
                num_workers = min(num_envs, max(1, _cpus(ray.available_resources)))
        self._here = ray.get_runtime_context().get_node_id()
        self._code: Any = None  # on its way to other nodes
        self._head = HeadWatch()
        super().__init__(factory, num_envs, num_workers, seed=seed, role=role, faults=faults)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The id of the node that each worker is on."""
        return tuple(self._hosts[rows].node for rows in self._slices)

    def _reset(self) -> FirstObservation:
        self._head.require()
        return super()._reset()

    def _look_around(self) -> float:
        self._head.require()
        return super()._look_around()

    def _open(self, slices: Sequence[range]) -> list[AnyChannel | RlgxError]:
        actors = self._placed(slices)
        if self._code is None and any(self._hosts[rows].node != self._here for rows in slices):
            self._code = ray.put(carried_code())
        replies = []
        for actor, rows in zip(actors, slices, strict=True):
            is_here = self._hosts[rows].node == self._here
            told = actor.look_in.remote(list(sys.path)) if is_here else actor.unpack.remote(self._code)
            replies.append((told, actor.make.remote(*self._start_words(rows))))
        return [self._made(rows, told, made) for rows, (told, made) in zip(slices, replies, strict=True)]

    def _placed(self, slices: Sequence[range]) -> list[Any]:
        """Starts an actor for each slice and waits until each is on a node."""
        cloudpickle.register_pickle_by_value(ray_worker)
        is_joined = self._cluster.address is not None
        there = _cpus(ray.cluster_resources) if is_joined else 0
        if is_joined and not self._channels and len(slices) > there:
            raise ClusterError(
                f"num_workers={len(slices)}: the cluster has {there} CPUs, and each worker takes one",
                f"use num_workers={there} or fewer, or add nodes",
            )
        # One that is started anew shares a CPU where its own went with a node.
        is_short = bool(self._channels) and _cpus(ray.available_resources) < len(slices)
        where = _SCHEDULING[self._cluster.placement or "pack"]()
        options = {"num_cpus": int(is_joined and not is_short), "scheduling_strategy": where}
        actors: list[Any] = [ray.remote(**options)(ray_worker.RowsActor).remote() for _ in slices]
        try:
            nodes = place_actors(self.name, actors, self._here)
        except ClusterError:
            for actor in actors:
                ray.kill(actor)
            raise
        for rows, actor, node in zip(slices, actors, nodes, strict=True):
            self._hosts[rows] = _Host(actor, node)
        return actors

    def _made(self, rows: range, told: Any, made: Any) -> AnyChannel | RlgxError:
        """A channel to an actor that is asked to make its environments, or why it could not."""
        host = self._hosts[rows]
        patience_s = self._patience.reset_s * len(rows)
        failure = _failure_of(told, patience_s) or _failure_of(made, patience_s)
        if isinstance(failure, GetTimeoutError):
            problem = f"{self.name}: the worker of rows {rows[0]} to {rows[-1]} has said nothing for"
            return WorkerLost(f"{problem} {patience_s:g} s", MEND_HANG, is_hung=True)
        if isinstance(failure, RayTaskError):
            return _explain(self.name, host, failure, host.node != self._here)
        if failure is not None:
            return WorkerLost(f"{self.name}: the worker of rows {rows[0]} to {rows[-1]} died", MEND_DEATH)
        if host.node != self._here:
            return RayChannel(host.actor, self.name, rows, host.node, self._patience)
        try:
            address, key, pid = ray.get(host.actor.listen.remote(), timeout=patience_s)
            self._hosts[rows] = _Host(host.actor, host.node, host.actor.serve.remote())
            # Ray does not wait for the end of whom it kills.
            is_first = not self._incarnations[rows.start : rows.stop].any()
            wire = Client(address, authkey=key)
            return Channel(wire, self.name, rows, self._patience, pid, is_alone=is_first)
        except (RayError, OSError, EOFError) as cause:
            problem = f"{self.name}: a Ray worker does not answer: {type(cause).__name__}: {cause}"
            return ClusterError(problem, "start again, or use vec_env=sync")

    def _end_host(self, host: Any) -> str:
        self._head.require()
        why = _reason(_failure_of(host.serving or host.actor.node.remote(), _DYING_S))
        ray.kill(host.actor)
        return why

    def _stop(self) -> None:
        self._head.close()
        if not ray.is_initialized() or self._head.is_lost:
            return
        with suppress(RayError, ValueError):
            leaving = [host.actor.leave.remote() for host in self._hosts.values() if host.node != self._here]
            if leaving:
                ray.wait(leaving, num_returns=len(leaving), timeout=CLOSE_TIMEOUT_S)
        for host in self._hosts.values():
            with suppress(RayError, ValueError):  # it is gone already
                ray.kill(host.actor)


def _here_first() -> NodeAffinitySchedulingStrategy:
    here = ray.get_runtime_context().get_node_id()
    return NodeAffinitySchedulingStrategy(here, soft=True, _spill_on_unavailable=True)


_SCHEDULING: dict[str, Callable[[], Any]] = {"pack": _here_first, "spread": lambda: "SPREAD"}
"""What Ray is told about where to put a worker, by `ray.placement`."""


def _cpus(resources: Callable[[], dict[str, float]]) -> int:
    return int(resources().get("CPU", 0))


def _failure_of(reply: Any, timeout_s: float) -> RayError | None:
    """What went wrong with a reply; None where nothing did. Ray prints an error that nobody fetched."""
    try:
        ray.get(reply, timeout=timeout_s)
    except RayError as failure:
        return failure
    return None


def _reason(failure: RayError | None) -> str:
    """How an actor ended, as far as Ray knows: of a process that was killed it sees that it is gone."""
    code = re.search(r"exit code \d+", str(failure or ""))
    return code[0] if code else "its process is gone"


def _explain(name: str, host: _Host, failure: RayTaskError, is_elsewhere: bool) -> RlgxError:
    """Why a worker could not make its environments."""
    module = ray.get(host.actor.lacking.remote()) if is_elsewhere else None
    if module is not None:
        return ClusterError(f"{name}: {node_in_words(host.node)} has no module {module}", _bring(module))
    cause = failure.cause
    if isinstance(cause, RlgxError):
        return cause
    problem = f"{name}: a Ray worker did not start: {type(cause).__name__}: {cause}"
    return ClusterError(problem, "start again, or use vec_env=sync")


def _bring(module: str) -> str:
    """How to give a node a module that is installed here."""
    packages = importlib.metadata.packages_distributions().get(module.partition(".")[0], [])
    wanted = " ".join(f"{package}=={importlib.metadata.version(package)}" for package in packages)
    return f"pip install {wanted} there" if wanted else "install it there, or import it here beforehand"
