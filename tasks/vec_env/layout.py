"""What one environment looks like to an agent: spaces, masks, value size. Steps nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from tasks.actions import ActionAdapter, adapt_actions
from tasks.arrays import Array, Observation
from tasks.old_gym import read_attribute
from tasks.spaces import ObservationAdapter, adapt_observations

MASK_METHODS = ("get_action_mask", "action_masks", "get_action_masks")
"""Under which names environments offer their masks, first come first served."""

OLD_GYM_NOTE = "the environment speaks the API before Gymnasium (4-tuples): accepted"

ASYMMETRIC_KEYS = ({"obs", "states"}, {"obs", "state"})


@dataclass(frozen=True)
class Layout:
    """How an environment's observations, actions and rewards are read.

    Attributes:
        observations: what the actor sees.
        states: what a central critic sees besides; None where it sees the same.
        actions: how an agent's actions are given to the environment.
        value_size: number of rewards per step.
        mask_method: the environment's method that tells allowed actions; None where it has none.
        render_fps: how many of its frames are one second; None where it does not say.
        notes: what the user should know.
    """

    observations: ObservationAdapter
    states: ObservationAdapter | None
    actions: ActionAdapter
    value_size: int
    mask_method: str | None
    render_fps: float | None
    notes: tuple[str, ...]

    def env_info(self) -> dict[str, Any]:
        """What rl_games asks every vector environment for."""
        info: dict[str, Any] = {
            "observation_space": self.observations.space,
            "action_space": self.actions.space,
            "agents": 1,
            "value_size": self.value_size,
            "autoreset_mode": "same_step",
        }
        if self.render_fps is not None:
            info["render_fps"] = self.render_fps
        if self.states is not None:
            info["state_space"] = self.states.space
        return info

    @cached_property
    def batch(self) -> Callable[[Sequence[Any]], Observation]:
        """Raw observations of N rows -> fresh arrays [N, ...]; with states, {"obs": ..., "states": ...}."""
        if self.states is None:
            return self.observations.batch
        read, read_states = self.observations.batch, self.states.batch
        return lambda raw: {"obs": read(raw), "states": read_states(raw)}


def read_layout(env: gym.Env[Any, Any]) -> Layout:
    """Layout of an environment, its attributes found through wrappers."""
    observations, states = _split_observations(env)
    mask_methods = [name for name in MASK_METHODS if callable(read_attribute(env, name))]
    notes = observations.notes + (() if states is None else states.notes)
    if read_attribute(env, "speaks_old_gym", False):
        notes += (OLD_GYM_NOTE,)
    return Layout(
        observations=observations,
        states=states,
        actions=adapt_actions(env.action_space),
        value_size=int(read_attribute(env, "value_size", 1)),
        mask_method=mask_methods[0] if mask_methods else None,
        render_fps=render_fps_of(read_attribute(env, "metadata", None)),
        notes=notes,
    )


def render_fps_of(metadata: Any) -> float | None:
    """How many frames an environment's metadata says are one second; None where it does not say."""
    fps = metadata.get("render_fps") if isinstance(metadata, dict) else None
    return float(fps) if isinstance(fps, (int, float)) and fps > 0 else None


def flatten_mask(mask: Any) -> Array:
    """A mask, flat or one array per choice -> [number of all actions]."""
    parts = mask if isinstance(mask, (tuple, list)) else (mask,)
    return np.concatenate([np.ravel(part) for part in parts])


def _split_observations(env: gym.Env[Any, Any]) -> tuple[ObservationAdapter, ObservationAdapter | None]:
    """Actor's and critic's halves: a Dict of exactly {obs, states}, or rl_games' `use_central_value`."""
    space = env.observation_space
    if isinstance(space, spaces.Dict) and set(space.spaces) in ASYMMETRIC_KEYS:
        state_key = next(key for key in space.spaces if key != "obs")
        return (
            adapt_observations(space.spaces["obs"], ("obs",)),
            adapt_observations(space.spaces[state_key], (state_key,)),
        )
    if read_attribute(env, "use_central_value", False):
        state_space = read_attribute(env, "state_space")
        return adapt_observations(space, ("obs",)), adapt_observations(state_space, ("state",))
    return adapt_observations(space), None
