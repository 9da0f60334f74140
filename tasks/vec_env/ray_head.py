"""Whether Ray itself is still there: its head, and room for actors. Knows no environment.

A process that has joined a Ray is ended by it, with exit code 1 and no checkpoint, once the head has not
answered for 60 s; and no step of a worker on this node goes through Ray, so nobody would notice before that.
"""

import socket
import time
from collections.abc import Sequence
from threading import Event, Thread
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError

from cfg.errors import ClusterError

START_TIMEOUT_S = 120
"""How long a cluster gets to make room for the workers and to start them."""

PERIOD_S = 3.0
ATTEMPTS = 4
"""A head that does not answer so often, one attempt after the other, is lost: within 12 to 24 s."""


class HeadWatch:
    """Looks for the head every few seconds, in a thread of its own.

    Attributes:
        is_lost: whether it is gone.
        address: host:port of it.
    """

    def __init__(self) -> None:
        self.is_lost = False
        self.address: str = ray.get_runtime_context().gcs_address
        self._is_over = Event()
        Thread(target=self._watch, name="ray-head", daemon=True).start()

    def require(self) -> None:
        """Raises ClusterError where the head is lost."""
        if self.is_lost:
            raise ClusterError(
                f"the head of Ray at {self.address} is gone", "start it again, and go on with --resume"
            )

    def close(self) -> None:
        """Watches no more."""
        self._is_over.set()

    def _watch(self) -> None:
        failures = 0
        while not self._is_over.wait(PERIOD_S):
            failures = 0 if _listens(self.address) else failures + 1
            if failures == ATTEMPTS:
                self.is_lost = True
                return


def place_actors(name: str, actors: Sequence[Any], here: str) -> list[str]:
    """The id of the node that each actor is on, once all are. Raises ClusterError where there is no room."""
    replies = [actor.node.remote() for actor in actors]
    deadline = time.monotonic() + START_TIMEOUT_S
    ready: list[Any] = []
    while len(ready) < len(replies) and time.monotonic() < deadline:
        ready, late = ray.wait(replies, num_returns=len(replies), timeout=PERIOD_S)
        if late and not is_alive(here):
            raise ClusterError(f"{name}: this machine's node of Ray is gone", "start again with --resume")
    if len(ready) < len(replies):
        free, there = (int(of.get("CPU", 0)) for of in (ray.available_resources(), ray.cluster_resources()))
        raise ClusterError(
            f"{name}: Ray started {len(ready)} of {len(replies)} workers in {START_TIMEOUT_S} s; {free} of "
            f"its {there} CPUs are free",
            "wait until they are free, or use fewer workers",
        )
    try:
        return [str(node) for node in ray.get(replies, timeout=PERIOD_S)]
    except (RayError, GetTimeoutError) as cause:
        problem = f"{name}: a Ray worker did not start: {type(cause).__name__}: {cause}"
        raise ClusterError(problem, "start again, or use vec_env=sync") from cause


def is_alive(node: str) -> bool:
    """Whether Ray knows a node of this id that is there."""
    return any(each["NodeID"] == node and each["Alive"] for each in ray.nodes())


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), PERIOD_S).close()
    except OSError:
        return False
    return True
