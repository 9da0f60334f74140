"""Requests to rows at the other end of a connection, here in a thread instead of a worker process."""

from collections.abc import Iterator
from multiprocessing import Pipe
from threading import Thread

import numpy as np
import pytest

from cfg.errors import EnvFault
from tasks.vec_env.channel import Channel, ask_all, serve
from tasks.vec_env.rows import Rows
from tests.toy_envs import toy_factory


def served(name: str, rows: range, **kwargs) -> tuple[Channel, Thread]:
    ours, theirs = Pipe()
    thread = Thread(
        target=serve, args=(theirs, Rows(toy_factory(name, **kwargs), rows, 0, "train")), daemon=True
    )
    thread.start()
    return Channel(ours, name, rows), thread


@pytest.fixture
def countdown() -> Iterator[tuple[Channel, Thread]]:
    """Two rows of Countdown behind a channel."""
    channel, thread = served("Countdown", range(0, 2))
    yield channel, thread
    channel.close(timeout_s=1.0)


def test_an_answer_is_what_the_rows_say(countdown) -> None:
    channel, _ = countdown
    assert ask_all([channel], "reset", [()])[0].obs.tolist() == [[0, 0], [0, 0]]
    (transition,) = ask_all([channel], "step", [(np.zeros((2, 1), np.int64),)])
    assert transition.reward.tolist() == [1.0, 1.0]
    assert ask_all([channel], "has_masks", [()]) == [False]


def test_of_several_faults_the_one_of_the_lowest_rows_is_raised_and_the_channels_stay_in_step() -> None:
    channels = [served("Wrong", range(start, start + 1), fault="raise")[0] for start in (4, 5)]
    ask_all(channels, "reset", [(), ()])
    action = (np.zeros((1, 1), np.int64),)
    ask_all(channels, "step", [action, action])
    with pytest.raises(EnvFault, match="^Wrong, row 4, step 2: step failed: ZeroDivisionError"):
        ask_all(channels, "step", [action, action])
    assert [first.obs.tolist() for first in ask_all(channels, "reset", [(), ()])] == [[[0, 1]], [[0, 1]]]


def test_a_mistake_of_ours_in_a_worker_comes_back_as_a_fault(countdown) -> None:
    channel, _ = countdown
    with pytest.raises(EnvFault, match="Countdown: step of rows 0 to 1 failed: AttributeError: 'str' object"):
        ask_all([channel], "step", [("left",)])


def test_the_death_of_a_worker_is_told_at_once() -> None:
    ours, theirs = Pipe()
    channel = Channel(ours, "Countdown", range(3, 5))
    theirs.close()
    with pytest.raises(EnvFault, match="Countdown: the worker of rows 3 to 4 died -- an environment ended"):
        ask_all([channel], "reset", [()])
    channel.close(timeout_s=1.0)


def test_a_worker_stops_when_it_is_asked_to_or_left_alone(countdown) -> None:
    channel, thread = countdown
    channel.close(timeout_s=5.0)
    thread.join(5.0)
    assert not thread.is_alive()
    abandoned, other = served("Countdown", range(0, 1))
    abandoned._connection.close()
    other.join(5.0)
    assert not other.is_alive()
