"""What rows of a vector environment need to go on elsewhere, and which of them cannot. Steps nothing."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from tasks.arrays import Array
from tasks.known_states import NotRestorable
from tasks.states import read_state, write_state
from tasks.vec_env.episodes import EpisodeStatistics
from tasks.vec_env.time_limits import TimeLimits

RowState: TypeAlias = dict[str, Any]
"""Plain data of one row, the same whoever steps it. `env` is None where the environment is not restorable."""

NO_STATE = "there is no state of them"
"""Why rows cannot go on that were saved by nobody, or belong to an engine that tells none."""


class Restart(NamedTuple):
    """Which rows could not go on and began new episodes.

    Attributes:
        rows: their global positions, int64 [K].
        reason: why the first of them did.
        obs: their first observations [K, ...].
        masks: allowed actions for them, bool [K, actions]; None where there are none.
    """

    rows: Array
    reason: str
    obs: Any
    masks: Any


NO_RESTART = Restart(np.zeros(0, np.int64), "", None, None)


def read_rows(
    envs: Sequence[Any], limits: TimeLimits, statistics: EpisodeStatistics, masked_by_info: bool
) -> list[RowState]:
    """Each row's state."""
    return [
        {
            **_read(env),
            "limit": limits.state(index),
            "episode": statistics.state(index),
            "masked_by_info": masked_by_info,
        }
        for index, env in enumerate(envs)
    ]


def write_rows(
    envs: Sequence[Any],
    limits: TimeLimits,
    statistics: EpisodeStatistics,
    states: Sequence[RowState | None],
) -> dict[int, str]:
    """Has each row go on from its state. Gives those that cannot, and why; they count from zero."""
    reasons = {}
    for index, (env, state) in enumerate(zip(envs, states, strict=True)):
        reason = _write(env, state)
        if state is None or reason is not None:
            reasons[index] = reason or NO_STATE
            limits.load(index, 0)
        else:
            limits.load(index, state["limit"])
            statistics.load(index, state["episode"])
    return reasons


def _read(env: Any) -> RowState:
    try:
        return {"env": read_state(env), "reason": ""}
    except NotRestorable as why:
        return {"env": None, "reason": str(why)}


def _write(env: Any, state: RowState | None) -> str | None:
    """Why the environment cannot go on; None where it does."""
    if state is None:
        return NO_STATE
    if state["env"] is None:
        return str(state["reason"])
    try:
        write_state(env, state["env"])
    except NotRestorable as why:
        return str(why)
    return None
