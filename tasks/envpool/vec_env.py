"""The contract on envpool, which resets a row in the step after its episode's last unless it is told to."""

from typing import Any

import numpy as np

from cfg.errors import ConfigError, EnvFault, foreign_code
from tasks.arrays import Array, Observation
from tasks.envpool.pool import Pool
from tasks.factory import EnvFactory
from tasks.seeding import env_seed
from tasks.vec_env.engine import EngineVecEnv
from tasks.vec_env.episodes import SUCCESS_KEYS
from tasks.vec_env.transition import FirstObservation, Transition, replace_rows

WINDOW = "human"
WINDOW_NOTE = "envpool opens no window: capture_video=True makes a film"


class EnvpoolVecEnv(EngineVecEnv):
    """N rows of an environment of envpool.

    Rows that are done are reset by a second call in the same step, which gives just those rows. envpool seeds
    when it is made, so it is made anew for the first reset after `seed`.

    Args:
        factory: of an environment of envpool.
        num_envs: N.
        num_workers: C++ threads; as many as envpool thinks right where None.
        seed: of the run.
        role: one of `tasks.seeding.ROLES`.
    """

    MEND = "use its Gymnasium id"

    def __init__(
        self,
        factory: EnvFactory,
        num_envs: int,
        num_workers: int | None = None,
        *,
        seed: int,
        role: str = "train",
    ) -> None:
        self._pool: Pool = factory.kwargs["pool"]
        self._has_window = factory.render_mode == WINDOW
        self._render_mode = None if self._has_window else factory.render_mode
        if self._render_mode is not None and not self._pool.can_draw:
            raise ConfigError(
                f"capture_video=True: {factory.name} cannot be drawn",
                "leave capture_video out, or play its checkpoint on its Gymnasium id, where it has one",
            )
        self._num_threads = num_workers or 0
        self._role = role
        self._env: Any = None
        notes = (WINDOW_NOTE,) if self._has_window else ()
        spaces = self._pool.observation_space, self._pool.action_space
        super().__init__(factory.name, num_envs, *spaces, notes=notes)
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""
        self._seeds: list[int] | None = [env_seed(seed, self._role, row) for row in range(self.num_envs)]

    def render(self) -> Any:
        """The frame of row 0; None without a render mode."""
        if self._render_mode is None:
            return None
        with foreign_code(f"{self.name}: render failed", "leave capture_video out", EnvFault):
            return self._env.render()[0]

    def _reset(self) -> FirstObservation:
        if self._seeds is not None:
            self._env = None  # which ends its threads
            self._env = self._pool.make(self._seeds, self._num_threads, self._render_mode)
            self._seeds = None
        raw, _ = self._env.reset()
        self._statistics.restart()
        return FirstObservation(self._read(raw, np.arange(self.num_envs)), notes=self._layout.notes)

    def _step(self, actions: Array) -> Transition:
        self._step_count += 1
        result = self._call("step", lambda: self._env.step(self._batch(actions)))
        raw, rewards, terminated, truncated, infos = result
        reward = self._read_rewards(rewards)
        done = np.asarray(terminated | truncated, np.bool_)
        successors = self._read(raw, np.arange(self.num_envs))
        self._statistics.add(reward)
        rows = np.flatnonzero(done)
        return Transition(
            obs=self._restart(successors, rows) if rows.size else successors,
            reward=reward.astype(np.float32),
            done=done,
            time_outs=_time_outs(truncated, infos),
            final_observation=successors if rows.size else None,
            episode=self._statistics.finish(rows, _successes(rows, infos)) if rows.size else {},
        )

    def _close(self) -> None:
        self._env = None  # envpool's close() leaves its threads, its end does not

    def _restart(self, successors: Observation, rows: Array) -> Observation:
        """The observations after a step, with the first ones of new episodes in `rows`."""
        raw, _ = self._env.reset(rows.astype(np.int32))
        return replace_rows(successors, rows, self._read(raw, rows))

    def _batch(self, actions: Array) -> Array:
        """An agent's actions as one batch of the environment's action space."""
        space = self._pool.action_space
        return np.asarray(self._layout.actions.split(actions), space.dtype)

    def _read(self, raw: Any, rows: Array) -> Observation:
        """Raw observations of some rows as fresh, finite arrays [len(rows), ...]."""
        batch: Any = [_pick(raw, index) for index in range(len(rows))] if isinstance(raw, dict) else raw
        return self._read_obs(batch, rows.tolist())


def _time_outs(truncated: Array, infos: dict[str, Any]) -> Array:
    """Bool [N]. A game of Atari says whether it is over; others count as cut off when both come at once."""
    is_over = infos.get("terminated")
    return np.asarray(truncated if is_over is None else truncated & (is_over == 0), np.bool_)


def _successes(rows: Array, infos: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """What environments say of their success, for rows that are done."""
    told = [key for key in SUCCESS_KEYS if key in infos]
    return {int(row): {key: infos[key][row] for key in told} for row in rows} if told else {}


def _pick(raw: Any, index: int) -> Any:
    """One row of a batch of nested dictionaries."""
    return {key: _pick(part, index) for key, part in raw.items()} if isinstance(raw, dict) else raw[index]
