"""Requests to what is served at the other end of a connection, here in a thread, not a process."""

import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from threading import Thread
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cfg.errors import EnvFault
from tasks.vec_env.channel import (
    STEPPED,
    Channel,
    Patience,
    Server,
    StepAnswers,
    ask_all,
    collect,
    leaves_turns_to,
    without_errors,
)
from tasks.vec_env.losses import WorkerLost
from tasks.vec_env.signals import CELLS, KEEPS_ORDER
from tasks.vec_env.wire import Wire

LEAST_PRIORITY = 19
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]

OPENED: list[Channel] = []
SHARED: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop()._wire.close()


def pair() -> tuple[Connection, Connection]:
    ours, theirs = socket.socketpair()
    return Connection(ours.detach()), Connection(theirs.detach())


def fall_off() -> Any:
    raise EnvFault("the robot fell off", "pick it up")


def attach(wire: Wire, path: str, num_envs: int, may_ring: bool) -> bool:
    if may_ring:
        wire.ring_bells(SHARED[path].bells[0], is_driver=False)
    return may_ring


RINGS = KEEPS_ORDER and sys.platform == "linux"


def share(channel: Channel) -> bool:
    """Shares arrays; whether signals go through them now. Raises what the other end says against it."""
    path = f"arrays {len(SHARED)}"
    bells = np.zeros((len(channel.rows), CELLS), np.int64)
    SHARED[path] = SimpleNamespace(bells=bells, resets=np.zeros(1, np.int64))
    channel.share(SHARED[path], path, len(channel.rows))
    (answer,) = collect([channel])
    assert answer is (channel.bells is not None)
    return bool(answer)


def served(
    rows: range,
    step: Callable[[], Any] = lambda: STEPPED,
    patience: Patience = Patience(),  # noqa: B008
    pid: int | None = None,
    **requests: Any,
) -> tuple[Channel, Thread]:
    """A channel to a thread that answers, and that rings once the channel shares arrays."""
    ours, theirs = pair()
    wire = Wire(theirs)
    answers = {"close": lambda: None, "attach": partial(attach, wire), **requests}
    server = Server(wire, "Toy", answers, step)

    def serve() -> None:
        server.serve()
        wire.close()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    channel = Channel(ours, "Toy", rows, patience, pid)
    OPENED.append(channel)
    return channel, thread


def test_an_answer_is_what_the_request_gives() -> None:
    channel, _ = served(range(2), double=lambda number: 2 * number)
    assert ask_all([channel], "double", 21) == [42]
    channel.ask_step()
    assert collect([channel]) == [STEPPED]
    channel.ask_close()
    channel.close(timeout_s=1)


def test_of_several_faults_the_one_of_the_lowest_rows_is_raised_and_the_channels_stay_in_step() -> None:
    channels = [served(range(row, row + 1), step=fall_off, name=lambda row=row: row)[0] for row in (4, 5)]
    for channel in channels:
        channel.ask_step()
    with pytest.raises(EnvFault, match="^the robot fell off -- pick it up$"):
        collect(channels)
    assert ask_all(channels, "name") == [4, 5]


def test_a_mistake_of_ours_in_a_worker_comes_back_as_a_fault() -> None:
    channel, _ = served(range(2), halve=lambda number: number / 2)
    with pytest.raises(EnvFault, match="^Toy: halve failed: TypeError: unsupported operand"):
        ask_all([channel], "halve", "left")


def test_the_death_of_a_worker_is_told_at_once() -> None:
    ours, theirs = pair()
    channel = Channel(ours, "Countdown", range(3, 5))
    theirs.close()
    with pytest.raises(EnvFault, match="Countdown: the worker of rows 3 to 4 died -- an environment ended"):
        ask_all([channel], "reset")
    channel.ask_close()
    channel.close(timeout_s=1)


def test_a_worker_that_hangs_is_told_after_the_time_limit_of_what_it_was_asked() -> None:
    patience = Patience(step_s=0.2, reset_s=0.6)
    for request, seconds in (("step", 0.2), ("reset", 0.6)):
        ours, theirs = pair()
        channel = Channel(ours, "Countdown", range(3, 5), patience)
        began = time.monotonic()
        if request == "step":
            channel.ask_step()
        else:
            channel.ask(request)
        lost = channel.answer()
        assert isinstance(lost, WorkerLost)
        assert lost.is_hung
        assert seconds <= time.monotonic() - began
        assert lost.problem == f"Countdown: the worker of rows 3 to 4 has said nothing for {seconds} s"
        # What it says after all is for nobody.
        with pytest.raises(WorkerLost, match="rows 3 to 4 died"):
            ask_all([channel], "seed", 1)
        theirs.close()
        channel.close(timeout_s=1)


