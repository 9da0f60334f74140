"""Steps some rows of a vector environment in one process. Imports neither torch, Ray nor rl_games."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import gymnasium as gym
import numpy as np

from cfg.errors import FOREIGN, EnvFault, NumericalFault, RlgxError, foreign_code
from tasks.arrays import Array, Observation
from tasks.factory import EnvFactory
from tasks.lookup import dependency_error
from tasks.vec_env.beginnings import MEND_NUMBERS, Beginnings
from tasks.vec_env.copies import Copies
from tasks.vec_env.episodes import EpisodeStatistics
from tasks.vec_env.layout import read_layout
from tasks.vec_env.losses import NEVER, Rebuilding
from tasks.vec_env.named import named_numbers
from tasks.vec_env.reader import MEND, Infos, Plain, Reader, Values
from tasks.vec_env.readings import fits_float32, is_finite, not_finite
from tasks.vec_env.row_states import NO_RESTART, Restart, RowState, read_rows, write_rows
from tasks.vec_env.transition import NOTHING, FirstObservation, Transition, replace_rows

MEND_RENDER = "leave capture_video out, or set MUJOCO_GL=osmesa where there is no EGL"

_Outcome: TypeAlias = tuple[Values, Values, Values, Values, Values]
"""Raw observations, rewards, terminations, truncations and infos."""


class Rows:
    """Some consecutive rows of a vector environment, each a separate Gymnasium environment.

    A row that is done is reset in the same step. Seeds depend on the row's global position alone, so a slice
    plays the same whichever process runs it.

    Args:
        factory: makes each environment; only global row 0 is given its `render_mode`.
        rows: global positions.
        seed: of the run.
        role: what the environments are for, one of `tasks.seeding.ROLES`.
        rebuilding: whether an environment that fails is made anew.
        incarnations: how often each row was made anew before; never where empty.
    """

    def __init__(  # noqa: PLR0913  # of a `Copies`
        self,
        factory: EnvFactory,
        rows: range,
        seed: int,
        role: str,
        rebuilding: Rebuilding = NEVER,
        incarnations: Sequence[int] = (),
    ) -> None:
        self.name = factory.name
        self.rows = rows
        self._copies = Copies(factory, rows, seed, role, rebuilding, incarnations)
        self._envs, self._limits = self._copies.envs, self._copies.limits
        with foreign_code(f"{self.name}: its spaces cannot be read", MEND, EnvFault):
            self.layout = read_layout(self._envs[0])
            self._copies.require_equal_spaces()
        self._statistics = EpisodeStatistics(len(rows), self._copies.recorders)
        self._read = Reader(self.name, rows, self._envs, self.layout)
        self._every = range(len(rows))
        self._begin = Beginnings(self._copies, self._read, self.layout.value_size)

    def count_resets_in(self, counter: Array) -> None:
        """Has the first number of an int64 array count resets begun and ended: it is odd within one."""
        self._begin.resets = counter.data

    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""
        self._copies.seed(seed)

    def reset(self) -> FirstObservation:
        """Starts a new episode in every row."""
        obs, infos = self._begin.firsts(self._every)
        self._copies.forget_seeds()
        self._statistics.restart()
        self._limits.restart(slice(None))
        self._read.is_masked_by_info = any("action_mask" in info for info in infos.values())
        losses = self._copies.take_losses()
        masks = self._read.masks(infos, self._every)
        return FirstObservation(obs, masks, self._read.take_notes(), losses)

    def get_state(self) -> list[RowState]:
        """What each row needs to go on elsewhere. Draws no random number and changes nothing."""
        return read_rows(self._envs, self._limits, self._statistics, self._read.is_masked_by_info)

    def set_state(self, states: Sequence[RowState | None]) -> Restart:
        """Has each row go on from its state; one that cannot begins a new episode, seeded after `seed`."""
        reasons = write_rows(self._envs, self._limits, self._statistics, states)
        begun = list(reasons)
        read = self._read
        read.is_masked_by_info = any(state["masked_by_info"] for state in states if state)
        obs, infos = self._begin.firsts(begun) if begun else ({}, {})
        self._copies.forget_seeds()
        if not begun:
            return NO_RESTART
        self._statistics.forget(begun)
        read.is_masked_by_info |= any("action_mask" in info for info in infos.values())
        masks = read.masks(infos, begun)
        return Restart(np.array(begun) + self.rows.start, reasons[begun[0]], obs, masks)

    def step(self, actions: Array) -> Transition:
        """Steps every row with actions [R], [R, heads] or [R, A] and resets those that are done."""
        stepped = self.step_plainly(actions)
        if isinstance(stepped, Transition):
            return stepped
        obs, reward = stepped
        nobody = np.zeros(len(reward), bool)
        return Transition(obs, reward.astype(np.float32), nobody, nobody.copy())

    def step_plainly(self, actions: Array) -> Transition | Plain:
        """The same; of a step in which nothing happened observations and rewards alone."""
        read = self._read
        read.step_count += 1
        outcome = self._step_envs(self.layout.actions.split(actions))
        at_limit = self._limits.count()
        if at_limit is None and not self._copies.losses:
            plain = read.plain(*outcome)
            if plain is not None:  # most steps
                self._statistics.add(plain[1])
                return plain
        return self._judged(outcome, at_limit)

    @property
    def has_masks(self) -> bool:
        """Whether the environments tell allowed actions, by a method or in their infos.

        Before the first reset one environment is reset to see; its seed is kept for the real reset.
        """
        if self.layout.mask_method is not None or self._read.is_masked_by_info:
            return True
        if self._read.step_count or self._copies.seeds[0] is None:
            return False
        _, infos = self._begin.firsts([0])
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
        except FOREIGN as cause:
            raise self._read.fault(
                0, f"render failed: {type(cause).__name__}: {cause}", MEND_RENDER
            ) from cause

    def close(self) -> None:
        """Closes every environment, the rest too when one fails."""
        self._copies.close()

    def _step_envs(self, actions: list[Any] | Array) -> _Outcome:
        """The hot loop: what each environment's step gave, read no further."""
        results: list[Any] = []
        append = results.append
        try:
            for step, action in zip(self._limits.steps, actions, strict=True):
                append(step(action))
        except RlgxError:
            raise
        except FOREIGN as cause:  # noqa: BLE001  # an environment may raise anything
            results = self._step_rest(results, actions, cause)
        try:
            raw, rewards, terminations, truncations, infos = zip(*results, strict=True)
        except (ValueError, TypeError):
            results = [self._read.old_step(result, index) for index, result in enumerate(results)]
            raw, rewards, terminations, truncations, infos = zip(*results, strict=True)
        return raw, rewards, terminations, truncations, infos

    def _judged(self, outcome: _Outcome, at_limit: Array | None) -> Transition:
        """The transition of a step, whatever happened in it."""
        read = self._read
        infos = read.said(outcome[4])
        obs, reward = read.batch(outcome[0], self._every), read.rewards(outcome[1])
        if not (fits_float32(reward) and is_finite(obs)):
            outcome = self._without(not_finite(obs, reward), outcome)
            obs, reward = read.batch(outcome[0], self._every), read.rewards(outcome[1])
            for index, problem in not_finite(obs, reward).items():
                raise read.fault(index, f"{problem}, made anew as well", MEND_NUMBERS, NumericalFault)
            infos = read.said(outcome[4])
        self._statistics.add(reward)
        done, time_outs = self._judge(read.ends(outcome[2], outcome[3]), at_limit)
        final: Observation | None = None
        episode: dict[str, Array] = NOTHING
        latest = infos
        done_rows = done.nonzero()[0]
        if done_rows.size:
            final, obs, episode, latest = self._begin_anew(done_rows, obs, infos)
        rewards_told, metrics = read.told(named_numbers, infos, len(done)) if infos else (NOTHING, NOTHING)
        transition = Transition(
            obs=obs,
            reward=reward.astype(np.float32),
            done=done,
            time_outs=time_outs,
            final_observation=final,
            episode=episode,
            rewards=rewards_told,
            metrics=metrics,
            masks=read.masks(latest, self._every),
            notes=read.take_notes(),
        )
        return self._with_losses(transition) if self._copies.losses else transition

    def _judge(self, ends: tuple[Array, Array], at_limit: Array | None) -> tuple[Array, Array]:
        """Which rows are done, and which of them by their time alone: bool [R] each."""
        terminated, truncated = ends
        if at_limit is not None:
            truncated = truncated | at_limit
        return terminated | truncated, truncated > terminated

    def _step_rest(self, results: list[Any], actions: list[Any] | Array, cause: BaseException) -> list[Any]:
        """Every row's result where one failed: another environment steps in, and the rows after it step."""
        results = list(results)
        while len(results) < len(actions):
            fault = self._read.fault(len(results), f"step failed: {type(cause).__name__}: {cause}", MEND)
            fault.__cause__ = cause
            results.append(self._begin.in_place_of(len(results), fault))
            try:
                for index in range(len(results), len(actions)):
                    results.append(self._limits.steps[index](actions[index]))
            except RlgxError:
                raise
            except FOREIGN as another:  # noqa: BLE001  # an environment may raise anything
                cause = another
        return results

    def _without(self, wrong: Mapping[int, str], outcome: _Outcome) -> _Outcome:
        """A step's outcome with other environments in the rows where something is not finite."""
        results = list(zip(*outcome, strict=True))
        for index, problem in wrong.items():
            fault = self._read.fault(index, problem, MEND_NUMBERS, NumericalFault)
            if not self._copies.rebuilding.of_nonfinite:
                raise fault
            results[index] = self._begin.in_place_of(index, fault)
        raw, rewards, terminations, truncations, infos = zip(*results, strict=True)
        return raw, rewards, terminations, truncations, infos

    def _with_losses(self, transition: Transition) -> Transition:
        """Tells which rows a fault ended; what they showed last only the driver knows."""
        lost = np.zeros(len(self.rows), bool)
        lost[list(self._begin.lost)] = True
        self._begin.lost = {}
        return transition._replace(lost=lost, losses=self._copies.take_losses())

    def _begin_anew(
        self, rows: Array, obs: Observation, infos: Infos
    ) -> tuple[Observation, Observation, dict[str, Array], Infos]:
        """Final observations, those with first ones of done rows, their statistics, and the latest infos."""
        final, latest = obs, infos
        if self._begin.lost:
            lost = np.array(sorted(self._begin.lost))
            self._statistics.forget(lost.tolist())
            self._limits.restart(lost)
            rows = np.setdiff1d(rows, lost)
            latest = {**latest, **self._begin.lost}
        episode: dict[str, Array] = NOTHING
        if rows.size:
            first, first_infos = self._begin.firsts(rows.tolist())
            self._limits.restart(rows)
            obs = replace_rows(obs, rows, first)
            episode = self._read.told(self._statistics.finish, rows, infos)
            latest = {**latest, **first_infos}
        return final, obs, episode, latest
