"""Serves rows to a driver in another process: steps go through shared arrays, the rest through messages."""

import os
import pickle
import secrets
import tempfile
import threading
from functools import partial
from multiprocessing.connection import Listener
from pathlib import Path
from typing import Any

import numpy as np

from cfg.errors import RlgxError
from tasks.vec_env.channel import ENDED, STEPPED, Requests, Server, answer_of
from tasks.vec_env.exchange import StepArrays, plan_of, write
from tasks.vec_env.rows import Rows
from tasks.vec_env.shared_memory import SharedArrays
from tasks.vec_env.transition import FirstObservation, Transition
from tasks.vec_env.wire import Wire

_SHARED = np.empty(0)
"""Stands in a message for what the arrays hold."""


class RowsServer:
    """Some rows, and the arrays they share with the driver once it has made them."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._arrays: StepArrays | None = None
        self._is_alone = False  # whether nobody else writes into the arrays
        self._has_done = True  # whether they may say so of a row

    def serve(self, wire: Wire) -> None:
        """Answers the driver until it is done or gone."""
        rows = self._rows
        requests: Requests = {
            "env_info": rows.layout.env_info,
            "attach": partial(self._attach, wire),
            "seed": rows.seed,
            "reset": self._reset,
            "has_masks": lambda: rows.has_masks,
            "render": rows.render,
            "get_state": rows.get_state,
            "set_state": rows.set_state,
            "take_over": _take_over,
            "close": rows.close,
        }
        name = f"{rows.name}, rows {rows.rows[0]} to {rows.rows[-1]}"
        Server(wire, name, requests, self._step).serve()

    def _attach(self, wire: Wire, path: str, num_envs: int, has_bells: bool) -> bool:
        info = self._rows.layout.env_info()
        self._arrays = StepArrays.of(SharedArrays(Path(path), plan_of(info, num_envs)), info, self._rows.rows)
        self._is_alone, self._has_done = has_bells, True
        self._rows.count_resets_in(self._arrays.resets)
        if has_bells:
            wire.ring_bells(self._arrays.bells[0], is_driver=False)
        return True

    def _reset(self) -> FirstObservation:
        assert self._arrays is not None, "attach comes first"
        first = self._rows.reset()
        write(self._arrays.obs, first.obs)
        return first._replace(obs=_SHARED)

    def _step(self) -> bytes | Transition:
        arrays = self._arrays
        assert arrays is not None, "attach comes first"
        transition = self._rows.step_plainly(arrays.actions)
        if not isinstance(transition, Transition):  # most steps
            obs, arrays.reward[...] = transition
            write(arrays.obs, obs)
            if self._has_done:
                arrays.done[...] = arrays.time_outs[...] = False
                self._has_done = not self._is_alone
            return STEPPED
        is_over = transition.final_observation is not None  # some row's episode
        arrays.write(transition)
        self._has_done = is_over or not self._is_alone
        if not transition.says_more:
            return ENDED if is_over else STEPPED
        # What stays tells besides, by the length of `done`, how many rows there are.
        return Transition(
            obs=_SHARED,
            reward=_SHARED,
            done=transition.done,
            time_outs=_SHARED,
            rewards=transition.rewards,
            metrics=transition.metrics,
            masks=transition.masks,
            notes=transition.notes,
            lost=transition.lost,
            losses=transition.losses,
        )


def serve_from_start(wire: Wire) -> None:
    """Makes the rows that the first request, "start", brings, says how that went, and serves them."""
    _, (packed, rows, *how) = pickle.loads(wire.receive())  # noqa: S301  # the driver's
    name = f"the worker of rows {rows[0]} to {rows[-1]}"
    made = answer_of(name, "start", lambda: Rows(pickle.loads(packed), rows, *how), ())  # noqa: S301
    if isinstance(made, RlgxError):
        wire.send(pickle.dumps(made))
        return
    wire.send(pickle.dumps(True))
    RowsServer(made).serve(wire)


def _take_over() -> tuple[Any, bytes]:
    """An address on this machine and the key to it: a thread there serves the rows of a lost worker."""
    key = secrets.token_bytes(32)
    # A folder of its own, which only this user may enter.
    place = tempfile.TemporaryDirectory(prefix="rlgx-", ignore_cleanup_errors=True)
    listener = Listener(os.path.join(place.name, "socket"), "AF_UNIX", authkey=key)
    threading.Thread(target=_serve_at, args=(place, listener), daemon=True, name="taken over").start()
    return listener.address, key


def _serve_at(place: "tempfile.TemporaryDirectory[str]", listener: Listener) -> None:
    with place, listener:
        connection = listener.accept()
    # It does not stay awake between steps: that would keep the rows beside it from theirs.
    serve_from_start(Wire(connection))
