"""A network that cannot read the observation is refused in one line, for one image as for a Dict of them."""

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from algos.fit import choose_network, fit_to_observation
from cfg.compose import load_network
from cfg.errors import ConfigError

TINY = spaces.Box(0, 255, (3, 7, 7), np.uint8)
LARGE = spaces.Box(0, 255, (3, 84, 84), np.uint8)
VECTOR = spaces.Box(-1, 1, (4,), np.float32)


@pytest.mark.parametrize(
    ("network", "space", "line"),
    [
        (
            "mlp",
            LARGE,
            r"network: an MLP cannot read observations of shape \(3, 84, 84\) -- use network=auto",
        ),
        ("cnn", VECTOR, r"network: a CNN cannot read observations of shape \(4,\) -- use network"),
        (
            "cnn",
            TINY,
            r"network: these convolutions do not fit images of shape \(3, 7, 7\) -- use network=cnn",
        ),
    ],
)
@pytest.mark.parametrize("inside_a_dict", [False, True])
def test_a_network_that_cannot_read_the_observation_is_refused(
    network: str, space: Any, line: str, inside_a_dict: bool
) -> None:
    observed = spaces.Dict({"part": space}) if inside_a_dict else space
    with pytest.raises(ConfigError, match=line):
        fit_to_observation(load_network(network), observed)


@pytest.mark.parametrize(
    ("space", "name"),
    [
        (VECTOR, "mlp"),
        (LARGE, "cnn"),
        (TINY, "cnn_small"),
        (spaces.Dict({"near": TINY, "far": LARGE}), "cnn_small"),
        (spaces.Dict({"speed": VECTOR}), "mlp"),
    ],
)
def test_auto_takes_the_largest_network_that_fits(space: Any, name: str) -> None:
    assert choose_network(space) == name
