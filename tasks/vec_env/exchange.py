"""What a driver and its workers exchange in every step, in arrays they share. NumPy only."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from tasks.arrays import Array, Observation
from tasks.vec_env.shared_memory import ArrayPlan, SharedArrays
from tasks.vec_env.signals import CELLS
from tasks.vec_env.transition import Transition

_EPISODE: dict[str, Any] = {"return": np.float64, "length": np.int64, "success": np.float64}

# Columns [N] besides actions, observations and rewards.
_COLUMNS: dict[str, Any] = {
    "done": np.bool_,
    "time_outs": np.bool_,
    "ended": np.bool_,
    "resets": np.int64,
}


@dataclass(frozen=True)
class StepArrays:
    """Views of R consecutive rows.

    Attributes:
        actions: int64 [R, heads] or float32 [R, A]; written by the driver, the rest by the workers,
            but for `bells`.
        obs: nested like an observation.
        reward, done, time_outs: as in `Transition`.
        final: nested like an observation; this and the rest are valid after a step in which a row was done.
        ended: bool [R], rows whose episode is over.
        episodes: of those rows the statistics: return, length, success, each [R].
        resets: int64 [R], of which the first counts how often resets were begun and ended: odd within one.
        bells: int64 [R, CELLS], of which the first row is that of `tasks.vec_env.signals.Bells`.
    """

    actions: Array
    obs: Observation
    final: Observation
    reward: Array
    done: Array
    time_outs: Array
    ended: Array
    resets: Array
    bells: Array
    episodes: dict[str, Array]

    @classmethod
    def of(cls, shared: SharedArrays, env_info: dict[str, Any], rows: range) -> "StepArrays":
        """The views of some rows."""
        part = slice(rows.start, rows.stop)
        structure = _structure(env_info)
        return cls(
            obs=_views(shared, structure, "obs", part),
            final=_views(shared, structure, "final", part),
            episodes={name: shared[name][part] for name in _EPISODE},
            **{name: shared[name][part] for name in ("actions", "reward", "bells", *_COLUMNS)},
        )

    def write(self, transition: Transition) -> None:
        """Put a step's result in, except for what only some environments say."""
        write(self.obs, transition.obs)
        self.reward[...] = transition.reward
        self.done[...] = transition.done
        self.time_outs[...] = transition.time_outs
        if transition.final_observation is None:
            return
        write(self.final, transition.final_observation)
        self.ended[...] = False
        if transition.episode:
            rows = transition.episode["row"]
            self.ended[rows] = True
            for name, column in self.episodes.items():
                column[rows] = transition.episode[name]

    def episode(self) -> dict[str, Array]:
        """Statistics of the episodes that ended in the last step; empty where none did."""
        rows = self.ended.nonzero()[0]
        if not rows.size:
            return {}
        return {"row": rows, **{name: column[rows] for name, column in self.episodes.items()}}


def plan_of(env_info: dict[str, Any], num_envs: int) -> ArrayPlan:
    """Which arrays N such environments need."""
    value_size = env_info["value_size"]
    plan: dict[str, tuple[Any, tuple[int, ...]]] = {
        "actions": _action_plan(env_info["action_space"], num_envs),
        "bells": (np.int64, (num_envs, CELLS)),
        "reward": (np.float32, (num_envs,) if value_size == 1 else (num_envs, value_size)),
        **{name: (dtype, (num_envs,)) for name, dtype in {**_COLUMNS, **_EPISODE}.items()},
    }
    for which in ("obs", "final"):
        plan.update(_leaf_plan(_structure(env_info), which, num_envs))
    return plan


def write(views: Observation, values: Observation) -> None:
    """Copy an observation into views of the same structure."""
    if isinstance(views, dict):
        assert isinstance(values, dict), type(values)
        for key, view in views.items():
            write(view, values[key])
    else:
        views[...] = values


def copied(views: Observation) -> Observation:
    """A fresh observation with the numbers of these views."""
    if isinstance(views, dict):
        return {key: copied(view) for key, view in views.items()}
    return views.copy()


def _structure(env_info: dict[str, Any]) -> Any:
    """The spaces of an observation, nested as the observation is."""
    actor = _parts(env_info["observation_space"])
    return {"obs": actor, "states": _parts(env_info["state_space"])} if "state_space" in env_info else actor


def _parts(space: Any) -> Any:
    return dict(space.spaces) if isinstance(space, spaces.Dict) else space


def _leaf_plan(structure: Any, name: str, num_envs: int) -> ArrayPlan:
    if isinstance(structure, dict):
        parts = (_leaf_plan(part, f"{name}/{key}", num_envs) for key, part in structure.items())
        return {leaf: plan for part in parts for leaf, plan in part.items()}
    return {name: (structure.dtype, (num_envs, *structure.shape))}


def _views(shared: SharedArrays, structure: Any, name: str, part: slice) -> Observation:
    if isinstance(structure, dict):
        return {key: _views(shared, inner, f"{name}/{key}", part) for key, inner in structure.items()}
    return shared[name][part]


def _action_plan(space: Any, num_envs: int) -> tuple[Any, tuple[int, ...]]:
    if isinstance(space, spaces.Box):
        return np.float32, (num_envs, *space.shape)
    heads = len(space.spaces) if isinstance(space, spaces.Tuple) else 1
    return np.int64, (num_envs, heads)
