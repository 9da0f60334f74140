"""Requests to what is served at the other end of a connection, here in a thread, not a process."""

import os
import pickle
import socket
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cfg.errors import EnvFault
from tasks.vec_env.channel import STEPPED, Channel, Patience, ask_all, collect, leaves_turns_to
from tasks.vec_env.losses import WorkerLost
from tasks.vec_env.signals import CELLS
from tests.tasks.vec_env.serving import (  # noqa: F401  # a fixture
    RINGS,
    closed,
    fall_off,
    opened,
    pair,
    served,
    share,
)

LEAST_PRIORITY = 19
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


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


@pytest.mark.skipif(not RINGS, reason="nobody rings here")
def test_only_who_is_awake_and_alone_rings() -> None:
    ours, theirs = pair()
    with theirs:
        beside = Channel(ours, "Toy", range(2), pid=os.getpid(), is_alone=False)
        opened(beside)
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
    opened(channel)
    channel.share(SimpleNamespace(bells=np.zeros((1, CELLS), np.int64)), "nowhere", 1)
    assert channel.bells is not None
    channel.bells.cells[channel.bells.place] = 256 + ord("m")
    assert channel.answer_now() is None
    with worker:
        message = pickle.dumps("here")
        worker.sendall(b"m" + len(message).to_bytes(8, "big") + message)
        assert channel.answer_now() == "here"


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
