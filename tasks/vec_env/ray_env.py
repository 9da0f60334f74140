"""Environments in Ray actors, several in each: one message there and one back per actor and step."""

import pickle
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import ray
from ray import cloudpickle
from ray.exceptions import RayActorError, RayError, RayTaskError

from cfg.errors import ClusterError, EnvFault, RlgxError
from tasks.arrays import Array
from tasks.factory import EnvFactory
from tasks.vec_env import ray_worker
from tasks.vec_env.base import VecEnv
from tasks.vec_env.ray_init import ensure_ray
from tasks.vec_env.slices import split_rows
from tasks.vec_env.transition import FirstObservation, Transition, join_firsts, join_transitions

CLOSE_TIMEOUT_S = 2.0
"""How long environments get to close before their process is killed."""


class RayVecEnv(VecEnv):
    """N Gymnasium environments in W Ray actors of this machine.

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
        self._slices = split_rows(num_envs, num_workers)
        self._factory_name = factory.name
        ensure_ray()
        cloudpickle.register_pickle_by_value(ray_worker)
        actor_class = ray.remote(num_cpus=0)(ray_worker.RowsActor)
        self._actors: list[Any] = [actor_class.remote() for _ in self._slices]
        try:
            payload = cloudpickle.dumps(factory)
            infos = self._ask_each(
                lambda actor, rows: actor.start.remote(list(sys.path), payload, rows, seed, role)
            )
        except RlgxError:
            self._close()
            raise
        super().__init__(factory.name, num_envs, infos[0])

    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""
        self._ask_each(lambda actor, _: actor.seed.remote(seed))

    def has_action_masks(self) -> bool:
        """Whether the environments tell allowed actions."""
        return bool(self._gather([self._actors[0].has_masks.remote()])[0])

    def render(self) -> Any:
        """The frame of row 0; None without a render mode."""
        return self._gather([self._actors[0].render.remote()])[0]

    def _reset(self) -> FirstObservation:
        return join_firsts(self._ask_each(lambda actor, _: actor.reset.remote()))

    def _step(self, actions: Array) -> Transition:
        rows = np.atleast_1d(actions).reshape(self.num_envs, -1)
        replies = self._ask_each(
            lambda actor, part: actor.step.remote(pickle.dumps(rows[part.start : part.stop], protocol=5))
        )
        return join_transitions([pickle.loads(reply) for reply in replies])

    def _close(self) -> None:
        if not ray.is_initialized():
            return
        with suppress(RayError):
            closing = [actor.close.remote() for actor in self._actors]
            ray.wait(closing, num_returns=len(closing), timeout=CLOSE_TIMEOUT_S)
        for actor in self._actors:
            ray.kill(actor)

    def _ask_each(self, ask: Callable[[Any, range], Any]) -> list[Any]:
        return self._gather(
            [ask(actor, rows) for actor, rows in zip(self._actors, self._slices, strict=True)]
        )

    def _gather(self, replies: Sequence[Any]) -> list[Any]:
        """What the actors answered; of several failures, that of the lowest rows as an error of ours."""
        try:
            return ray.get(list(replies))
        except RayError:
            # All are looked at, since Ray prints an error that nobody fetched.
            failures = [
                (rows, _failure_of(reply)) for rows, reply in zip(self._slices, replies, strict=False)
            ]
        rows, failure = next((rows, failure) for rows, failure in failures if failure is not None)
        raise self._explain(rows, failure) from failure

    def _explain(self, rows: range, failure: RayError) -> RlgxError:
        if isinstance(failure, RayActorError):
            return EnvFault(
                f"{self._factory_name}: the Ray worker of rows {rows[0]} to {rows[-1]} died",
                "an environment ended its process, or the memory ran out: use fewer num_envs or num_workers",
            )
        cause = failure.cause if isinstance(failure, RayTaskError) else failure
        if isinstance(cause, RlgxError):
            return cause
        return ClusterError(
            f"{self._factory_name}: the Ray worker of rows {rows[0]} to {rows[-1]} failed: "
            f"{type(cause).__name__}: {cause}",
            "try vec_env=sync, which shows where",
        )


def _failure_of(reply: Any) -> RayError | None:
    """What went wrong with a reply that is there or will be soon; None where nothing did."""
    try:
        ray.get(reply)
    except RayError as failure:
        return failure
    return None
