"""Spaces survive the way through plain data."""

import json

import numpy as np
import pytest
from gymnasium import spaces

from algos.spaces import space_from_plain, space_to_plain


@pytest.mark.parametrize(
    "space",
    [
        spaces.Box(-1.0, 1.0, (3,), np.float32),
        spaces.Box(np.array([-1.0, -np.inf], np.float32), np.array([1.0, np.inf], np.float32)),
        spaces.Box(0, 255, (3, 8, 8), np.uint8),
        spaces.Discrete(4),
        spaces.Tuple([spaces.Discrete(2), spaces.Discrete(3)]),
        spaces.Dict({"a.b": spaces.Box(0.0, 1.0, (2,)), "c": spaces.Box(0, 255, (1, 4, 4), np.uint8)}),
    ],
)
def test_a_space_comes_back_as_it_was(space: spaces.Space) -> None:  # type: ignore[type-arg]
    plain = json.loads(json.dumps(space_to_plain(space)))
    assert space_from_plain(plain) == space


def test_an_images_bounds_are_one_number_each() -> None:
    assert space_to_plain(spaces.Box(0, 255, (3, 96, 96), np.uint8))["high"] == 255.0
