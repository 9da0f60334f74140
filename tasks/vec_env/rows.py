"""Steps some rows of a vector environment in one process. Imports neither torch, Ray nor rl_games."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import gymnasium as gym
import numpy as np

from cfg.errors import EnvFault, RlgxError, foreign_code
from tasks.arrays import Array, Observation
from tasks.factory import EnvFactory
from tasks.lookup import dependency_error
from tasks.old_gym import five_tuple, read_attribute, split_reset
from tasks.recorder import find_recorder
from tasks.seeding import env_seed
from tasks.spaces import ShapeMismatch
from tasks.vec_env.episodes import EpisodeStatistics
from tasks.vec_env.layout import OLD_GYM_NOTE, flatten_mask, read_layout
from tasks.vec_env.named import named_numbers
from tasks.vec_env.readings import (
    NOT_READABLE,
    UnreadableInfo,
    as_column,
    describe,
    first_not_finite,
    first_unreadable,
)
from tasks.vec_env.row_states import NO_RESTART, Restart, RowState, read_rows, write_rows
from tasks.vec_env.time_limits import TimeLimits
from tasks.vec_env.transition import NOTHING, FirstObservation, Transition, replace_rows

Infos: TypeAlias = dict[int, dict[str, Any]]
Values: TypeAlias = Sequence[Any]  # one for each row

MEND_RENDER = "leave capture_video out, or set MUJOCO_GL=osmesa where there is no EGL"
MEND = "mend the environment; --check shows what else it does wrong"

logger = logging.getLogger("rlgx.tasks")


class Rows:
    """Some consecutive rows of a vector environment, each a separate Gymnasium environment.

    A row that is done is reset in the same step. Seeds depend on the row's global position alone, so a slice
    plays the same whichever process runs it.

    Args:
        factory: makes each environment; only global row 0 is given its `render_mode`.
        rows: global positions.
        seed: of the run.
        role: what the environments are for, one of `tasks.seeding.ROLES`.
    """

    def __init__(self, factory: EnvFactory, rows: range, seed: int, role: str) -> None:
        self.name = factory.name
        self.rows = rows
        self._role = role
        unseen = replace(factory, render_mode=None)
        self._envs = [factory() if row == 0 else unseen() for row in rows]
        self._limits = TimeLimits(self._envs)
        with foreign_code(f"{self.name}: its spaces cannot be read", MEND, EnvFault):
            self.layout = read_layout(self._envs[0])
            _require_equal_spaces(self.name, rows, self._envs)
        recorders = [recorder for env in self._envs if (recorder := find_recorder(env))]
        self._statistics = EpisodeStatistics(rows.start, len(rows), recorders)
        self._step_count = 0
        self._notes = self.layout.notes
        self._is_masked_by_info = False
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""
        self._seeds: list[int | None] = [env_seed(seed, self._role, row) for row in self.rows]

    def reset(self) -> FirstObservation:
        """Starts a new episode in every row."""
        raw, infos = self._reset_rows(range(len(self._envs)))
        self._seeds = [None] * len(self._envs)
        self._statistics.restart()
        self._limits.restart(slice(None))
        self._is_masked_by_info = any("action_mask" in info for info in infos.values())
        every = range(len(raw))
        return FirstObservation(self._batch(raw, every), self._masks(infos, every), self._take_notes())

    def get_state(self) -> list[RowState]:
        """What each row needs to go on elsewhere. Draws no random number and changes nothing."""
        return read_rows(self._envs, self._limits, self._statistics, self._is_masked_by_info)

    def set_state(self, states: Sequence[RowState | None]) -> Restart:
        """Has each row go on from its state; one that cannot begins a new episode, seeded after `seed`."""
        reasons = write_rows(self._envs, self._limits, self._statistics, states)
        begun = list(reasons)
        self._is_masked_by_info = any(state["masked_by_info"] for state in states if state)
        raw, infos = self._reset_rows(begun)
        self._seeds = [None] * len(self._envs)
        if not begun:
            return NO_RESTART
        self._statistics.forget(begun)
        self._is_masked_by_info |= any("action_mask" in info for info in infos.values())
        obs, masks = self._batch(raw, begun), self._masks(infos, begun)
        return Restart(np.array(begun) + self.rows.start, reasons[begun[0]], obs, masks)

    def step(self, actions: Array) -> Transition:
        """Steps every row with actions [R], [R, heads] or [R, A] and resets those that are done."""
        self._step_count += 1
        raw, rewards, terminations, truncations, infos = self._step_envs(self.layout.actions.split(actions))
        reward = self._read_rewards(rewards)
        terminated = self._read_column(terminations, np.bool_, (), "terminated")
        truncated = self._read_column(truncations, np.bool_, (), "truncated") | self._limits.count()
        done = terminated | truncated
        self._statistics.add(reward)
        obs = self._batch(raw, range(len(raw)))
        final: Observation | None = None
        episode: dict[str, Array] = NOTHING
        latest = infos
        done_rows = done.nonzero()[0]
        if done_rows.size:
            final = obs
            first, first_infos = self._reset_rows(done_rows.tolist())
            self._limits.restart(done_rows)
            obs = replace_rows(obs, done_rows, self._batch(first, done_rows.tolist()))
            episode = self._told(self._statistics.finish, done_rows, infos)
            latest = {**infos, **first_infos}
        return Transition(
            obs=obs,
            reward=reward.astype(np.float32),
            done=done,
            time_outs=truncated > terminated,
            final_observation=final,
            episode=episode,
            rewards=self._told(named_numbers, "rewards", infos, len(raw)) if infos else NOTHING,
            metrics=self._told(named_numbers, "metrics", infos, len(raw)) if infos else NOTHING,
            masks=self._masks(latest, range(len(raw))),
            notes=self._take_notes(),
        )

    @property
    def has_masks(self) -> bool:
        """Whether the environments tell allowed actions, by a method or in their infos.

        Before the first reset one environment is reset to see; its seed is kept for the real reset.
        """
        if self.layout.mask_method is not None or self._is_masked_by_info:
            return True
        if self._step_count or self._seeds[0] is None:
            return False
        _, infos = self._reset_rows([0])
        return "action_mask" in infos.get(0, {})

    def render(self) -> Any:
        """The first row's frame; None where it has no render mode."""
        env = self._envs[0]
        if env.render_mode is None:
            return None
        try:
            return env.render()
        except (ImportError, gym.error.DependencyNotInstalled) as cause:
            raise dependency_error(self.name, cause) from cause
        except Exception as cause:
            raise self._fault(0, f"render failed: {type(cause).__name__}: {cause}", MEND_RENDER) from cause

    def close(self) -> None:
        """Closes every environment, the rest too when one fails."""
        envs, self._envs = self._envs, []
        for index, env in enumerate(envs):
            try:
                env.close()
            except Exception as cause:  # noqa: BLE001, PERF203  # a failing close must not keep the rest open
                logger.warning("%s: row %d failed to close: %s", self.name, self.rows[index], cause)

    def _step_envs(self, actions: list[Any]) -> tuple[Values, Values, Values, Values, Infos]:
        """The hot loop: raw observations, rewards, terminations and truncations, and the infos not empty."""
        results: list[Any] = []
        append = results.append
        try:
            for step, action in zip(self._limits.steps, actions, strict=True):
                append(step(action))
            try:
                raw, rewards, terminations, truncations, infos = zip(*results, strict=True)
            except (ValueError, TypeError):
                results = [self._read_old_step(result, index) for index, result in enumerate(results)]
                raw, rewards, terminations, truncations, infos = zip(*results, strict=True)
        except RlgxError:
            raise
        except Exception as cause:
            raise self._fault(len(results), f"step failed: {type(cause).__name__}: {cause}", MEND) from cause
        said = {
            index: self._require_dict(info, index)
            for index, info in enumerate(infos)
            if info.__class__ is not dict or info
        }
        return raw, rewards, terminations, truncations, said

    def _reset_rows(self, indices: Sequence[int]) -> tuple[list[Any], Infos]:
        """New episodes in some rows: raw observations in the order of `indices`, and the infos not empty."""
        raw: list[Any] = []
        infos: Infos = {}
        for index in indices:
            try:
                result = self._envs[index].reset(seed=self._seeds[index])
            except Exception as cause:
                raise self._fault(index, f"reset failed: {type(cause).__name__}: {cause}", MEND) from cause
            observation, info = split_reset(result)
            if isinstance(result, tuple) and len(result) == 2 and observation is result:
                self._require_two_parts(result, index)
            raw.append(observation)
            if info:
                infos[index] = info
        return raw, infos

    def _read_old_step(self, result: Any, index: int) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """One row's step as five values; a step of the old API has four."""
        if not isinstance(result, tuple) or len(result) not in (4, 5):
            problem = f"step returned {describe(result)} where five values were expected"
            raise self._fault(index, problem, MEND)
        if len(result) == 4:
            self._notes = tuple(dict.fromkeys((*self._notes, OLD_GYM_NOTE)))
        return five_tuple(result)

    def _batch(self, raw: Values, indices: Sequence[int]) -> Observation:
        """Raw observations of some rows as fresh, finite arrays."""
        try:
            obs = self.layout.batch(raw)
        except ShapeMismatch as mismatch:
            raise self._fault(indices[mismatch.index], mismatch.reason, MEND) from None
        if (wrong := first_not_finite(obs)) is not None:
            raise self._fault(indices[wrong], "the observation is not finite", "clip it in the environment")
        return obs

    def _read_rewards(self, rewards: Values) -> Array:
        """Rewards as finite float64 [R], or [R, value_size]."""
        size = self.layout.value_size
        values = self._read_column(rewards, np.float64, () if size == 1 else (size,), "reward")
        if (wrong := first_not_finite(values)) is not None:
            raise self._fault(wrong, f"the reward is {rewards[wrong]}", "mend what divides by zero")
        return values

    def _read_column(self, values: Values, dtype: type, shape: tuple[int, ...], what: str) -> Array:
        """One value of a shape per row as one array; a number in a list of one is let through."""
        try:
            column = as_column(values, dtype)
            return column if column.shape[1:] == shape else column.reshape(len(values), *shape)
        except NOT_READABLE:
            index = first_unreadable(values, dtype, shape)
            problem = f"{what} is {describe(values[index])} where shape {shape} was expected"
            raise self._fault(index, problem, MEND) from None

    def _masks(self, infos: Infos, indices: Sequence[int]) -> Array | None:
        """Allowed actions of some rows, from the environments' method or from their latest infos."""
        if self.layout.mask_method is not None:
            raw = [read_attribute(self._envs[index], self.layout.mask_method)() for index in indices]
        elif self._is_masked_by_info:
            raw = [infos.get(index, {}).get("action_mask") for index in indices]
        else:
            return None
        masks = [flatten_mask(one) for one in raw]
        size = sum(self.layout.actions.heads)
        for index, mask in zip(indices, masks, strict=True):
            if mask.size != size:
                problem = f"the action mask holds {mask.size} values for {size} actions"
                raise self._fault(index, problem, MEND)
        return np.array(masks, bool)

    def _told(self, read: Callable[..., Any], *arguments: Any) -> Any:
        """What the environments' infos say; a fault where one cannot be read."""
        try:
            return read(*arguments)
        except UnreadableInfo as unreadable:
            raise self._fault(unreadable.index, unreadable.reason, MEND) from None

    def _require_dict(self, info: Any, index: int) -> dict[str, Any]:
        if not isinstance(info, dict):
            raise self._fault(index, f"step returned {describe(info)} as info", "return a dict")
        return info

    def _require_two_parts(self, result: tuple[Any, Any], index: int) -> None:
        """Whether an observation that is a pair is meant so, and is not an observation and an info."""
        if not isinstance(self._envs[index].observation_space, gym.spaces.Tuple):
            raise self._fault(index, f"reset returned {describe(result[1])} as info", "return a dict")

    def _take_notes(self) -> tuple[str, ...]:
        notes, self._notes = self._notes, ()
        return notes

    def _fault(self, index: int, problem: str, remedy: str) -> EnvFault:
        return EnvFault(f"{self.name}, row {self.rows[index]}, step {self._step_count}: {problem}", remedy)


def _require_equal_spaces(name: str, rows: range, envs: Sequence[Any]) -> None:
    for row, env in zip(rows, envs, strict=True):
        for space in ("observation_space", "action_space"):
            if read_attribute(env, space) != read_attribute(envs[0], space):
                raise EnvFault(
                    f"{name}: {space} of row {row} is not that of row {rows[0]}",
                    "give every environment of a task the same spaces",
                )
