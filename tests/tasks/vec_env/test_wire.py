"""Signals and messages arrive as they were sent, in order, both ways and however long a worker is awake."""

import socket
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from threading import Thread

import numpy as np
import pytest

from tasks.vec_env.attention import RESTS, SPIN_S
from tasks.vec_env.signals import CELLS
from tasks.vec_env.wire import Wire

Pair = tuple[Wire, Wire]


@pytest.fixture(params=["through the socket", "by bells"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A driver's end and a worker's."""
    ours, theirs = socket.socketpair()
    wires = Wire(Connection(ours.detach())), Wire(Connection(theirs.detach()), stays_awake=True)
    if request.param == "by bells":
        cells = np.zeros(CELLS, np.int64)
        wires[0].ring_bells(cells, is_driver=True)
        wires[1].ring_bells(cells, is_driver=False)
    yield wires
    for wire in wires:
        wire.close()


def test_signals_and_messages_arrive_as_they_were_sent(pair: Pair) -> None:
    driver, worker = pair
    large = bytes(range(256)) * 4096 * 3  # 3 MiB: more than a socket holds at once
    sent = [b"s", b"mm", large, b"e", b"mm"]

    def ask() -> None:
        for each in sent:
            (driver.signal if len(each) == 1 else driver.send)(each)
            driver.receive()

    asking = Thread(target=ask)
    asking.start()
    heard = []
    for _ in sent:
        heard.append(worker.receive())
        worker.signal(b"s")
    assert heard == sent
    asking.join()


def test_a_message_that_follows_unheard_signals_is_heard(pair: Pair) -> None:
    driver, worker = pair
    worker.limit_waiting(20)
    driver.signal(b"s")
    driver.send(b"one message")
    driver.send(b"the last")
    heard = []
    while not heard or heard[-1] != b"the last":
        heard.append(worker.receive())
    assert heard[-2] == b"one message"


@pytest.mark.parametrize("pause_s", [0.0, SPIN_S / 2, SPIN_S * 5])
def test_a_worker_hears_what_comes_while_it_is_awake_and_while_it_sleeps(pair: Pair, pause_s: float) -> None:
    driver, worker = pair
    echo = Thread(target=lambda: [worker.signal(worker.receive()) for _ in range(50)])
    echo.start()
    for _ in range(50):
        driver.signal(b"s")
        assert driver.receive() == b"s"
        time.sleep(pause_s)
    echo.join()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody yields")
def test_an_end_that_gets_its_processor_back_late_sleeps_for_a_while(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver, worker = pair
    taken_s: list[float] = []

    def taken() -> None:
        time.sleep(SPIN_S * 3)
        taken_s.append(SPIN_S * 3)

    monkeypatch.setattr("tasks.vec_env.signals.give_way", taken)
    for _ in range(2 + RESTS[0]):
        driver.signal(b"s")
        assert worker.receive() == b"s"
    assert len(taken_s) == 1


def test_the_end_of_the_other_side_is_told_even_within_a_message(pair: Pair) -> None:
    driver, worker = pair
    driver._socket.sendall(b"m" + (100).to_bytes(8, "big") + b"only this")
    driver.close()
    with pytest.raises(EOFError):
        worker.receive()
    with pytest.raises(EOFError):
        worker.receive()


def test_waiting_can_be_limited(pair: Pair) -> None:
    driver, worker = pair
    driver.limit_waiting(1)
    with pytest.raises(BlockingIOError):
        driver.receive()
    worker.signal(b"s")
    assert driver.receive() == b"s"
