"""Adam whose steps do not look for what they work on anew each time. Knows no network and no loss."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


class Adam(torch.optim.Adam):
    """torch's fused Adam over parameters whose gradients stay the same tensors.

    `advance` is `step` for them: to find parameters, gradients and moments takes `step` longer than a small
    network's arithmetic, and so does counting its steps for each parameter alone.

    Args:
        parameters: of one group; those without a gradient at the first step never get one.
        rate: learning rate, as a number in `param_groups`, where it may be changed.
        betas: how much of its two moments stays in a step.
        weight_decay: of the weights, added to the gradient.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        rate: float,
        betas: tuple[float, float] = (0.9, 0.999),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, rate, betas, weight_decay=weight_decay, fused=True)
        self._found: tuple[list[Tensor], ...] | None = None
        self._counts = torch.zeros(0)  # steps of each parameter, together, once found

    @torch.no_grad()
    def advance(self) -> None:
        """One step."""
        if self._found is None:
            self.step()
            self._found = self._find()
            return
        group = self.param_groups[0]
        beta1, beta2 = group["betas"]
        parameters, gradients, moments, squares, steps = self._found
        self._counts.add_(1)
        torch._fused_adam_(
            parameters,
            gradients,
            moments,
            squares,
            [],
            steps,
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )

    def state_dict(self) -> dict[str, Any]:
        """As torch's."""
        if self._found is not None:
            for parameter, count in zip(self._found[0], self._counts.unbind(), strict=True):
                self.state[parameter]["step"].copy_(count)
        state: dict[str, Any] = super().state_dict()
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take steps and moments, which are other tensors then; see `load_moments`."""
        load_moments(self, state_dict)
        self._found = None

    def _find(self) -> tuple[list[Tensor], ...]:
        kept = [each for each in self.param_groups[0]["params"] if each.grad is not None]
        states = [self.state[each] for each in kept]
        self._counts = torch.stack([state["step"] for state in states])
        return (
            kept,
            [each.grad for each in kept],
            *([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq")),
            list(self._counts.unbind()),
        )


def load_moments(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Load a `state_dict` without its rates, betas and decays: those that `optimizer` was made with stay.

    torch loads them too, so that a run resumed with another learning rate would keep the old one.
    """
    own = [
        {name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups
    ]
    torch.optim.Optimizer.load_state_dict(optimizer, state)
    for group, kept in zip(optimizer.param_groups, own, strict=True):
        group.update(kept)
