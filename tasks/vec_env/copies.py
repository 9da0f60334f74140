"""The environments of some rows: made, seeded, reset, and made anew when they fail. Steps none."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gymnasium as gym

from cfg.errors import FOREIGN, EnvFault, RlgxError
from tasks.factory import EnvFactory
from tasks.old_gym import read_attribute
from tasks.recorder import EpisodeRecorder, find_recorder
from tasks.seeding import env_seed
from tasks.vec_env.losses import NEVER, PAUSES_S, Loss, Rebuilding
from tasks.vec_env.time_limits import TimeLimits

logger = logging.getLogger("rlgx.tasks")


class Copies:
    """Copies of one environment, one for each row.

    Args:
        factory: makes each; only global row 0 is given its `render_mode`.
        rows: global positions.
        seed: of the run.
        role: what the environments are for, one of `tasks.seeding.ROLES`.
        rebuilding: whether one that fails is made anew.
        incarnations: how often each row was made anew before; never where empty.

    Attributes:
        envs: one for each row.
        rebuilding: as given.
        limits: their steps, and what cuts them off.
        losses: what was made anew and not told yet.
        recorders: of the rows, where they have such; empty where they have none.
    """

    def __init__(  # noqa: PLR0913  # what `Rows` is made from
        self,
        factory: EnvFactory,
        rows: range,
        seed: int,
        role: str,
        rebuilding: Rebuilding = NEVER,
        incarnations: Sequence[int] = (),
    ) -> None:
        self.name = factory.name
        self._rows = rows
        self._role = role
        self.rebuilding = rebuilding
        self._incarnations = list(incarnations) or [0] * len(rows)
        unseen = replace(factory, render_mode=None)
        self._makers = [factory if row == 0 else unseen for row in rows]
        self.envs: list[gym.Env[Any, Any]] = [make() for make in self._makers]
        self.limits = TimeLimits(self.envs)
        self.recorders: list[EpisodeRecorder] = [
            recorder for env in self.envs if (recorder := find_recorder(env))
        ]
        self.losses: tuple[Loss, ...] = ()
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Has the next reset of each row start its random stream anew."""
        self._seed = seed
        self.seeds: list[int | None] = [self._seed_of(index) for index in range(len(self._rows))]

    def forget_seeds(self) -> None:
        """Has later resets go on with the streams there are."""
        self.seeds = [None] * len(self._rows)

    def renew(self, index: int, fault: RlgxError) -> Any:
        """Makes an environment anew that failed; gives what its reset returned.

        Raises the fault itself where nothing is made anew, and EnvFault where that does not work either.
        """
        if not self.rebuilding.is_on:
            raise fault
        began = time.monotonic()
        last: BaseException = fault
        for pause_s in PAUSES_S:
            time.sleep(pause_s)
            try:
                result = self._made_anew(index)
            except FOREIGN as cause:  # noqa: BLE001, PERF203  # an environment may raise anything
                last = cause
                continue
            seconds = time.monotonic() - began
            self.losses += (Loss((self._rows[index],), fault.problem, seconds, self._incarnations[index]),)
            return result
        said = last.problem if isinstance(last, RlgxError) else f"{type(last).__name__}: {last}"
        raise EnvFault(
            f"{fault.problem}; made anew, it failed {len(PAUSES_S)} times running: {said}", fault.remedy
        ) from last

    def require_equal_spaces(self) -> None:
        """Raises EnvFault where two rows differ in their spaces."""
        for index in range(1, len(self.envs)):
            self._require_spaces_of(self.envs[0], self.envs[index], index)

    def take_losses(self) -> tuple[Loss, ...]:
        """What was made anew since the last call."""
        losses, self.losses = self.losses, ()
        return losses

    def close(self) -> None:
        """Closes every environment, the rest too when one fails."""
        envs, self.envs[:] = list(self.envs), []
        for row, env in zip(self._rows, envs, strict=False):
            self._close(row, env)

    def _made_anew(self, index: int) -> Any:
        self._close(self._rows[index], self.envs[index])
        self._incarnations[index] += 1
        made = self._makers[index]()
        try:
            self._require_spaces_of(self.envs[index], made, index)
        except EnvFault:
            self._close(self._rows[index], made)
            raise
        self.envs[index] = made
        self.limits.replace(index, made)
        if self.recorders:
            recorder = find_recorder(made)
            assert recorder is not None, self.name
            self.recorders[index] = recorder
        return made.reset(seed=self._seed_of(index))

    def _seed_of(self, index: int) -> int:
        return env_seed(self._seed, self._role, self._rows[index], self._incarnations[index])

    def _close(self, row: int, env: gym.Env[Any, Any]) -> None:
        try:
            env.close()
        except FOREIGN as cause:  # noqa: BLE001  # a failing close must not keep the rest open
            logger.warning("%s: row %d failed to close: %s", self.name, row, cause)

    def _require_spaces_of(self, first: gym.Env[Any, Any], env: gym.Env[Any, Any], index: int) -> None:
        for space in ("observation_space", "action_space"):
            if read_attribute(env, space) != read_attribute(first, space):
                raise EnvFault(
                    f"{self.name}: {space} of row {self._rows[index]} is not that of row {self._rows[0]}",
                    "give every environment of a task the same spaces",
                )
