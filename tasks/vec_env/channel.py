"""Requests to rows in another process, one message there and one back. Knows no host of processes.

A round of Ray's own calls to two actors on two processors takes a millisecond, as long as 200 steps of
CartPole. A Unix socket takes a fraction of that, and tells at once when the process at its other end dies.
"""

import pickle
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from cfg.errors import EnvFault, RlgxError
from tasks.vec_env.rows import Rows

REQUESTS: dict[str, Callable[..., Any]] = {
    "seed": Rows.seed,
    "reset": Rows.reset,
    "step": Rows.step,
    "has_masks": lambda rows: rows.has_masks,
    "render": Rows.render,
    "close": Rows.close,
}
"""What may be asked of the rows in another process."""


def serve(connection: Connection, rows: Rows) -> None:
    """Answers requests until asked to close, or until the process that asks is gone."""
    request = ""
    while request != "close":
        try:
            request, arguments = pickle.loads(connection.recv_bytes())  # noqa: S301  # the driver's
        except (EOFError, OSError):
            rows.close()
            return
        connection.send_bytes(pickle.dumps(_answer(rows, request, arguments), protocol=5))


def _answer(rows: Rows, request: str, arguments: Sequence[Any]) -> Any:
    """What the rows say; an error of ours is an answer too."""
    try:
        return REQUESTS[request](rows, *arguments)
    except RlgxError as error:
        return error
    except Exception as cause:  # noqa: BLE001  # it is raised in the process that asked
        return EnvFault(
            f"{rows.name}: {request} of rows {rows.rows[0]} to {rows.rows[-1]} failed: "
            f"{type(cause).__name__}: {cause}",
            "try vec_env=sync, which shows where",
        )


class Channel:
    """The end that asks.

    Args:
        connection: to a process that runs `serve`.
        name: of the environment.
        rows: global positions of the rows at the other end.
    """

    def __init__(self, connection: Connection, name: str, rows: range) -> None:
        self._connection = connection
        self._name = name
        self.rows = rows

    def ask(self, request: str, *arguments: Any) -> None:
        """Sends one of `REQUESTS`; the answer is to be read before the next."""
        try:
            self._connection.send_bytes(pickle.dumps((request, arguments), protocol=5))
        except OSError as cause:
            raise self._death() from cause

    def answer(self) -> Any:
        """The answer to the last request; an error of the rows is given, not raised."""
        try:
            return pickle.loads(self._connection.recv_bytes())  # noqa: S301  # a worker of ours
        except (EOFError, OSError):
            return self._death()

    def close(self, timeout_s: float) -> None:
        """Asks the rows to close and gives them some time."""
        try:
            self.ask("close")
            self._connection.poll(timeout_s)
        except (EnvFault, OSError):
            pass
        finally:
            self._connection.close()

    def _death(self) -> EnvFault:
        return EnvFault(
            f"{self._name}: the worker of rows {self.rows[0]} to {self.rows[-1]} died",
            "an environment ended its process, or the memory ran out: use fewer num_envs or num_workers",
        )


def ask_all(channels: Sequence[Channel], request: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Asks all at once and collects the answers; of several errors the one of the lowest rows is raised."""
    for channel, one in zip(channels, arguments, strict=True):
        channel.ask(request, *one)
    answers = [channel.answer() for channel in channels]
    for answer in answers:
        if isinstance(answer, RlgxError):
            raise answer
    return answers
