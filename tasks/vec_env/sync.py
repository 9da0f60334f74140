"""All environments in this process, one after the other. Starts no process."""

from collections.abc import Sequence
from typing import Any

from cfg.schema import FATAL, FaultsConfig
from tasks.arrays import Array
from tasks.factory import EnvFactory
from tasks.vec_env.base import VecEnv
from tasks.vec_env.losses import Budget, rebuilding
from tasks.vec_env.row_states import Restart, RowState
from tasks.vec_env.rows import Rows
from tasks.vec_env.transition import FirstObservation, Transition


class SyncVecEnv(VecEnv):
    """N Gymnasium environments stepped in a loop.

    Args:
        factory: makes each environment.
        num_envs: N.
        seed: of the run.
        role: one of `tasks.seeding.ROLES`.
        faults: what becomes of an environment that fails. One that hangs cannot be interrupted.
    """

    def __init__(
        self,
        factory: EnvFactory,
        num_envs: int,
        *,
        seed: int,
        role: str = "train",
        faults: FaultsConfig = FATAL,
    ) -> None:
        self._rows = Rows(factory, range(num_envs), seed, role, rebuilding(faults))
        super().__init__(factory.name, num_envs, self._rows.layout.env_info(), Budget(faults.budget))

    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""
        self._rows.seed(seed)

    def has_action_masks(self) -> bool:
        """Whether the environments tell allowed actions."""
        return self._rows.has_masks

    def render(self) -> Any:
        """The frame of row 0; None without a render mode."""
        return self._rows.render()

    def _get_rows(self) -> list[RowState]:
        return self._rows.get_state()

    def _set_rows(self, states: Sequence[RowState | None]) -> list[Restart]:
        return [self._rows.set_state(states)]

    def _reset(self) -> FirstObservation:
        return self._rows.reset()

    def _step(self, actions: Array) -> Transition:
        return self._rows.step(actions)

    def _close(self) -> None:
        self._rows.close()
