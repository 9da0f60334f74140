"""The gradients of a network as one vector. Knows no loss and no optimiser."""

from collections.abc import Iterable

import torch
from torch import Tensor


class FlatGradients:
    """Has the gradients of `parameters` lie in one vector, to be cleared and clipped in one operation each.

    On a small network those operations, done for each parameter, take as long as the forward pass. A frozen
    parameter gets none, so that an optimiser passes it by.
    """

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        kept = [parameter for parameter in parameters if parameter.requires_grad]
        self._vector = torch.zeros_like(torch.cat([parameter.detach().flatten() for parameter in kept]))
        for parameter, part in zip(kept, self._vector.split([each.numel() for each in kept]), strict=True):
            parameter.grad = part.view_as(parameter)

    def clear(self) -> None:
        """Zeros, before a backward pass adds to them."""
        self._vector.zero_()

    def clip(self, max_norm: float) -> Tensor:
        """Shortens the whole vector to `max_norm` where it is longer; returns the norm [] it had.

        As `torch.nn.utils.clip_grad_norm_`, but for the rounding of the norm.
        """
        norm = torch.linalg.vector_norm(self._vector)
        self._vector.mul_((max_norm / (norm + 1e-6)).clamp(max=1.0))
        return norm
