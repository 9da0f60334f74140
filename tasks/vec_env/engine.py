"""What vector environments share whose engine steps all rows itself: batches read, judged and counted.

Starts no engine, and knows of none how it resets rows.
"""

from abc import ABC
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

from cfg.errors import EnvFault, NumericalFault, RlgxError
from tasks.actions import adapt_actions
from tasks.arrays import Array, Observation
from tasks.spaces import ShapeMismatch, adapt_observations
from tasks.vec_env.base import VecEnv
from tasks.vec_env.episodes import EpisodeStatistics
from tasks.vec_env.layout import Layout
from tasks.vec_env.readings import fits_float32, is_finite, not_finite


class EngineVecEnv(VecEnv, ABC):
    """N rows of an engine, which has one reward a step and no masks.

    Args:
        name: of the environment.
        num_envs: N.
        seen: observation space of one row.
        acted: action space of one row.
        render_fps: how many of its frames are one second; None where it does not say.
        notes: what the user should know.

    Attributes:
        MEND: what to do about a fault of the engine.
    """

    MEND: ClassVar[str]

    def __init__(  # noqa: PLR0913  # what a Layout is made from
        self,
        name: str,
        num_envs: int,
        seen: spaces.Space[Any],
        acted: spaces.Space[Any],
        *,
        render_fps: float | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self._layout = Layout(
            observations=adapt_observations(seen),
            states=None,
            actions=adapt_actions(acted),
            value_size=1,
            mask_method=None,
            render_fps=render_fps,
            notes=notes,
        )
        self._statistics = EpisodeStatistics(num_envs, ())
        self._step_count = 0
        super().__init__(name, num_envs, self._layout.env_info())

    def has_action_masks(self) -> bool:
        """Nothing of the kind is read."""
        return False

    def _call(self, what: str, call: Callable[[], Any]) -> Any:
        """What the engine gives; whatever it raises is a fault of the environment."""
        try:
            return call()
        except RlgxError:
            raise
        except Exception as cause:
            raise self._fault(f"{what} failed: {type(cause).__name__}: {cause}") from cause

    def _read_obs(self, raw: Any, rows: Sequence[int]) -> Observation:
        """Raw observations of some rows as fresh, finite arrays [len(rows), ...]."""
        try:
            obs = self._layout.batch(raw)
        except ShapeMismatch as mismatch:
            raise self._fault(f"row {rows[mismatch.index]}: {mismatch.reason}") from None
        if not is_finite(obs):
            for row, problem in not_finite(obs).items():
                raise self._fault(f"row {rows[row]}: {problem}", NumericalFault)
        return obs

    def _read_rewards(self, rewards: Any) -> Array:
        """Finite float64 [N]."""
        values = np.asarray(rewards, np.float64)
        if values.shape != (self.num_envs,):
            raise self._fault(f"rewards have the shape {values.shape} where one a row was expected")
        if not fits_float32(values):
            for row, problem in not_finite({}, values).items():
                raise self._fault(f"row {row}: {problem}", NumericalFault)
        return values

    def _fault(self, problem: str, kind: type[RlgxError] = EnvFault) -> RlgxError:
        return kind(f"{self.name}, step {self._step_count}: {problem}", self.MEND)
