"""What an agent says where an epoch fails and a number is not finite besides."""

import pytest
import torch
from torch import nn

from algos.base import Agent
from cfg.errors import NumericalFault


class Misspelt(Agent):
    """Its weights ran away, and its `update` has a mistake of its own."""

    def __init__(self, weight: float) -> None:
        self.model = nn.Module()
        self.model.register_buffer("weight", torch.tensor(weight))

    def setup(self) -> None:
        pass

    def act(self, deterministic: bool) -> None:
        pass

    def collect(self) -> None:
        pass

    def update(self) -> dict[str, float]:
        return {"loss": scores}  # noqa: F821

    def _train_epoch(self) -> None:
        self.update()


def test_an_error_beside_numbers_that_ran_away_is_told_too() -> None:
    line = "weight is inf at .* \\(and NameError: name 'scores' is not defined\\) -- lower the learning rate"
    with pytest.raises(NumericalFault, match=line):
        Misspelt(torch.inf).train_epoch()
    with pytest.raises(NameError):
        Misspelt(0.0).train_epoch()
