"""Requests to rows on another node, each one call of Ray's to their actor. Starts and ends no actor."""

from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError

from cfg.errors import ClusterError, EnvFault, RlgxError
from tasks.vec_env.channel import ANSWER_TIMEOUT_S, ENDED, STEPPED
from tasks.vec_env.exchange import StepArrays, write
from tasks.vec_env.transition import FirstObservation, Transition


class RayChannel:
    """What `tasks.vec_env.channel.Channel` is on one machine, between two.

    A batch of actions goes there and its transition comes back; both are written into the same arrays that
    workers of this node share, so what reads these knows no difference.

    Args:
        actor: handle of a `tasks.vec_env.ray_worker.RowsActor`.
        name: of the environment.
        rows: global positions of the rows at the other end.
        node: the id of its node.
    """

    def __init__(self, actor: Any, name: str, rows: range, node: str) -> None:
        self._actor = actor
        self._name = name
        self._node = node
        self._arrays: StepArrays | None = None
        self._reply: Any = None
        self.rows = rows

    def share(self, arrays: StepArrays) -> None:
        """The driver's views of these rows: where actions are read and results written."""
        self._arrays = arrays

    def ask(self, request: str, *arguments: Any) -> None:
        """Sends a request; the answer is to be read before the next."""
        self._reply = self._actor.answer.remote(request, arguments)

    def ask_step(self) -> None:
        """Asks for a step with the actions in the arrays; Ray has copied them when this returns."""
        assert self._arrays is not None, "share comes first"
        self.ask("step", self._arrays.actions)

    def answer(self) -> Any:
        """The answer to the last request; an error at the other end is given, not raised."""
        try:
            answer = ray.get(self._reply, timeout=ANSWER_TIMEOUT_S)
        except GetTimeoutError:
            return EnvFault(
                f"{self._name}: the worker of {self._place()} has said nothing for {ANSWER_TIMEOUT_S} s",
                "an environment hangs: try it alone with vec_env=sync num_envs=1",
            )
        except RayError as cause:
            return self._loss(cause)
        finally:
            self._reply = None
        return self._kept(answer)

    def answer_now(self) -> Any:
        """None: to ask Ray takes longer than most steps."""

    def ask_close(self) -> None:
        """Nothing: the actor is told to leave by whoever started it, together with the others."""

    def close(self, timeout_s: float) -> None:
        """Nothing: the actor is told to leave by whoever started it, together with the others."""

    def _kept(self, answer: Any) -> Any:
        """An answer as a worker that shares the arrays would give it."""
        if isinstance(answer, FirstObservation):
            assert self._arrays is not None, "share comes first"
            write(self._arrays.obs, answer.obs)
        if isinstance(answer, Transition):
            assert self._arrays is not None, "share comes first"
            self._arrays.write(answer)
            said = answer.rewards or answer.metrics or answer.notes
            if said or answer.masks is not None:
                return answer
            return STEPPED if answer.final_observation is None else ENDED
        return answer

    def _loss(self, cause: RayError) -> RlgxError:
        if not _is_alive(self._node):
            return ClusterError(
                f"{self._name}: the node of {self._place()} was lost",
                "bring it back, and go on with --resume",
            )
        return EnvFault(
            f"{self._name}: the worker of {self._place()} died ({type(cause).__name__})",
            "an environment ended its process, or that node's memory ran out: see the logs of Ray there",
        )

    def _place(self) -> str:
        return f"rows {self.rows[0]} to {self.rows[-1]} on {node_in_words(self._node)}"


def node_in_words(node: str) -> str:
    """A node's id as far as it is needed, and the machine it is on."""
    addresses = {each["NodeID"]: each["NodeManagerAddress"] for each in ray.nodes()}
    return f"node {node[:8]} ({addresses.get(node, 'gone')})"


def _is_alive(node: str) -> bool:
    return any(each["NodeID"] == node and each["Alive"] for each in ray.nodes())
