"""Random generators go on where they were, and taking their state draws nothing."""

import io
import random

import numpy as np
import torch

from algos.plain import pack, unpack
from algos.resuming import random_state, restore_random_state


def _draw() -> list[float]:
    return [torch.rand(1).item(), torch.randn(3)[2].item(), np.random.normal(), random.gauss(0, 1)]  # noqa: NPY002


def test_every_generator_goes_on_after_a_file_and_other_draws() -> None:
    _draw()
    file = io.BytesIO()
    torch.save(pack(random_state()), file)
    expected = [_draw() for _ in range(5)]
    file.seek(0)
    restore_random_state(unpack(torch.load(file, weights_only=True)))
    assert [_draw() for _ in range(5)] == expected


def test_taking_the_state_draws_nothing() -> None:
    held = random_state()
    expected = _draw()
    restore_random_state(held)
    random_state()
    assert _draw() == expected
