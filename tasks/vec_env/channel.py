"""Requests to rows in another process, one message there and one back. Knows no host of processes.

A round of Ray's own calls to two actors on two processors takes a millisecond, as long as 200 steps of
CartPole. A Unix socket takes a fraction of that, and tells at once when the process at its other end dies.
What every step exchanges lies in memory that both share.
"""

import os
import pickle
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, Protocol

from cfg.errors import EnvFault, RlgxError
from tasks.vec_env.exchange import StepArrays
from tasks.vec_env.losses import WorkerLost
from tasks.vec_env.signals import KEEPS_ORDER, Bells
from tasks.vec_env.wire import Wire

STEP = b"s"
"""The signal that asks for a step."""

STEPPED = b"s"
"""The answer where the shared arrays say everything and no row is done."""

ENDED = b"e"
"""The answer where the shared arrays say everything and a row is done."""

MEND_HANG = "an environment hangs: try it alone with vec_env=sync num_envs=1"
MEND_DEATH = "an environment ended its process, or the memory ran out: use fewer num_envs or num_workers"


class Patience(NamedTuple):
    """For how many seconds a worker may say nothing: at a step of its rows, at a reset of each."""

    step_s: float = 60.0
    reset_s: float = 300.0


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
                request, arguments = ("step", ()) if message == STEP else pickle.loads(message)  # noqa: S301
                try:  # as in `answer_of`, whose call a step is spared
                    answer = self._step() if message == STEP else self._requests[request](*arguments)
                except Exception as cause:  # noqa: BLE001  # it is raised in the process that asked
                    answer = _as_answer(self._name, request, cause)
                if answer.__class__ is bytes:
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
    except Exception as cause:  # noqa: BLE001  # it is raised in the process that asked
        return _as_answer(name, request, cause)


def _as_answer(name: str, request: str, cause: Exception) -> RlgxError:
    if isinstance(cause, RlgxError):
        return cause
    return EnvFault(
        f"{name}: {request} failed: {type(cause).__name__}: {cause}", "try vec_env=sync, which shows where"
    )


class AnyChannel(Protocol):
    """What a driver asks of rows in another process: `Channel`, or one that reaches further.

    Nothing here raises: an error at the other end, or its loss, is the answer.
    """

    rows: range
    pid: int | None  # of the process at the other end; None where it is on another machine
    bells: Bells | None  # what it rings once it shares arrays; None where it answers by other ways

    def share(self, arrays: StepArrays, path: str, num_envs: int) -> None:
        """Asks the other end to attach to the arrays of `num_envs` rows; these are the driver's own views."""

    def ask(self, request: str, *arguments: Any) -> None:
        """Sends a request; the answer is to be read before the next."""

    def ask_step(self) -> None:
        """Asks for a step with the actions in the shared arrays."""

    def expect_step(self) -> None:
        """What is answered next is a step, whoever has asked for it: it may take as long as one."""

    def answer(self) -> Any:
        """The answer to the last request, in the arrays what they hold."""

    def answer_now(self) -> Any:
        """The same where it has come already; None where it has not, or where nobody knows."""

    def ask_close(self) -> None:
        """Asks the other end to close, whatever it does."""

    def answer_late(self) -> Any:
        """The same where another worker was just waited for in vain, for as long as this one has had."""

    def close(self, timeout_s: float) -> None:
        """Lets go of the other end, which was asked to close and gets some time for it."""


