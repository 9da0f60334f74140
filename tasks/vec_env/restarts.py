"""Workers that die or hang are started anew, with their rows. Steps nothing, starts and ends no process."""

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Client
from typing import Any

import numpy as np

from cfg.errors import ClusterError, EnvFault, RlgxError
from cfg.schema import FaultsConfig
from tasks.factory import EnvFactory
from tasks.vec_env.base import VecEnv
from tasks.vec_env.channel import MEND_DEATH, AnyChannel, Channel, Patience, without_errors
from tasks.vec_env.losses import PAUSES_S, Backoff, Loss, WorkerLost, rebuilding, tell
from tasks.vec_env.packing import pack
from tasks.vec_env.transition import FirstObservation


class RestartingVecEnv(VecEnv):
    """What a vector environment knows of its workers beyond how to step them."""

    def _prepare(
        self, factory: EnvFactory, slices: list[range], seed: int, role: str, faults: FaultsConfig
    ) -> None:
        """Takes what workers are started from, now and later."""
        self.name = factory.name
        self._slices = slices
        self._packed = pack(factory)
        self._seed, self._role, self._faults = seed, role, faults
        self._patience = Patience(faults.step_timeout_s, faults.reset_timeout_s)
        self._incarnations = np.zeros(slices[-1].stop, np.int64)
        self._backoff = Backoff()
        self._channels: list[AnyChannel] = []
        self._hosts: dict[range, Any] = {}  # by rows, what the subclass runs a worker in
        self._gone: list[tuple[Any, str]] = []  # those that have ended and that rows name still, and how

    @abstractmethod
    def _open(self, slices: Sequence[range]) -> list[AnyChannel | RlgxError]:
        """Starts a worker for each slice of rows, as `_start_words` tells; a channel to each, or why not."""

    @abstractmethod
    def _end_host(self, host: Any) -> str:
        """Ends a worker, whatever it does, and says how its process ended before."""

    @abstractmethod
    def _ask_anew(self, index: int, request: str) -> None:
        """Asks a worker, which is new, for "env_info", "attach" or "reset"."""

    def _end(self, rows: range) -> str:
        """Ends the worker of these rows, and with it the rows that it has taken over; says how it ended."""
        host = self._hosts.pop(rows, None)
        if host is None:
            return "never started"
        if not self._is_gone(host):
            self._gone.append((host, self._end_host(host)))
        why = next(said for each, said in self._gone if each is host)
        named = list(self._hosts.values())
        self._gone = [(each, said) for each, said in self._gone if any(each is one for one in named)]
        return why

    def _is_gone(self, host: Any) -> bool:
        return any(host is each for each, _ in self._gone)

    def _start_words(self, rows: range) -> tuple[Any, ...]:
        """What a worker makes its rows from: what `tasks.vec_env.rows.Rows` takes, the factory packed."""
        past = self._incarnations[rows.start : rows.stop].tolist()
        return self._packed, rows, self._seed, self._role, rebuilding(self._faults), past

    def _started(self) -> list[AnyChannel]:
        """The first workers; one that dies is started again, an environment that cannot be made is told."""
        opened = self._open(self._slices)
        for pause_s in PAUSES_S[1:]:
            lost = [index for index, one in enumerate(opened) if isinstance(one, WorkerLost)]
            if not lost or self._faults.mode == "fatal":
                break
            time.sleep(pause_s)
            again = self._reopened([self._slices[index] for index in lost])
            for index, one in zip(lost, again, strict=True):
                opened[index] = one
        for rows, one in zip(self._slices, opened, strict=True):
            if isinstance(one, WorkerLost):
                raise self._with_reason(one, rows)
        return without_errors(opened)

    def _reopened(self, slices: Sequence[range]) -> list[AnyChannel | RlgxError]:
        for rows in slices:
            self._let_go(rows)
            self._incarnations[rows.start : rows.stop] += 1
        if self._faults.mode == "ignore" and self._channels:
            return [self._taken_over(rows) for rows in slices]
        return self._open(slices)

    def _let_go(self, rows: range) -> None:
        """Ends the worker of these rows, or leaves it to others whose rows it steps as well."""
        host = self._hosts.get(rows)
        if any(each is host for other, each in self._hosts.items() if other != rows):
            del self._hosts[rows]
        else:
            self._end(rows)

    def _taken_over(self, rows: range) -> AnyChannel | RlgxError:
        """A channel to a worker that steps these rows beside its own from now on, or why there is none."""
        hosts = [self._hosts[each] for each in self._slices if each in self._hosts]
        takers = [
            index
            for index, each in enumerate(self._slices)
            if each in self._hosts
            and self._channels[index].pid is not None
            and not self._is_gone(self._hosts[each])
        ]
        answer: AnyChannel | RlgxError = EnvFault(
            f"{self.name}: no worker on this machine is left that could take over "
            f"rows {rows[0]} to {rows[-1]}",
            "mend the environment, or use faults.mode=restart",
        )
        for taker in sorted(takers, key=lambda index: hosts.count(self._hosts[self._slices[index]])):
            answer = self._asked_to_take(taker, rows)
            if not isinstance(answer, WorkerLost):
                break
        return answer

    def _asked_to_take(self, taker: int, rows: range) -> AnyChannel | RlgxError:
        """A channel to a worker for these rows beside its own; WorkerLost where it has died unnoticed."""
        known = self._channels[taker]
        known.ask("take_over")
        found = known.answer()
        if isinstance(found, RlgxError):
            return found
        address, key = found
        try:
            wire = Client(address, authkey=key)
        except (OSError, EOFError) as cause:
            return WorkerLost(f"{self.name}: a worker died while it took over rows: {cause}", MEND_DEATH)
        # The thread there cannot be ended, should it hang.
        channel = Channel(wire, self.name, rows, self._patience, known.pid, is_alone=False)
        channel.ask("start", *self._start_words(rows))
        answer = channel.answer()
        if isinstance(answer, RlgxError):
            channel.close(0.0)
            return answer
        self._hosts[rows] = self._hosts[self._slices[taker]]
        return channel

    def _other_spaces(self, rows: range) -> EnvFault:
        return EnvFault(
            f"{self.name}: the spaces of row {rows[0]} are not those of row 0",
            "give every environment of a task the same spaces",
        )

    def _losses_among(self, answers: Sequence[Any]) -> dict[int, WorkerLost]:
        """Which answers tell of a lost worker that may be replaced; raises the first other error."""
        lost: dict[int, WorkerLost] = {}
        for index, answer in enumerate(answers):
            if isinstance(answer, RlgxError):
                if not isinstance(answer, WorkerLost):
                    raise answer
                if self._faults.mode == "fatal":
                    raise self._with_reason(answer, self._slices[index])
                lost[index] = answer
        return lost

    def _restart(self, lost: Mapping[int, WorkerLost]) -> dict[int, FirstObservation]:
        """Starts lost workers anew and resets their rows.

        Raises EnvFault where there were too many restarts, and what failed last where it fails three times.
        """
        began = time.monotonic()
        told = {index: self._with_reason(loss, self._slices[index]) for index, loss in lost.items()}
        for fault in told.values():
            self._budget.claim(fault.problem)
        firsts: dict[int, FirstObservation] = {}
        last: RlgxError | None = None
        time.sleep(max(self._backoff.pause_s(index) for index in lost))
        for pause_s in PAUSES_S:
            time.sleep(pause_s)
            for index, answer in self._attempt([index for index in lost if index not in firsts]).items():
                if isinstance(answer, FirstObservation):
                    firsts[index] = answer
                else:
                    last = answer
            if len(firsts) == len(lost):
                break
        else:
            assert last is not None, lost
            raise last
        for index, fault in told.items():
            tell(Loss(tuple(self._slices[index]), fault.problem, time.monotonic() - began))
        return firsts

    def _attempt(self, indices: Sequence[int]) -> dict[int, FirstObservation | RlgxError]:
        """One attempt to have workers anew: their first observations, or why not."""
        answers: dict[int, Any] = {}
        try:
            opened = self._reopened([self._slices[index] for index in indices])
        except ClusterError as error:
            return dict.fromkeys(indices, error)
        for index, one in zip(indices, opened, strict=True):
            if isinstance(one, RlgxError):
                answers[index] = one
            else:
                self._channels[index].close(0.0)
                self._channels[index] = one
        for request in ("env_info", "attach", "reset"):
            alive = [index for index in indices if not isinstance(answers.get(index), RlgxError)]
            for index in alive:
                self._ask_anew(index, request)
            for index in alive:
                answers[index] = self._channels[index].answer()
                if isinstance(answers[index], RlgxError):
                    continue
                if request == "env_info" and answers[index] != self._env_info:
                    answers[index] = self._other_spaces(self._slices[index])
        return answers

    def _with_reason(self, lost: WorkerLost, rows: range) -> WorkerLost:
        """The same loss, with how the process ended that has to be gone now."""
        return lost.because(self._end(rows))