def test_within_a_reset_each_environment_has_the_time_of_a_reset() -> None:
    """Four resets of 0.2 s in a step that may take 0.1 s, each allowed 0.3 s; then one that takes 2 s."""
    resets = np.zeros(1, np.int64)

    def step() -> Any:
        resets[0] = 1
        for pause_s in pauses_s:
            resets[0] += 2
            time.sleep(pause_s)
        resets[0] += 1
        return STEPPED

    channel, _ = served(range(4), step=step, patience=Patience(step_s=0.1, reset_s=0.3))
    channel._arrays = SimpleNamespace(resets=resets)
    pauses_s = [0.2] * 4
    channel.ask_step()
    assert channel.answer() == STEPPED
    pauses_s = [0.2, 2.0]
    channel.ask_step()
    assert isinstance(lost := channel.answer(), WorkerLost)
    assert "has said nothing for 0.3 s" in lost.problem


def test_a_message_that_stops_in_the_middle_is_the_end_of_the_channel() -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(Connection(ours.detach()), "Countdown", range(2), Patience(0.1, 0.1))
    theirs.sendall(b"m" + bytes(7))
    assert isinstance(lost := channel.answer(), WorkerLost)
    assert not lost.is_hung
    theirs.close()


def test_a_worker_stops_when_it_is_asked_to_or_left_alone() -> None:
    channel, thread = served(range(1))
    channel.ask_close()
    channel.close(timeout_s=5)
    thread.join(5.0)
    assert not thread.is_alive()
    abandoned, other = served(range(1))
    abandoned._wire.close()
    other.join(5.0)
    assert not other.is_alive()


@pytest.mark.parametrize("rings", [False, True])
def test_answers_to_steps_come_in_the_order_of_the_rows_whoever_is_the_last(rings: bool) -> None:
    pauses_s = [0.0, 0.1, 0.0]

    def stepping(row: int) -> Callable[[], Any]:
        def step() -> Any:
            time.sleep(pauses_s[row])
            return {"row": row}

        return step

    channels = [served(range(row, row + 1), step=stepping(row), pid=os.getpid())[0] for row in range(3)]
    assert not rings or [share(channel) for channel in channels] == 3 * [RINGS]
    answers = StepAnswers(channels)
    for slowest in (1, 2, 0):
        pauses_s[:] = [0.1 if row == slowest else 0.0 for row in range(3)]
        for channel in channels:
            channel.ask_step()
        assert answers.collect() == [{"row": 0}, {"row": 1}, {"row": 2}]
        assert answers._order[0] == slowest, "the next step waits for it first"
    pauses_s[:] = [0.0] * 3
    for _ in range(20):
        for channel in channels:
            channel.ask_step()
        assert answers.collect() == [{"row": 0}, {"row": 1}, {"row": 2}]
    for channel in channels:
        channel.ask_close()
        channel.close(timeout_s=1)


@pytest.mark.parametrize("rings", [False, True])
def test_of_several_faults_in_a_step_the_one_of_the_lowest_rows_is_raised_and_none_is_left(
    rings: bool,
) -> None:
    pid = os.getpid()
    channels = [served(range(row, row + 1), fall_off, pid=pid, name=lambda row=row: row)[0] for row in (4, 5)]
    assert not rings or [share(channel) for channel in channels] == 2 * [RINGS]
    answers = StepAnswers(channels)
    for _ in range(3):
        for channel in channels:
            channel.ask_step()
        with pytest.raises(EnvFault, match="^the robot fell off"):
            without_errors(answers.collect())
    assert ask_all(channels, "name") == [4, 5]


@pytest.mark.skipif(not RINGS, reason="nobody rings here")
def test_only_who_is_awake_and_alone_rings() -> None:
    ours, theirs = pair()
    with theirs:
        beside = Channel(ours, "Toy", range(2), pid=os.getpid(), is_alone=False)
        OPENED.append(beside)
        assert not beside._may_ring
    assert not share(served(range(2), pid=None)[0])
    assert share(served(range(2), pid=os.getpid())[0])


def test_who_cannot_attach_says_so_and_goes_on_without_bells() -> None:
    def fail(path: str, num_envs: int, may_ring: bool) -> bool:
        raise EnvFault("no such arrays", "share some")

    channel, thread = served(range(1), pid=os.getpid(), attach=fail, double=lambda number: 2 * number)
    with pytest.raises(EnvFault, match="^no such arrays"):
        share(channel)
    assert ask_all([channel], "double", 21) == [42]
    channel.ask_close()
    channel.close(timeout_s=5)
    thread.join(5.0)
    assert not thread.is_alive()


