"""N environments in worker processes, whoever hosts them. Starts and ends no process itself."""

import time
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from cfg.errors import EnvFault
from tasks.arrays import Array
from tasks.factory import EnvFactory
from tasks.vec_env.base import VecEnv
from tasks.vec_env.channel import ENDED, STEPPED, AnyChannel, StepAnswers, ask_all, collect
from tasks.vec_env.exchange import StepArrays, copied, plan_of, write
from tasks.vec_env.row_states import Restart, RowState
from tasks.vec_env.shared_memory import SharedArrays
from tasks.vec_env.slices import split_rows
from tasks.vec_env.transition import NOTHING, FirstObservation, Transition, join_extras, join_firsts

CLOSE_TIMEOUT_S = 2
"""How long environments get to close before their process is killed."""

_SHORTEST_S = 0.01


class WorkerVecEnv(VecEnv):
    """N Gymnasium environments in W processes.

    Args:
        factory: makes each environment; it travels to the workers.
        num_envs: N.
        num_workers: W; as many as there are processors, but no more than environments, where None.
        seed: of the run.
        role: one of `tasks.seeding.ROLES`.
    """

    def __init__(
        self,
        factory: EnvFactory,
        num_envs: int,
        num_workers: int | None = None,
        *,
        seed: int,
        role: str = "train",
    ) -> None:
        self._channels: list[AnyChannel] = []
        slices = split_rows(num_envs, num_workers)
        try:
            self._start(factory, slices, seed, role)
            info = self._common_info(factory.name)
            self._share(info, slices)
        except BaseException:  # a signal's, too
            self._close()
            raise
        super().__init__(factory.name, num_envs, info)

    @abstractmethod
    def _start(self, factory: EnvFactory, slices: Sequence[range], seed: int, role: str) -> None:
        """Start a worker for each slice of rows and put a channel to each into `_channels`."""

    @abstractmethod
    def _stop(self) -> None:
        """End the workers, who have closed their environments if they could."""

    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""
        ask_all(self._channels, "seed", seed)

    def has_action_masks(self) -> bool:
        """Whether the environments tell allowed actions."""
        return bool(ask_all(self._channels[:1], "has_masks")[0])

    def render(self) -> Any:
        """The frame of row 0; None without a render mode."""
        return ask_all(self._channels[:1], "render")[0]

    def _common_info(self, name: str) -> dict[str, Any]:
        """What every worker says of its environments: the memory they share is laid out by it."""
        first, *others = ask_all(self._channels, "env_info")
        for channel, other in zip(self._channels[1:], others, strict=True):
            if other != first:
                raise EnvFault(
                    f"{name}: the spaces of row {channel.rows[0]} are not those of row 0",
                    "give every environment of a task the same spaces",
                )
        info: dict[str, Any] = first
        return info

    def _share(self, info: dict[str, Any], slices: Sequence[range]) -> None:
        num_envs = slices[-1].stop
        shared = SharedArrays.create(plan_of(info, num_envs))
        try:
            ask_all(self._channels, "attach", shared.path, num_envs)
        finally:
            shared.unlink()
        self._all = StepArrays.of(shared, info, range(num_envs))
        self._parts = [StepArrays.of(shared, info, rows) for rows in slices]
        self._answers = StepAnswers(self._channels)

    def _get_rows(self) -> list[RowState]:
        return [state for states in ask_all(self._channels, "get_state") for state in states]

    def _set_rows(self, states: Sequence[RowState | None]) -> list[Restart]:
        for channel in self._channels:
            channel.ask("set_state", states[channel.rows.start : channel.rows.stop])
        return collect(self._channels)

    def _reset(self) -> FirstObservation:
        firsts: list[FirstObservation] = ask_all(self._channels, "reset")
        return join_firsts(firsts, copied(self._all.obs))

    def _step(self, actions: Array) -> Transition:
        arrays = self._all
        arrays.actions[...] = actions.reshape(arrays.actions.shape)
        for channel in self._channels:
            channel.ask_step()
        answers = self._answers.collect()
        is_done = answers.count(STEPPED) < len(answers) and self._level(answers)
        transition = Transition(
            obs=copied(arrays.obs),
            reward=arrays.reward.copy(),
            done=arrays.done.copy(),
            time_outs=arrays.time_outs.copy(),
            final_observation=copied(arrays.final) if is_done else None,
            episode=arrays.episode() if is_done else NOTHING,
        )
        if all(isinstance(answer, bytes) for answer in answers):
            return transition
        pieces = [
            answer if isinstance(answer, Transition) else _shared_part(part)
            for part, answer in zip(self._parts, answers, strict=True)
        ]
        return transition._replace(**join_extras(pieces))

    def _level(self, answers: Sequence[bytes | Transition]) -> bool:
        """Whether a row is done; brings the final observations of workers up to date that have none."""
        has_end = [_has_end(answer) for answer in answers]
        if not any(has_end):
            return False
        for part, is_level in zip(self._parts, has_end, strict=True):
            if not is_level:
                write(part.final, part.obs)
                part.episodes["ended"] = False
        return True

    def _close(self) -> None:
        # All at once: of many that are in the middle of a long step, none waits for another.
        for channel in self._channels:
            channel.ask_close()
        deadline = time.monotonic() + CLOSE_TIMEOUT_S
        for channel in self._channels:
            channel.close(max(_SHORTEST_S, deadline - time.monotonic()))
        self._stop()


def _has_end(answer: bytes | Transition) -> bool:
    """Whether a worker's answer to a step tells of a row that is done."""
    return answer == ENDED if isinstance(answer, bytes) else bool(answer.done.any())


def _shared_part(part: StepArrays) -> Transition:
    """What a worker that had nothing more to say has put into the arrays."""
    return Transition(part.obs, part.reward, part.done, part.time_outs)
