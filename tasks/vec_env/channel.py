"""Requests to rows in another process, one message there and one back. Knows no host of processes.

A round of Ray's own calls to two actors on two processors takes a millisecond, as long as 200 steps of
CartPole. A Unix socket takes a fraction of that, and tells at once when the process at its other end dies.
What every step exchanges lies in memory that both share.
"""

import pickle
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Protocol

from cfg.errors import EnvFault, RlgxError
from tasks.vec_env.wire import Wire

STEP = b"s"
"""The signal that asks for a step."""

STEPPED = b"s"
"""The answer where the shared arrays say everything and no row is done."""

ENDED = b"e"
"""The answer where the shared arrays say everything and a row is done."""

ANSWER_TIMEOUT_S = 300
"""Longer than any reset should take; a worker that says nothing for so long hangs."""

Requests = dict[str, Callable[..., Any]]


class Server:
    """The end that answers, in the worker's process.

    Args:
        wire: to the driver.
        name: of what is served, for messages.
        requests: what may be asked, by name; "close" is the last.
        step: makes a step and gives `STEPPED`, `ENDED` or anything to be pickled.
    """

    def __init__(self, wire: Wire, name: str, requests: Requests, step: Callable[[], bytes | Any]) -> None:
        self._wire = wire
        self._name = name
        self._requests = requests
        self._step = step

    def serve(self) -> None:
        """Answers requests until asked to close, or until the process that asks is gone."""
        try:
            request = ""
            while request != "close":
                message = self._wire.receive()
                if message == STEP:
                    answer = answer_of(self._name, "step", self._step, ())
                else:
                    request, arguments = pickle.loads(message)  # noqa: S301  # the driver's
                    answer = answer_of(self._name, request, self._requests[request], arguments)
                if isinstance(answer, bytes):
                    self._wire.signal(answer)
                else:
                    self._wire.send(pickle.dumps(answer, protocol=5))
        except (EOFError, OSError):
            self._requests["close"]()
        finally:
            self._wire.close()


def answer_of(name: str, request: str, call: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """What a call gives to a request; an error of ours is an answer too."""
    try:
        return call(*arguments)
    except RlgxError as error:
        return error
    except Exception as cause:  # noqa: BLE001  # it is raised in the process that asked
        return EnvFault(
            f"{name}: {request} failed: {type(cause).__name__}: {cause}",
            "try vec_env=sync, which shows where",
        )


class AnyChannel(Protocol):
    """What a driver asks of rows in another process: `Channel`, or one that reaches further."""

    rows: range

    def ask(self, request: str, *arguments: Any) -> None:
        """Sends a request; the answer is to be read before the next."""

    def ask_step(self) -> None:
        """Asks for a step with the actions in the shared arrays."""

    def answer(self) -> Any:
        """The answer to the last request, in the arrays what they hold; an error is given, not raised."""

    def answer_now(self) -> Any:
        """The same where it has come already; None where it has not, or where nobody knows."""

    def ask_close(self) -> None:
        """Asks the other end to close, whatever it does."""

    def close(self, timeout_s: float) -> None:
        """Lets go of the other end, which was asked to close and gets some time for it."""


class Channel:
    """The end that asks.

    Args:
        connection: to a process that runs a `Server`.
        name: of the environment.
        rows: global positions of the rows at the other end.
    """

    def __init__(self, connection: Connection, name: str, rows: range) -> None:
        self._wire = Wire(connection)
        self._wire.limit_waiting(ANSWER_TIMEOUT_S)
        self._name = name
        self.rows = rows

    def ask(self, request: str, *arguments: Any) -> None:
        """Sends a request; the answer is to be read before the next."""
        try:
            self._wire.send(pickle.dumps((request, arguments), protocol=5))
        except OSError as cause:
            raise self._death() from cause

    def ask_step(self) -> None:
        """Asks for a step with the actions in the shared arrays."""
        try:
            self._wire.signal(STEP)
        except OSError as cause:
            raise self._death() from cause

    def answer(self) -> Any:
        """The answer to the last request; an error at the other end is given, not raised."""
        try:
            return _read(self._wire.receive())
        except BlockingIOError:
            return EnvFault(
                f"{self._name}: the worker of rows {self.rows[0]} to {self.rows[-1]} has said nothing for "
                f"{ANSWER_TIMEOUT_S} s",
                "an environment hangs: try it alone with vec_env=sync num_envs=1",
            )
        except (EOFError, OSError):
            return self._death()

    def answer_now(self) -> Any:
        """The same where it has come already; None where it has not."""
        try:
            message = self._wire.receive_now()
        except (EOFError, OSError):
            return self._death()
        return None if message is None else _read(message)

    def ask_close(self) -> None:
        """Asks the other end to close, whatever it does."""
        with suppress(EnvFault):
            self.ask("close")

    def close(self, timeout_s: float) -> None:
        """Lets go of the other end, which was asked to close and gets some time for it."""
        try:
            self._wire.limit_waiting(timeout_s)
            self._wire.receive()
        except (EOFError, OSError):
            pass
        finally:
            self._wire.close()

    def _death(self) -> EnvFault:
        return EnvFault(
            f"{self._name}: the worker of rows {self.rows[0]} to {self.rows[-1]} died",
            "an environment ended its process, or the memory ran out: use fewer num_envs or num_workers",
        )


def ask_all(channels: Sequence[AnyChannel], request: str, *arguments: Any) -> list[Any]:
    """Asks all the same at once and collects the answers."""
    for channel in channels:
        channel.ask(request, *arguments)
    return collect(channels)


def collect(channels: Iterable[AnyChannel]) -> list[Any]:
    """All answers, so that no channel is left with one; of several errors the first is raised."""
    return _without_errors([channel.answer() for channel in channels])


class StepAnswers:
    """Collects the answers to step after step, and waits first for the worker that came last before.

    A driver that is woken by each worker in turn takes the processor from one that still works. The slowest
    is most often the one on the driver's own processor, which nobody knows beforehand.
    """

    def __init__(self, channels: Sequence[AnyChannel]) -> None:
        self._channels = channels
        self._order = list(range(len(channels)))

    def collect(self) -> list[Any]:
        """As `collect`, in the order of the channels."""
        first, *others = self._order
        answers = {first: self._channels[first].answer()}
        late = None
        for index in others:
            answer = self._channels[index].answer_now()
            if answer is None:
                late, answer = index, self._channels[index].answer()
            answers[index] = answer
        if late is not None:
            self._order = [late, *(index for index in self._order if index != late)]
        return _without_errors([answers[index] for index in range(len(answers))])


def _without_errors(answers: list[Any]) -> list[Any]:
    for answer in answers:
        if isinstance(answer, RlgxError):
            raise answer
    return answers


def _read(message: bytes) -> Any:
    return message if len(message) == 1 else pickle.loads(message)  # noqa: S301  # a worker of ours
