"""Networks are fitted to the observations and actions, or refused with what would fit."""

import numpy as np
import pytest
from gymnasium import spaces

from algos.fit import fit
from cfg.errors import ConfigError
from tests.cfg.composing import composed

PICTURES = spaces.Box(0, 255, (4, 84, 84), np.uint8)


def fitted(network: str, action: spaces.Space, obs: spaces.Space = PICTURES):
    params = composed("task=Pong", f"network={network}").train.params
    return fit(params, {"observation_space": obs, "action_space": action})


@pytest.mark.parametrize("network", ["auto", "cnn", "impala"])
def test_pictures_are_read_channels_first_and_not_normalised(network: str) -> None:
    for action in (spaces.Discrete(6), spaces.Box(-1.0, 1.0, (2,))):
        result = fitted(network, action)
        assert result.network["cnn"]["permute_input"] is False
        assert not result.normalize_input


def test_pictures_that_are_too_small_for_the_kernels_are_refused_and_impala_takes_them() -> None:
    small = spaces.Box(0, 255, (3, 12, 12), np.uint8)
    with pytest.raises(
        ConfigError, match=r"do not fit images of shape \(3, 12, 12\) -- use network=cnn_small"
    ):
        fitted("cnn", spaces.Discrete(2), small)
    assert fitted("impala", spaces.Discrete(2), small).network["name"] == "resnet_actor_critic"


def test_impala_has_no_head_for_several_choices_at_once() -> None:
    several = spaces.Tuple([spaces.Discrete(2), spaces.Discrete(3)])
    assert fitted("cnn", several).model == "multi_discrete_a2c"
    with pytest.raises(ConfigError, match="resnet_actor_critic has no head for several choices at once"):
        fitted("impala", several)
