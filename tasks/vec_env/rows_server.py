"""Serves rows to a driver in another process: steps go through shared arrays, the rest through messages."""

from pathlib import Path

import numpy as np

from tasks.vec_env.channel import ENDED, STEPPED, Requests, Server
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

    def serve(self, wire: Wire) -> None:
        """Answers the driver until it is done or gone."""
        rows = self._rows
        requests: Requests = {
            "env_info": rows.layout.env_info,
            "attach": self._attach,
            "seed": rows.seed,
            "reset": self._reset,
            "has_masks": lambda: rows.has_masks,
            "render": rows.render,
            "get_state": rows.get_state,
            "set_state": rows.set_state,
            "close": rows.close,
        }
        name = f"{rows.name}, rows {rows.rows[0]} to {rows.rows[-1]}"
        Server(wire, name, requests, self._step).serve()

    def _attach(self, path: str, num_envs: int) -> bool:
        info = self._rows.layout.env_info()
        self._arrays = StepArrays.of(SharedArrays(Path(path), plan_of(info, num_envs)), info, self._rows.rows)
        self._rows.count_resets_in(self._arrays.resets)
        return True

    def _reset(self) -> FirstObservation:
        assert self._arrays is not None, "attach comes first"
        first = self._rows.reset()
        write(self._arrays.obs, first.obs)
        return first._replace(obs=_SHARED)

    def _step(self) -> bytes | Transition:
        assert self._arrays is not None, "attach comes first"
        transition = self._rows.step(self._arrays.actions)
        self._arrays.write(transition)
        said = transition.rewards or transition.metrics or transition.notes or transition.losses
        if not said and transition.masks is None:
            return STEPPED if transition.final_observation is None else ENDED
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
