"""A step of all workers: asked of all at once, and their answers. Knows no host of processes."""

from collections.abc import Sequence
from typing import Any

from tasks.vec_env.attention import Attention
from tasks.vec_env.channel import STEP, AnyChannel
from tasks.vec_env.losses import WorkerLost
from tasks.vec_env.signals import Bells, hear_all, ring_all


class Steps:
    """Step after step of all workers.

    Awake it looks for all answers at once, where all ring. Asleep it waits first for the worker that came
    last before: a driver that is woken by each in turn takes the processor from one that still works. The
    slowest is most often the one on the driver's own processor, which nobody knows beforehand.

    Args:
        channels: to all workers; read anew each time, since a worker may be replaced.
    """

    def __init__(self, channels: Sequence[AnyChannel]) -> None:
        self._channels = channels
        self._order = list(range(len(channels)))
        self._bells: list[Bells] = []  # of the step at work; none where not all have such
        self._attention = Attention(self._look, self._one_by_one)

    def take(self) -> list[Any]:
        """The answers of all, errors among them, in the order of the channels."""
        bells = [channel.bells for channel in self._channels if channel.bells is not None]
        if len(bells) == len(self._channels):
            self._bells = bells
            ring_all(bells, STEP)
        else:
            self._bells = []
            for channel in self._channels:
                channel.ask_step()
        return self._attention.wait()

    def _look(self, seconds: float) -> list[Any] | None:
        """All answers, where all are rung while it polls for so long."""
        return hear_all(self._bells, seconds) if self._bells else None

    def _one_by_one(self) -> list[Any]:
        for channel in self._channels:
            channel.expect_step()
        first, *others = self._order
        answers: list[Any] = [None] * len(self._order)
        answers[first] = self._channels[first].answer()
        late = None
        for index in others:
            channel = self._channels[index]
            answer = channel.answer_now()
            if answer is None:
                has_hung = any(map(_has_hung, answers))
                late, answer = index, channel.answer_late() if has_hung else channel.answer()
            answers[index] = answer
        if late is not None:
            self._order = [late, *(index for index in self._order if index != late)]
        return answers


def _has_hung(answer: Any) -> bool:
    return isinstance(answer, WorkerLost) and answer.is_hung
