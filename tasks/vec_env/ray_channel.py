"""Requests to rows on another node, each one call of Ray's to their actor. Starts and ends no actor."""

from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError

from cfg.errors import ClusterError
from tasks.vec_env.channel import ENDED, MEND_DEATH, MEND_HANG, STEPPED, Patience
from tasks.vec_env.exchange import StepArrays, write
from tasks.vec_env.losses import WorkerLost
from tasks.vec_env.ray_head import is_alive
from tasks.vec_env.signals import Bells
from tasks.vec_env.transition import FirstObservation, Transition

_A_MOMENT_S = 1.0


class NodeLost(WorkerLost):
    """A worker that went with its node."""

    exit_code = ClusterError.exit_code

    def because(self, why: str) -> WorkerLost:
        """The same: a process that went with its node has nothing to add."""
        return self


class RayChannel:
    """What `tasks.vec_env.channel.Channel` is on one machine, between two.

    A batch of actions goes there and its transition comes back; both are written into the same arrays that
    workers of this node share, so what reads these knows no difference.

    Args:
        actor: handle of a `tasks.vec_env.ray_worker.RowsActor`.
        name: of the environment.
        rows: global positions of the rows at the other end.
        node: the id of its node.
        patience: with the other end. What it does is not seen from here, so a step may take as long as a step
            and a reset together.
    """

    def __init__(self, actor: Any, name: str, rows: range, node: str, patience: Patience) -> None:
        self._actor = actor
        self._patience_s = sum(patience)
        self._name = name
        self._node = node
        self._arrays: StepArrays | None = None
        self._reply: Any = None
        self.rows = rows
        self.pid: int | None = None
        self.bells: Bells | None = None

    def share(self, arrays: StepArrays, path: str, num_envs: int) -> None:
        """Keeps the driver's views of these rows: where actions are read and results written."""
        self._arrays = arrays
        self.ask("attach", path, num_envs)

    def ask(self, request: str, *arguments: Any) -> None:
        """Sends a request; the answer is to be read before the next."""
        self._reply = self._actor.answer.remote(request, arguments)

    def ask_step(self) -> None:
        """Asks for a step with the actions in the arrays; Ray has copied them when this returns."""
        assert self._arrays is not None, "share comes first"
        self.ask("step", self._arrays.actions)

    def expect_step(self) -> None:
        """Nothing: what the other end does is not seen from here."""

    def answer(self) -> Any:
        """The answer to the last request; an error at the other end, or its loss, is given, not raised."""
        return self._answer(self._patience_s)

    def answer_now(self) -> Any:
        """None: to ask Ray takes longer than most steps."""

    def answer_late(self) -> Any:
        """The same, asked once another worker turned out to hang."""
        return self._answer(_A_MOMENT_S)

    def ask_close(self) -> None:
        """Nothing: the actor is told to leave by whoever started it, together with the others."""

    def close(self, timeout_s: float) -> None:
        """Nothing: the actor is told to leave by whoever started it, together with the others."""

    def _answer(self, timeout_s: float) -> Any:
        try:
            answer = ray.get(self._reply, timeout=timeout_s)
        except GetTimeoutError:
            problem = f"the worker of {self._place()} has said nothing for {self._patience_s:g} s"
            return WorkerLost(f"{self._name}: {problem}", MEND_HANG, is_hung=True)
        except RayError:
            return self._loss()
        finally:
            self._reply = None
        return self._kept(answer)

    def _kept(self, answer: Any) -> Any:
        """An answer as a worker that shares the arrays would give it."""
        if isinstance(answer, FirstObservation):
            assert self._arrays is not None, "share comes first"
            write(self._arrays.obs, answer.obs)
        if isinstance(answer, Transition):
            assert self._arrays is not None, "share comes first"
            self._arrays.write(answer)
            if answer.says_more:
                return answer
            return STEPPED if answer.final_observation is None else ENDED
        return answer

    def _loss(self) -> WorkerLost:
        if is_alive(self._node):
            return WorkerLost(f"{self._name}: the worker of {self._place()} died", MEND_DEATH)
        problem = f"{self._name}: the node of {self._place()} was lost"
        return NodeLost(problem, "bring it back, and go on with --resume")

    def _place(self) -> str:
        return f"rows {self.rows[0]} to {self.rows[-1]} on {node_in_words(self._node)}"


def node_in_words(node: str) -> str:
    """A node's id as far as it is needed, and the machine it is on."""
    addresses = {each["NodeID"]: each["NodeManagerAddress"] for each in ray.nodes()}
    return f"node {node[:8]} ({addresses.get(node, 'gone')})"
