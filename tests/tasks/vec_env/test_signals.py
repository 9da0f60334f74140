"""No signal is lost between two processes, whichever of them sleeps, nor between two of the same kind."""

import random
import socket
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from threading import Thread, Timer

import numpy as np
import pytest

from tasks.vec_env.attention import SPIN_S
from tasks.vec_env.shared_memory import SharedArrays
from tasks.vec_env.signals import CELLS, KEEPS_ORDER, Bells, Signals, SocketSignals, hear_all, ring_all
from tasks.vec_env.wire import Wire
from tests.tasks.vec_env.doubler import PLAN

ROUNDS = 1500


@pytest.mark.parametrize(
    "has_bells",
    [False, pytest.param(True, marks=pytest.mark.skipif(not KEEPS_ORDER, reason="nobody uses bells here"))],
)
def test_two_processes_that_fall_asleep_as_the_other_rings_hear_each_signal_once(has_bells: bool) -> None:
    shared, chance = SharedArrays.create(PLAN), random.Random(0)
    ours, theirs = socket.socketpair()
    words = [str(theirs.fileno()), str(shared.path), "bells" if has_bells else ""]
    command = [sys.executable, "-m", "tests.tasks.vec_env.doubler", *words]
    worker = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    theirs.close()
    wire = Wire(Connection(ours.detach()), stays_awake=True)
    if has_bells:
        wire.ring_bells(shared["bells"], is_driver=True)
    wire.limit_waiting(20)
    try:
        assert wire.receive() == b"ready"
        for number in range(ROUNDS):
            shared["number"][0] = number
            wire.signal(b"s")
            assert wire.receive() == b"s"
            assert shared["number"][0] == 2 * number
            if not chance.randrange(3):
                time.sleep(chance.uniform(0.8, 1.2) * SPIN_S)
        wire.signal(b"q")
        assert wire.receive() == b"to the end"
    finally:
        wire.close()
        ended = worker.wait()
        shared.close()
    assert ended == 0


def test_a_byte_that_was_to_wake_who_had_heard_already_is_read_over() -> None:
    ours, theirs = socket.socketpair()
    cells = np.zeros(CELLS, np.int64)
    with ours, theirs:
        driver, worker = Bells(ours, cells, is_driver=True), Bells(theirs, cells, is_driver=False)
        cells[1] = 1  # the worker says that it sleeps, and looks once more
        driver.ring(b"s")
        assert worker.now() == b"s"
        driver.ring(b"m")
        assert worker.now() == b"m"
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):  # nothing is left of either
            theirs.recv(1)
        assert worker.now() is None


def test_two_signals_of_the_same_kind_are_two() -> None:
    ours, theirs = socket.socketpair()
    cells = np.zeros(CELLS, np.int64)
    with ours, theirs:
        driver, worker = Bells(ours, cells, is_driver=True), Bells(theirs, cells, is_driver=False)
        for kind in (b"s", b"s", b"\xff", b"\0", b"s"):
            driver.ring(kind)
            assert worker.now() == kind
            assert worker.now() is None


def test_the_end_of_the_other_side_is_heard_asleep() -> None:
    ours, theirs = socket.socketpair()
    cells = np.zeros(CELLS, np.int64)
    with theirs:
        worker = Bells(theirs, cells, is_driver=False)
        ours.close()
        assert worker.asleep() == b""
        assert cells[1] == 0


def test_the_end_of_the_other_side_between_bell_and_message_is_heard_awake() -> None:
    ours, theirs = socket.socketpair()
    cells = np.zeros(CELLS, np.int64)
    with theirs:
        driver, worker = Bells(ours, cells, is_driver=True), Bells(theirs, cells, is_driver=False)
        ours.shutdown(socket.SHUT_WR)
        with pytest.raises(BrokenPipeError):
            driver.ring(b"m")
        ours.close()
        assert worker.now() == b""


@pytest.mark.parametrize("has_bells", [False, True])
def test_a_look_hears_what_comes_in_time_and_gives_up_afterwards(has_bells: bool) -> None:
    ours, theirs = socket.socketpair()
    cells = np.zeros(CELLS, np.int64)
    with ours, theirs:
        driver: Signals = Bells(ours, cells, is_driver=True) if has_bells else SocketSignals(ours)
        worker: Signals = Bells(theirs, cells, is_driver=False) if has_bells else SocketSignals(theirs)
        began = time.perf_counter()
        assert worker.look(0.05) is None
        assert time.perf_counter() - began >= 0.05
        ringing = Timer(0.1, driver.ring, [b"s"])
        ringing.start()
        assert worker.look(20) == b"s"
        ringing.join()


def test_of_several_all_are_heard_at_once_or_none_is() -> None:
    lines = [(*socket.socketpair(), np.zeros(CELLS, np.int64)) for _ in range(3)]
    bells = [Bells(ours, cells, is_driver=True) for ours, _, cells in lines]
    workers = [Bells(theirs, cells, is_driver=False) for _, theirs, cells in lines]
    for _ in range(2):
        workers[2].ring(b"e")
        workers[0].ring(b"s")
        assert hear_all(bells, 0.01) is None, "one has not rung"
        workers[1].ring(b"s")
        assert hear_all(bells, 0.01) == [b"s", b"s", b"e"]
        assert hear_all(bells, 0.01) is None, "all were heard"
    workers[0].ring(b"s")
    workers[1].ring(b"m")
    began = time.perf_counter()
    assert hear_all(bells, 5.0) is None, "a message is to be read"
    assert time.perf_counter() - began < 5.0
    assert [bell.now() for bell in bells] == [b"s", b"m", None]
    for ours, theirs, _ in lines:
        ours.close()
        theirs.close()


def test_all_are_rung_at_once_whoever_sleeps_or_is_gone() -> None:
    lines = [(*socket.socketpair(), np.zeros(CELLS, np.int64)) for _ in range(3)]
    drivers = [Bells(ours, cells, is_driver=True) for ours, _, cells in lines]
    awake, asleep, gone = (Bells(theirs, cells, is_driver=False) for _, theirs, cells in lines)
    heard: list[bytes] = []
    sleeper = Thread(target=lambda: heard.append(asleep.asleep()))
    sleeper.start()
    lines[2][2][1] = 1  # it slept when it died
    lines[2][1].close()
    while not lines[1][2][1]:
        time.sleep(0.001)
    ring_all(drivers, b"s")
    sleeper.join(5)
    assert heard == [b"s"]
    assert awake.now() == b"s"
    assert drivers[2].now() is None
    for driver, worker in zip(drivers[:2], (awake, asleep), strict=True):
        driver.ring(b"e")
        assert worker.now() == b"e", "rings are counted on"
    for ours, theirs, _ in lines:
        ours.close()
        theirs.close()