@pytest.mark.parametrize("rings", [False, True])
def test_of_two_workers_at_once_the_one_that_died_is_not_said_to_hang(rings: bool) -> None:
    patience = Patience(step_s=0.3, reset_s=0.3)
    asleep, dead = (
        served(range(row, row + 1), lambda: time.sleep(2), patience, os.getpid())[0] for row in (0, 1)
    )
    assert not rings or [share(channel) for channel in (asleep, dead)] == 2 * [RINGS]
    for channel in (asleep, dead):
        channel.ask_step()
    # As when its process is killed: the thread finds out when it has slept.
    socket.socket(fileno=os.dup(dead._wire._socket.fileno())).shutdown(socket.SHUT_RDWR)
    hung, died = StepAnswers([asleep, dead]).collect()
    assert hung.is_hung
    assert not died.is_hung
    assert died.problem.endswith("rows 1 to 1 died")


def test_the_rest_of_a_message_is_no_answer_to_what_is_asked_next() -> None:
    ours, worker = socket.socketpair()
    channel = Channel(Connection(ours.detach()), "Toy", range(1), Patience(step_s=0.1, reset_s=0.1))
    message = pickle.dumps("s" * 50)
    with worker:
        channel.ask("get_state")
        worker.sendall(b"m" + len(message).to_bytes(8, "big") + message[:10])
        assert isinstance(channel.answer(), WorkerLost)
        with suppress(BrokenPipeError):
            worker.sendall(message[10:])
        channel.ask_step()
        assert isinstance(channel.answer(), WorkerLost)


@pytest.mark.skipif(not RINGS, reason="nobody rings here")
def test_a_message_that_is_rung_and_does_not_come_is_not_here_now() -> None:
    ours, worker = socket.socketpair()
    channel = Channel(
        Connection(ours.detach()), "Toy", range(1), Patience(step_s=0.1, reset_s=0.1), os.getpid()
    )
    OPENED.append(channel)
    channel.share(SimpleNamespace(bells=np.zeros((1, CELLS), np.int64)), "nowhere", 1)
    assert channel.bells is not None
    channel.bells.cells[channel.bells.place] = 256 + ord("m")
    assert channel.answer_now() is None
    with worker:
        message = pickle.dumps("here")
        worker.sendall(b"m" + len(message).to_bytes(8, "big") + message)
        assert channel.answer_now() == "here"


@pytest.mark.parametrize("rings", [False, True])
def test_who_was_given_up_is_not_heard_again(rings: bool) -> None:
    pause_s = [0.4]
    channel, _ = served(
        range(1),
        step=lambda: time.sleep(pause_s[0]) or STEPPED,
        patience=Patience(step_s=0.1, reset_s=0.1),
        pid=os.getpid(),
    )
    assert not rings or share(channel) is RINGS
    answers = StepAnswers([channel])
    channel.ask_step()
    assert answers.collect()[0].is_hung
    pause_s[0] = 0.0
    time.sleep(0.5)  # it has answered meanwhile
    answers.collect.__self__._is_soon = True  # type: ignore[attr-defined]  # it looks at once
    channel.ask_step()
    lost = answers.collect()[0]
    assert isinstance(lost, WorkerLost)
    assert not lost.is_hung


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody yields")
@pytest.mark.parametrize(
    ("niceness", "is_elsewhere", "gets_turns"), [(0, False, True), (15, False, False), (0, True, False)]
)
def test_a_process_of_less_priority_or_another_session_gets_no_turns_by_yielding(
    niceness: int, is_elsewhere: bool, gets_turns: bool
) -> None:
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    if mine + niceness > LEAST_PRIORITY:
        pytest.skip("there is no priority so much below that of these tests")
    with subprocess.Popen(SLEEP, start_new_session=is_elsewhere) as worker:
        try:
            os.setpriority(os.PRIO_PROCESS, worker.pid, mine + niceness)
            assert leaves_turns_to(worker.pid) is gets_turns
        finally:
            worker.kill()
    assert not leaves_turns_to(worker.pid), "it is gone"
    assert not leaves_turns_to(None)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody yields")
@pytest.mark.parametrize("looks", [True, False])
def test_answers_are_looked_for_without_sleep_only_where_the_worker_gets_turns(
    looks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    yields: list[None] = []
    monkeypatch.setattr("tasks.vec_env.signals.give_way", lambda: yields.append(None))
    channel, _ = served(range(2), pid=os.getpid() if looks else None)
    for _ in range(50):
        channel.ask_step()
        assert channel.answer() == STEPPED
    assert bool(yields) is looks
