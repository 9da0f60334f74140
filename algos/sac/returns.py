"""n-step returns: a step waits for those after it, and counts their rewards as its own. Knows no network.

Source: Sutton & Barto 2018, eq. 7.1, for all rows at once. As in Rainbow (Hessel et al. 2018, section 2) the
steps in between are taken as they were, though an older policy made them: nothing corrects for that, and
their entropy is not counted. More than a few steps are therefore for rewards that come late.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from algos.sac.replay import Batch

_PARTS = 6  # of a step that waits: a Batch's five, and whether the episode ended there


class Lookahead:
    """Holds each step of N rows back until `n_step` are known; with 1, nothing."""

    def __init__(self, n_step: int, gamma: float, rows: int, device: str) -> None:
        self._n_step = n_step
        self._gamma = gamma
        self._rows = rows
        self._device = device
        self._steps: list[Batch] = []
        self._ends: list[Tensor] = []

    def take(self, step: Batch, is_last: Any) -> list[Batch]:
        """The next step of every row, bool [N] of them the last of their episode -> what is known now.

        That is N transitions, once enough steps were taken: a row's episode that ends sooner holds up none.
        """
        if self._n_step == 1 and not self._steps:
            return [step]
        self._steps.append(step)
        self._ends.append(torch.as_tensor(is_last, device=self._device).clone())  # who gave it may reuse it
        known = []
        while len(self._steps) >= self._n_step:
            known.append(fold(self._steps[: self._n_step], self._ends, self._gamma))
            del self._steps[0], self._ends[0]
        return known

    def cut(self, rows: Tensor) -> None:
        """What follows in these rows, bool [N], is another episode: theirs was cut off, and did not end."""
        if self._ends:
            self._ends[-1] = self._ends[-1] | rows

    def state(self) -> list[list[Tensor]]:
        """The steps that wait."""
        return [
            [step.obs, step.action, step.reward, step.next_obs, step.discount, is_last]
            for step, is_last in zip(self._steps, self._ends, strict=True)
        ]

    def load(self, state: list[list[Tensor]]) -> None:
        """Take what `state` gave, with another `n_step` too; of another number of rows, nothing."""
        steps = [[part.to(self._device) for part in step] for step in state]
        if any(len(step) != _PARTS for step in steps):
            raise ValueError("the steps that wait for their returns have other parts")
        fitting = [step for step in steps if len(step[0]) == self._rows]
        self._steps = [Batch(*parts) for *parts, _ in fitting]
        self._ends = [is_last for *_, is_last in fitting]


def fold(steps: Sequence[Batch], ends: Sequence[Tensor], gamma: float) -> Batch:
    """The first of n steps [N, ...] with the rewards of those after it, up to its episode's last.

    Over m <= n steps: R = r_1 + gamma r_2 + .. + gamma^(m-1) r_m, the observation after the m-th, and the
    discount gamma^(m-1) times that step's own, which is 0 where the episode ended by itself.

    `ends`: bool [N] for each step, whether the episode ended there or was cut off.
    """
    *earlier, newest = steps
    reward, next_obs, discount = newest.reward, newest.next_obs, newest.discount
    # Chosen, not multiplied by 0: what the next episode holds may be no number.
    for step, is_last in zip(reversed(earlier), reversed(ends[: len(earlier)]), strict=True):
        reward = torch.where(is_last, step.reward, step.reward + gamma * reward)
        next_obs = torch.where(is_last[:, None], step.next_obs, next_obs)
        discount = torch.where(is_last, step.discount, gamma * discount)
    return Batch(steps[0].obs, steps[0].action, reward, next_obs, discount)
