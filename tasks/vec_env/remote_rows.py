"""Answers a driver on another node, which shares no memory: results travel whole. Knows no Ray."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tasks.arrays import Array
from tasks.vec_env.channel import answer_of
from tasks.vec_env.rows import Rows
from tasks.vec_env.transition import Transition

REQUESTS: dict[str, Callable[..., Any]] = {
    "env_info": lambda rows: rows.layout.env_info(),
    "attach": lambda rows, path, num_envs: True,  # there is nothing here to attach to
    "seed": Rows.seed,
    "reset": Rows.reset,
    "step": lambda rows, actions: _step(rows, actions),
    "has_masks": lambda rows: rows.has_masks,
    "render": Rows.render,
    "get_state": Rows.get_state,
    "set_state": Rows.set_state,
}
"""What may be asked: called with the rows and the request's arguments."""


def answer(rows: Rows, request: str, arguments: Sequence[Any]) -> Any:
    """What a request gives; an `RlgxError` is given, not raised."""
    name = f"{rows.name}, rows {rows.rows[0]} to {rows.rows[-1]}"
    return answer_of(name, request, REQUESTS[request], (rows, *arguments))


def _step(rows: Rows, actions: Array) -> Transition:
    # What Ray delivers is read-only, and environments may write into their actions.
    return rows.step(np.array(actions))
