"""What every vector environment here shares: rl_games' interface over `Transition`. Steps nothing itself."""

import logging
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any

import numpy as np
from rl_games.common.ivecenv import IVecEnv
from typing_extensions import Self

from cfg.errors import ConfigError
from tasks.arrays import Array, Observation
from tasks.vec_env.transition import FirstObservation, Transition

logger = logging.getLogger("rlgx.tasks")


class VecEnv(IVecEnv, ABC):
    """N environments behind the contract of `tasks.vec_env.contract`.

    Attributes:
        name: of the environment.
        num_envs: N.
        notes: what the user was told about the environment.
    """

    def __init__(self, name: str, num_envs: int, env_info: dict[str, Any]) -> None:
        self.name = name
        self.num_envs = num_envs
        self.notes: tuple[str, ...] = ()
        self._env_info = env_info
        self._masks: Array | None = None
        self._is_closed = False

    def reset(self) -> Observation:
        """First observations of new episodes in every row."""
        first = self._reset()
        self._masks = first.masks
        self._tell(first.notes)
        return first.obs

    def step(self, actions: Array) -> tuple[Observation, Array, Array, dict[str, Any]]:
        """Observations, rewards, dones and infos of one step; done rows are reset already."""
        transition = self._step(np.asarray(actions))
        self._masks = transition.masks
        if transition.notes:
            self._tell(transition.notes)
        return transition.obs, transition.reward, transition.done, transition.infos()

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

    def get_env_state(self) -> None:
        """Nothing yet: a resumed run starts new episodes."""

    def set_env_state(self, env_state: Any) -> None:
        """Accepts what `get_env_state` gave."""

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