class Channel:
    """The end that asks.

    Args:
        connection: to a process that runs a `Server`.
        name: of the environment.
        rows: global positions of the rows at the other end.
        patience: with the other end.
        pid: of the process there; None where it is not known.
        is_alone: whether nobody who had these rows before and hung may still be there.
    """

    def __init__(
        self,
        connection: Connection,
        name: str,
        rows: range,
        patience: Patience = Patience(),  # noqa: B008
        pid: int | None = None,
        is_alone: bool = True,
    ) -> None:
        self._wire = Wire(connection, stays_awake=leaves_turns_to(pid))
        # Who hung might ring when others have its rows.
        self._may_ring = KEEPS_ORDER and self._wire.stays_awake and is_alone
        self._name = name
        self._patience = patience
        self._first_look_s = min(patience)
        self._wire.limit_waiting(self._first_look_s)
        self._limit_s = patience.reset_s
        self._arrays: StepArrays | None = None
        self.rows = rows
        self.pid = pid
        self.bells: Bells | None = None

    def share(self, arrays: StepArrays, path: str, num_envs: int) -> None:
        """Asks the other end to attach to the arrays of `num_envs` rows; these are the driver's own views."""
        self._arrays = arrays
        arrays.bells[0] = 0
        self.ask("attach", path, num_envs, self._may_ring)
        if self._may_ring:
            self.bells = self._wire.ring_bells(arrays.bells[0], is_driver=True)

    def ask(self, request: str, *arguments: Any) -> None:
        """Sends a request; the answer is to be read before the next."""
        # To start is to make each environment. How far resets have come is seen, once memory is shared.
        self._limit_s = self._patience.reset_s * (len(self.rows) if request == "start" else 1)
        with suppress(OSError):  # that it is gone is told by its answer
            self._wire.send(pickle.dumps((request, arguments), protocol=5))

    def ask_step(self) -> None:
        """Asks for a step with the actions in the shared arrays."""
        self.expect_step()
        with suppress(OSError):  # that it is gone is told by its answer
            self._wire.signal(STEP)

    def expect_step(self) -> None:
        """What is answered next is a step: it may take as long as one."""
        self._limit_s = self._patience.step_s

    def answer(self) -> Any:
        """The answer to the last request; an error at the other end, or its loss, is given, not raised."""
        try:
            return _read(self._wire.receive())
        except BlockingIOError:
            return self.answer_late()
        except (EOFError, OSError):
            return self._death()

    def answer_now(self) -> Any:
        """The same where it has come already; None where it has not."""
        try:
            message = self._wire.receive_now()
        except BlockingIOError:  # it rang, and stopped before its message
            return None
        except (EOFError, OSError):
            return self._death()
        return None if message is None else _read(message)

    def ask_close(self) -> None:
        """Asks the other end to close, whatever it does."""
        self.ask("close")

    def answer_late(self) -> Any:
        """The same where the shortest limit has passed: the other end has the rest of what it may take.

        At a reset the time counts anew for each environment, so a worker with many is not taken to hang.
        """
        waited_s, seen = self._first_look_s, self._resets()
        try:
            while (left_s := self._limit_in_force(seen) - waited_s) > 0:
                self._wire.limit_waiting(min(left_s, self._first_look_s))
                try:
                    return _read(self._wire.receive())
                except BlockingIOError:
                    waited_s += min(left_s, self._first_look_s)
                if (now := self._resets()) != seen:
                    waited_s, seen = 0.0, now
            self._wire.limit_waiting(0)
            with suppress(BlockingIOError):
                return _read(self._wire.receive())
            return self._silence(self._limit_in_force(seen))
        except (EOFError, OSError):
            return self._death()
        finally:
            with suppress(OSError):  # closed
                self._wire.limit_waiting(self._first_look_s)

    def close(self, timeout_s: float) -> None:
        """Lets go of the other end, which was asked to close and gets some time for it."""
        try:
            self._wire.limit_waiting(timeout_s)
            self._wire.receive()
        except (EOFError, OSError):
            pass
        finally:
            self._give_up()

    def _resets(self) -> int:
        """How many resets the other end has begun and ended: odd within one."""
        return 0 if self._arrays is None else int(self._arrays.resets[0])

    def _limit_in_force(self, resets: int) -> float:
        return self._patience.reset_s if resets % 2 else self._limit_s

    def _silence(self, seconds: float) -> WorkerLost:
        self._give_up()
        return WorkerLost(f"{self._who()} has said nothing for {seconds:g} s", MEND_HANG, is_hung=True)

    def _death(self) -> WorkerLost:
        self._give_up()
        return WorkerLost(f"{self._who()} died", MEND_DEATH)

    def _give_up(self) -> None:
        """What it says after all, or the rest of what it said, is no answer to what it is asked next."""
        self.bells = None
        self._wire.close()

    def _who(self) -> str:
        return f"{self._name}: the worker of rows {self.rows[0]} to {self.rows[-1]}"


def ask_all(channels: Sequence[AnyChannel], request: str, *arguments: Any) -> list[Any]:
    """Asks all the same at once and collects the answers."""
    for channel in channels:
        channel.ask(request, *arguments)
    return collect(channels)


def collect(channels: Iterable[AnyChannel]) -> list[Any]:
    """All answers, so that no channel is left with one; of several errors the first is raised."""
    return without_errors([channel.answer() for channel in channels])


def without_errors(answers: list[Any]) -> list[Any]:
    """The same answers; raises the first that is an error."""
    for answer in answers:
        if isinstance(answer, RlgxError):
            raise answer
    return answers


def leaves_turns_to(pid: int | None) -> bool:
    """Whether a process gets the processor where this one yields it.

    One of less priority would starve, and so would one of another session: Linux shares processors out to
    sessions first (sched_autogroup), and who yields does so within its own. Those of a Ray that somebody
    else has started are both.
    """
    if sys.platform != "linux" or pid is None:
        return False
    try:
        is_beside = os.getsid(pid) == os.getsid(0)
        return is_beside and os.getpriority(os.PRIO_PROCESS, pid) <= os.getpriority(os.PRIO_PROCESS, 0)
    except OSError:  # it is gone
        return False


def _read(message: bytes) -> Any:
    return message if len(message) == 1 else pickle.loads(message)  # noqa: S301  # a worker of ours
