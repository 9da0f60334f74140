"""What every vector environment here shares: rl_games' interface over `Transition`. Steps nothing itself."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np
from rl_games.common.ivecenv import IVecEnv
from typing_extensions import Self

from cfg.errors import ConfigError
from tasks.arrays import Array, Observation
from tasks.vec_env.losses import Budget
from tasks.vec_env.row_states import NO_STATE, Restart, RowState
from tasks.vec_env.transition import FirstObservation, Transition, join_rows, pick_rows, replace_rows

State: TypeAlias = dict[str, Any]

logger = logging.getLogger("rlgx.tasks")


class VecEnv(IVecEnv, ABC):
    """N environments behind the contract of `tasks.vec_env.contract`.

    Attributes:
        name: of the environment.
        num_envs: N.
        notes: what the user was told about the environment.
    """

    def __init__(
        self, name: str, num_envs: int, env_info: dict[str, Any], budget: Budget | None = None
    ) -> None:
        self.name = name
        self.num_envs = num_envs
        self.notes: tuple[str, ...] = ()
        self._env_info = env_info
        self._current: Any = None
        self._masks: Array | None = None
        self._is_closed = False
        self._budget = budget or Budget(0)  # of restarts
        self._told_restarts = 0

    def reset(self) -> Observation:
        """First observations of new episodes in every row."""
        first = self._reset()
        self._current, self._masks = first.obs, first.masks
        self._budget.take(first.losses)
        self._tell(first.notes)
        return first.obs

    def step(self, actions: Array) -> tuple[Observation, Array, Array, dict[str, Any]]:
        """Observations, rewards, dones and infos of one step; done rows are reset already."""
        transition = self._step(np.asarray(actions))
        if transition.losses or self._budget.restarts != self._told_restarts:
            transition = self._with_losses(transition)
        self._current, self._masks = transition.obs, transition.masks
        if transition.notes:
            self._tell(transition.notes)
        return transition.obs, transition.reward, transition.done, transition.infos()

    def _with_losses(self, transition: Transition) -> Transition:
        """Counts what was made anew; lost rows showed nothing after what was last seen of them."""
        self._budget.take(transition.losses)
        self._told_restarts = self._budget.restarts
        final, lost = transition.final_observation, transition.lost
        if final is not None and lost is not None:
            final = replace_rows(final, lost, pick_rows(self._current, lost))
        return transition._replace(final_observation=final, restarts=self._told_restarts)

    def get_env_info(self) -> dict[str, Any]:
        """Spaces, agents, value size, and that autoreset is same-step."""
        return dict(self._env_info)

    @abstractmethod
    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""

    @abstractmethod
    def has_action_masks(self) -> bool:
        """Whether the environments tell allowed actions."""

    def get_action_masks(self) -> Array:
        """Allowed actions bool [N, choices] for the last observation."""
        if self._masks is None:
            raise ConfigError(
                f"use_action_masks: True, but {self.name} gives no action masks",
                "set it to False, or give the environment get_action_mask() or info['action_mask']",
            )
        return self._masks

    def has_action_mask(self) -> bool:
        """The name under which rl_games' player asks."""
        return self.has_action_masks()

    def get_action_mask(self) -> Array:
        """The name under which rl_games' player asks."""
        return self.get_action_masks()

    def set_train_info(self, env_frames: int, *args: Any, **kwargs: Any) -> None:
        """Accepted and ignored: no environment here has a curriculum."""

    def get_env_state(self) -> State:
        """What the rows need to go on elsewhere, as plain data and arrays; draws no random number.

        `obs` and `masks` are those of now, None before the first reset; `rows` has one entry each, or is None
        where rows of this kind cannot be restored.
        """
        return {"obs": self._current, "masks": self._masks, "rows": self._get_rows()}

    def set_env_state(self, env_state: State | None) -> tuple[Observation, Array]:
        """Go on from what `get_env_state` gave, of as many rows on any kind of workers.

        Returns the observations [N, ...] to go on with, and bool [N]: which rows could not and have begun new
        episodes, with seeds of the last `seed`. What they played before counts as cut off.
        """
        if env_state is None:  # as in a checkpoint of stock rl_games
            return self._current, np.zeros(self.num_envs, bool)
        states = env_state["rows"]
        if states is None or len(states) != self.num_envs:
            states = [None] * self.num_envs
        restarts = [restart for restart in self._set_rows(states) if len(restart.rows)]
        begun = np.array([row for restart in restarts for row in restart.rows], np.int64)
        if len(begun) == self.num_envs:
            self._current, self._masks = join_rows([(piece.obs, piece.masks) for piece in restarts])
        else:
            self._current, self._masks = env_state["obs"], env_state["masks"]
            for rows, _, obs, masks in restarts:
                self._current = replace_rows(self._current, rows, obs)
                if self._masks is not None:
                    self._masks = _replaced(self._masks, rows, masks)
        if restarts:
            reason = restarts[0].reason
            self._tell((f"{len(begun)} of {self.num_envs} rows begin new episodes: {reason}",))
        return self._current, np.isin(np.arange(self.num_envs), begun)

    def _get_rows(self) -> Sequence[RowState | None] | None:
        """Each row's state; None where rows of this kind cannot be restored."""
        return None

    def _set_rows(self, states: Sequence[RowState | None]) -> list[Restart]:
        """Put the rows' states back, all or by pieces: which of them could not."""
        first = self._reset()
        return [Restart(np.arange(self.num_envs), NO_STATE, first.obs, first.masks)]

    @abstractmethod
    def render(self) -> Any:
        """The frame of row 0 [H, W, 3]; None without a render mode or where it draws a window itself."""

    def close(self) -> None:
        """Closes every environment; again is harmless."""
        if not self._is_closed:
            self._is_closed = True
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _reset(self) -> FirstObservation: ...

    @abstractmethod
    def _step(self, actions: Array) -> Transition: ...

    @abstractmethod
    def _close(self) -> None: ...

    def _tell(self, notes: tuple[str, ...]) -> None:
        for note in notes:
            if note not in self.notes:
                self.notes += (note,)
                logger.warning("%s: %s", self.name, note)


def _replaced(values: Array, rows: Array, others: Array) -> Array:
    replaced = values.copy()
    replaced[rows] = others
    return replaced
