"""Channels to servers at work in threads of the test's own process, and the arrays they share."""

import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Connection
from threading import Thread
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cfg.errors import EnvFault
from tasks.vec_env.channel import STEPPED, Channel, Patience, Server, collect
from tasks.vec_env.signals import CELLS, KEEPS_ORDER
from tasks.vec_env.wire import Wire

RINGS = KEEPS_ORDER and sys.platform == "linux"
"""Whether anybody rings here."""

_opened: list[Channel] = []
_shared: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Closes what a test has opened; to be imported by its module."""
    yield
    while _opened:
        _opened.pop()._wire.close()


def opened(channel: Channel) -> Channel:
    """The same channel, which is closed after the test."""
    _opened.append(channel)
    return channel


def pair() -> tuple[Connection, Connection]:
    ours, theirs = socket.socketpair()
    return Connection(ours.detach()), Connection(theirs.detach())


def fall_off() -> Any:
    raise EnvFault("the robot fell off", "pick it up")


def share(channel: Channel) -> bool:
    """Shares arrays; whether signals go through them now. Raises what the other end says against it."""
    path = f"arrays {len(_shared)}"
    bells = np.zeros((len(channel.rows), CELLS), np.int64)
    _shared[path] = SimpleNamespace(bells=bells, resets=np.zeros(1, np.int64))
    channel.share(_shared[path], path, len(channel.rows))
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
    answers = {"close": lambda: None, "attach": partial(_attach, wire), **requests}
    server = Server(wire, "Toy", answers, step)

    def serve() -> None:
        server.serve()
        wire.close()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    return opened(Channel(ours, "Toy", rows, patience, pid)), thread


def _attach(wire: Wire, path: str, num_envs: int, may_ring: bool) -> bool:
    if may_ring:
        wire.ring_bells(_shared[path].bells[0], is_driver=False)
    return may_ring
