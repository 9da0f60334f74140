"""N environments in worker processes, whoever hosts them. Starts and ends no process itself."""

import time
from abc import abstractmethod
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np

from cfg.schema import FATAL, FaultsConfig
from tasks.arrays import Array, Observation
from tasks.factory import EnvFactory
from tasks.vec_env.channel import ENDED, STEPPED, ask_all, without_errors
from tasks.vec_env.exchange import StepArrays, copied, plan_of, write
from tasks.vec_env.losses import Budget, Loss, WorkerLost
from tasks.vec_env.restarts import RestartingVecEnv
from tasks.vec_env.row_states import Restart, RowState
from tasks.vec_env.shared_memory import SharedArrays
from tasks.vec_env.slices import split_rows
from tasks.vec_env.spread import Spread
from tasks.vec_env.steps import Steps
from tasks.vec_env.transition import NOTHING, FirstObservation, Transition, join_extras, join_firsts

CLOSE_TIMEOUT_S = 2
"""How long environments get to close before their process is killed."""

_SHARED = np.empty(0)
"""Stands in a transition for what the arrays hold."""


class WorkerVecEnv(RestartingVecEnv):
    """N Gymnasium environments in W processes.

    Args:
        factory: makes each environment; it travels to the workers.
        num_envs: N.
        num_workers: W; as many as there are processors, but no more than environments, where None.
        seed: of the run.
        role: one of `tasks.seeding.ROLES`.
        faults: what becomes of an environment or a worker that fails.
    """

    def __init__(  # noqa: PLR0913  # those after the * by name
        self,
        factory: EnvFactory,
        num_envs: int,
        num_workers: int | None = None,
        *,
        seed: int,
        role: str = "train",
        faults: FaultsConfig = FATAL,
    ) -> None:
        self._prepare(factory, split_rows(num_envs, num_workers), seed, role, faults)
        self._shared: SharedArrays | None = None
        try:
            self._channels += self._started()
            info = self._common_info()
            self._share(info, num_envs)
        except BaseException:  # a signal's, too
            self._close()
            raise
        super().__init__(factory.name, num_envs, info, Budget(faults.budget))

    @abstractmethod
    def _stop(self) -> None:
        """Ends all workers, who have closed their environments if they could."""

    def seed(self, seed: int) -> None:
        """Has the next `reset` start every row's random stream anew."""
        self._seed = seed
        answers = self._asked("seed", seed)  # one that is lost starts with this seed
        without_errors([answer for answer in answers if not isinstance(answer, WorkerLost)])

    def has_action_masks(self) -> bool:
        """Whether the environments tell allowed actions."""
        answers = self._asked("has_masks")
        known = [answer for answer in answers if not isinstance(answer, WorkerLost)]
        return bool(without_errors(known or answers)[0])

    def render(self) -> Any:
        """The frame of row 0; None without a render mode."""
        return ask_all(self._channels[:1], "render")[0]

    def _asked(self, request: str, *arguments: Any) -> list[Any]:
        for channel in self._channels:
            channel.ask(request, *arguments)
        return [channel.answer() for channel in self._channels]

    def _common_info(self) -> dict[str, Any]:
        """What every worker says of its environments: the memory they share is laid out by it."""
        first, *others = ask_all(self._channels, "env_info")
        for channel, other in zip(self._channels[1:], others, strict=True):
            if other != first:
                raise self._other_spaces(channel.rows)
        info: dict[str, Any] = first
        return info

    def _share(self, info: dict[str, Any], num_envs: int) -> None:
        shared = self._shared = SharedArrays.create(plan_of(info, num_envs))
        self._all = StepArrays.of(shared, info, range(num_envs))
        self._parts = [StepArrays.of(shared, info, rows) for rows in self._slices]
        try:
            for channel, part in zip(self._channels, self._parts, strict=True):
                channel.share(part, str(shared.path), num_envs)
            without_errors([channel.answer() for channel in self._channels])
        finally:
            shared.unlink()
        self._steps = Steps(self._channels)
        self._spread = Spread(self._channels)
        self._look_at = 0.0
        self._answers: list[Any] = []  # to the step at work

    def _get_rows(self) -> list[RowState | None]:
        """Each row's state; None for those of a worker that is lost."""
        answers = self._asked("get_state")
        states = [
            [None] * len(rows) if isinstance(answer, WorkerLost) else answer
            for rows, answer in zip(self._slices, answers, strict=True)
        ]
        return [state for part in without_errors(states) for state in part]

    def _set_rows(self, states: Sequence[RowState | None]) -> list[Restart]:
        for channel in self._channels:
            channel.ask("set_state", states[channel.rows.start : channel.rows.stop])
        answers = [channel.answer() for channel in self._channels]
        lost = self._losses_among(answers)
        firsts = self._restart(lost) if lost else {}
        return [
            self._begun_anew(index, firsts[index]) if index in firsts else answer
            for index, answer in enumerate(answers)
        ]

    def _begun_anew(self, index: int, first: FirstObservation) -> Restart:
        """What a worker's rows tell that went while they were to go on from a state."""
        obs = copied(self._parts[index].obs)
        return Restart(np.array(self._slices[index]), "its worker was lost", obs, first.masks)

    def _reset(self) -> FirstObservation:
        firsts = self._asked("reset")
        lost = self._losses_among(firsts)
        if lost:
            again = self._restart(lost)
            firsts = [again.get(index, first) for index, first in enumerate(firsts)]
        joined = join_firsts(firsts, copied(self._all.obs))
        self._count(joined.losses)
        return joined

    def step(self, actions: Array) -> tuple[Observation, Array, Array, dict[str, Any]]:
        """See `VecEnv`."""
        arrays = self._all
        arrays.actions[...] = np.asarray(actions).reshape(arrays.actions.shape)
        if perf_counter() >= self._look_at:
            self._look_at = self._look_around()
        self._answers = answers = self._steps.take()
        if answers.count(STEPPED) < len(answers) or self._budget.restarts != self._told_restarts:
            return super().step(actions)
        # Most steps: the arrays say everything, and calls are what it costs (docs/log.md).
        self._current, self._masks = copied(arrays.obs), None
        infos = {"time_outs": arrays.time_outs.copy()}
        return self._current, arrays.reward.copy(), arrays.done.copy(), infos

    def _step(self, actions: Array) -> Transition:
        """The transition of all rows, once `step` has heard all workers."""
        answers, arrays = self._answers, self._all
        stepped, ended = answers.count(STEPPED), answers.count(ENDED)
        is_plain = stepped + ended == len(answers)
        if not is_plain:
            answers = self._without_losses(answers)
        is_done = ended == len(answers) or self._level(answers)
        transition = Transition(
            obs=copied(arrays.obs),
            reward=arrays.reward.copy(),
            done=arrays.done.copy(),
            time_outs=arrays.time_outs.copy(),
            final_observation=copied(arrays.final) if is_done else None,
            episode=arrays.episode() if is_done else NOTHING,
        )
        if is_plain:
            return transition
        pieces = [
            answer if isinstance(answer, Transition) else _shared_part(part)
            for part, answer in zip(self._parts, answers, strict=True)
        ]
        return self._noted(transition._replace(**join_extras(pieces)))

    def _look_around(self) -> float:
        """Looks at what matters now and then, and says when next."""
        return self._spread.look()

    def _noted(self, transition: Transition) -> Transition:
        """Remembers how often rows were made anew within their workers."""
        self._count(transition.losses)
        return transition

    def _count(self, losses: Sequence[Loss]) -> None:
        for loss in losses:
            self._incarnations[list(loss.rows)] = loss.incarnation

    def _level(self, answers: Sequence[bytes | Transition]) -> bool:
        """Whether a row is done; brings the final observations of workers up to date that have none."""
        has_end = [_has_end(answer) for answer in answers]
        if not any(has_end):
            return False
        for part, is_level in zip(self._parts, has_end, strict=True):
            if not is_level:
                write(part.final, part.obs)
                part.ended[...] = False
        return True

    def _without_losses(self, answers: list[Any]) -> list[Any]:
        """The answers to a step, with those of new workers in place of those that are lost."""
        lost = self._losses_among(answers)
        if not lost:
            return answers
        firsts = self._restart(lost)
        return [
            self._cut_off(index, firsts[index]) if index in firsts else answer
            for index, answer in enumerate(answers)
        ]

    def _cut_off(self, index: int, first: FirstObservation) -> Transition:
        """The step of a worker's rows that was never made: all are done, and begin anew."""
        rows, part = self._slices[index], self._parts[index]
        part.reward[...] = 0.0
        part.done[...] = part.time_outs[...] = True
        part.ended[...] = False
        every = np.ones(len(rows), bool)
        return Transition(
            obs=_SHARED,
            reward=_SHARED,
            done=every,
            time_outs=_SHARED,
            masks=first.masks,
            notes=first.notes,
            lost=every,
            losses=first.losses,
        )

    def _ask_anew(self, index: int, request: str) -> None:
        if request == "attach":
            assert self._shared is not None, "the first workers come before"
            self._channels[index].share(self._parts[index], str(self._shared.path), self.num_envs)
        else:
            self._channels[index].ask(request)

    def _close(self) -> None:
        # All at once: of many that are in the middle of a long step, none waits for another.
        for channel in self._channels:
            channel.ask_close()
        deadline = time.monotonic() + CLOSE_TIMEOUT_S
        for channel in self._channels:
            channel.close(deadline - time.monotonic())
        self._stop()
        if self._shared is not None:
            self._shared.close()


def _has_end(answer: bytes | Transition) -> bool:
    """Whether a worker's answer to a step tells of a row that is done."""
    return answer == ENDED if isinstance(answer, bytes) else bool(answer.done.any())


def _shared_part(part: StepArrays) -> Transition:
    """What a worker that had nothing more to say has put into the arrays."""
    return Transition(part.obs, part.reward, part.done, part.time_outs)
