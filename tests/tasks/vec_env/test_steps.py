"""Steps of several workers at once, here of threads, and what becomes of those that hang or die in one."""

import os
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from cfg.errors import EnvFault
from tasks.vec_env.channel import STEPPED, Patience, ask_all, without_errors
from tasks.vec_env.losses import WorkerLost
from tasks.vec_env.steps import Steps
from tests.tasks.vec_env.serving import RINGS, closed, fall_off, served, share  # noqa: F401  # a fixture


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
    steps = Steps(channels)
    for slowest in (1, 2, 0):
        pauses_s[:] = [0.1 if row == slowest else 0.0 for row in range(3)]
        assert steps.take() == [{"row": 0}, {"row": 1}, {"row": 2}]
        assert steps._order[0] == slowest, "the next step waits for it first"
    pauses_s[:] = [0.0] * 3
    for _ in range(20):
        assert steps.take() == [{"row": 0}, {"row": 1}, {"row": 2}]
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
    steps = Steps(channels)
    for _ in range(3):
        with pytest.raises(EnvFault, match="^the robot fell off"):
            without_errors(steps.take())
    assert ask_all(channels, "name") == [4, 5]


@pytest.mark.parametrize("rings", [False, True])
def test_of_two_workers_at_once_the_one_that_died_is_not_said_to_hang(rings: bool) -> None:
    def die() -> None:
        # As when its process is killed: the thread finds out when it has slept.
        socket.socket(fileno=os.dup(dead._wire._socket.fileno())).shutdown(socket.SHUT_RDWR)
        time.sleep(2)

    patience = Patience(step_s=0.3, reset_s=0.3)
    asleep, _ = served(range(1), lambda: time.sleep(2), patience, os.getpid())
    dead, _ = served(range(1, 2), die, patience, os.getpid())
    assert not rings or [share(channel) for channel in (asleep, dead)] == 2 * [RINGS]
    hung, died = Steps([asleep, dead]).take()
    assert hung.is_hung
    assert not died.is_hung
    assert died.problem.endswith("rows 1 to 1 died")


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
    steps = Steps([channel])
    assert steps.take()[0].is_hung
    pause_s[0] = 0.0
    time.sleep(0.5)  # it has answered meanwhile
    steps._attention._is_soon = True  # it looks at once
    (lost,) = steps.take()
    assert isinstance(lost, WorkerLost)
    assert not lost.is_hung


def test_who_rings_and_who_does_not_make_a_step_together() -> None:
    channels = [served(range(row, row + 1), pid=os.getpid(), name=lambda: "here")[0] for row in range(3)]
    assert [share(channel) for channel in channels[:2]] == 2 * [RINGS]
    steps = Steps(channels)
    for _ in range(50):
        assert steps.take() == 3 * [STEPPED]
    assert ask_all(channels, "name") == 3 * ["here"]


@pytest.mark.parametrize("rings", [False, True])
def test_a_step_may_take_as_long_as_a_step_after_a_request_that_may_take_longer(rings: bool) -> None:
    patience = Patience(step_s=0.1, reset_s=60.0)
    slow, _ = served(range(1), lambda: time.sleep(2), patience, os.getpid(), reset=lambda: "first")
    assert not rings or share(slow) is RINGS
    assert ask_all([slow], "reset") == ["first"]
    began = time.monotonic()
    (lost,) = Steps([slow]).take()
    assert lost.is_hung
    assert time.monotonic() - began < 1.5
