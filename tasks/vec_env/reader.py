"""Reads what some environments gave; whatever is wrong is a fault that names row and step. Steps nothing."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np

from cfg.errors import EnvFault, RlgxError
from tasks.arrays import Array, Observation
from tasks.old_gym import five_tuple, read_attribute, split_reset
from tasks.spaces import ShapeMismatch
from tasks.vec_env.layout import OLD_GYM_NOTE, Layout, flatten_mask
from tasks.vec_env.readings import (
    NOT_READABLE,
    UnreadableInfo,
    as_readable,
    describe,
    first_unreadable,
    fits_float32,
    is_finite,
    plain_flags,
    without_choice,
)

MEND = "mend the environment; --check shows what else it does wrong"

Infos = dict[int, dict[str, Any]]
"""What rows said that said something, by local position."""

Values = Sequence[Any]
"""One value for each row."""

Plain = tuple[Observation, Array]
"""Observations [R, ...] and rewards [R] of a step that says nothing else; float64 that fits into float32."""


class Reader:
    """Raw results of R rows as arrays.

    Args:
        name: of the environment.
        rows: global positions.
        envs: one for each row.
        layout: how they are read.

    Attributes:
        rewards: reads one reward per row as float64 [R], or [R, value_size].
        step_count: the step at work, for messages.
        is_masked_by_info: whether infos tell allowed actions.
    """

    def __init__(self, name: str, rows: range, envs: Sequence[gym.Env[Any, Any]], layout: Layout) -> None:
        self._name = name
        self._rows = rows
        self._envs = envs
        self._layout = layout
        self._reward_shape = () if layout.value_size == 1 else (layout.value_size,)
        self.rewards = partial(self.column, dtype=np.float64, shape=self._reward_shape, what="reward")
        self._no_ends = (False,) * len(rows)
        self._notes = layout.notes
        self.step_count = 0
        self.is_masked_by_info = False

    def first(self, result: Any, index: int) -> tuple[Any, Any]:
        """A reset's observation and info."""
        observation, info = split_reset(result)
        if isinstance(result, tuple) and len(result) == 2 and observation is result:
            self._require_two_parts(result, index)
        return observation, info

    def old_step(self, result: Any, index: int) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """One row's step as five values; a step of the old API has four."""
        if not isinstance(result, tuple) or len(result) not in (4, 5):
            problem = f"step returned {describe(result)} where five values were expected"
            raise self.fault(index, problem, MEND)
        if len(result) == 4:
            self._notes = tuple(dict.fromkeys((*self._notes, OLD_GYM_NOTE)))
        return five_tuple(result)

    def plain(
        self, raw: Values, rewards: Values, terminations: Values, truncations: Values, infos: Values
    ) -> Plain | None:
        """Fresh observations and rewards of a step that says nothing else: no row ended in it.

        None where it says more, where anything is wrong, or where that takes a closer look: by `batch`,
        `ends` and the rest. Most steps of most environments are plain, and calls are what they cost beside
        the environments' own (docs/log.md).
        """
        if self._notes or self.is_masked_by_info or self._layout.mask_method is not None:
            return None
        if terminations[0].__class__ is not bool or truncations[0].__class__ is not bool:
            return None
        for info in infos:
            if info.__class__ is not dict or (info and ("rewards" in info or "metrics" in info)):
                return None
        try:
            if terminations != self._no_ends or truncations != self._no_ends:
                return None
            reward = np.array(rewards)
            if reward.dtype.type is not np.float64:
                reward = as_readable(reward, np.float64)
            if reward.shape[1:] != self._reward_shape:
                return None
            obs = self._layout.batch(raw)
        except (ShapeMismatch, *NOT_READABLE):
            return None
        return (obs, reward) if fits_float32(reward) and is_finite(obs) else None

    def batch(self, raw: Values, indices: Sequence[int]) -> Observation:
        """Raw observations of some rows as fresh arrays."""
        try:
            return self._layout.batch(raw)
        except ShapeMismatch as mismatch:
            raise self.fault(indices[mismatch.index], mismatch.reason, MEND) from None

    def column(self, values: Values, dtype: type, shape: tuple[int, ...], what: str) -> Array:
        """One value of a shape per row as one array; a number in a list of one is let through."""
        try:
            column = np.array(values)
            if column.dtype.type is not dtype:
                column = as_readable(column, dtype)
            return column if column.shape[1:] == shape else column.reshape(len(values), *shape)
        except NOT_READABLE:
            index = first_unreadable(values, dtype, shape)
            problem = f"{what} is {describe(values[index])} where shape {shape} was expected"
            raise self.fault(index, problem, MEND) from None

    def ends(self, terminations: Values, truncations: Values) -> tuple[Array, Array]:
        """Whether each row is terminated, and whether truncated: bool [R], not to be written to."""
        is_plain = truncations[0].__class__ is bool  # `plain_flags` looks at the first of all alone
        flags = plain_flags((*terminations, *truncations)) if is_plain else None
        if flags is not None:
            both = np.frombuffer(flags, np.bool_)
            return both[: len(terminations)], both[len(terminations) :]
        return (
            self.column(terminations, np.bool_, (), "terminated"),
            self.column(truncations, np.bool_, (), "truncated"),
        )

    def masks(self, infos: Infos, indices: Sequence[int]) -> Array | None:
        """Allowed actions of some rows, from the environments' method or from their latest infos."""
        if self._layout.mask_method is not None:
            raw = [
                read_attribute(env, self._layout.mask_method)()
                for env in (self._envs[index] for index in indices)
            ]
        elif self.is_masked_by_info:
            raw = [infos.get(index, {}).get("action_mask") for index in indices]
        else:
            return None
        flat = [flatten_mask(one) for one in raw]
        heads = self._layout.actions.heads
        for index, mask in zip(indices, flat, strict=True):
            if mask.size != sum(heads):
                problem = f"the action mask holds {mask.size} values for {sum(heads)} actions"
                raise self.fault(index, problem, MEND)
        masks = np.array(flat, bool)
        for position in without_choice(masks, heads):
            raise self.fault(indices[position], "the action mask allows nothing", MEND)
        return masks

    def told(self, read: Callable[..., Any], *arguments: Any) -> Any:
        """What the environments' infos say; a fault where one cannot be read."""
        try:
            return read(*arguments)
        except UnreadableInfo as unreadable:
            raise self.fault(unreadable.index, unreadable.reason, MEND) from None

    def said(self, infos: Values) -> Infos:
        """The infos of a step that are not empty; a fault where one is no dict."""
        for index, info in enumerate(infos):
            if not isinstance(info, dict):
                raise self.fault(index, f"step returned {describe(info)} as info", "return a dict")
        return {index: info for index, info in enumerate(infos) if info}

    def _require_two_parts(self, result: tuple[Any, Any], index: int) -> None:
        """Whether an observation that is a pair is meant so, and is not an observation and an info."""
        if not isinstance(self._envs[index].observation_space, gym.spaces.Tuple):
            raise self.fault(index, f"reset returned {describe(result[1])} as info", "return a dict")

    def take_notes(self) -> tuple[str, ...]:
        """What to tell the user, once."""
        notes, self._notes = self._notes, ()
        return notes

    def fault(self, index: int, problem: str, remedy: str, kind: type[RlgxError] = EnvFault) -> RlgxError:
        """An error that says in which row and step."""
        return kind(f"{self._name}, row {self._rows[index]}, step {self.step_count}: {problem}", remedy)
