"""A network that cannot read the observation or choose the actions is refused in one line."""

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from algos.fit import choose_network, convolutions_fit, fit, fit_to_observation
from algos.hosted.settings import HostedSettings
from cfg.compose import load_network
from cfg.errors import ConfigError
from tests.cfg.composing import composed

TINY = spaces.Box(0, 255, (3, 7, 7), np.uint8)
LARGE = spaces.Box(0, 255, (3, 84, 84), np.uint8)
PICTURES = spaces.Box(0, 255, (4, 84, 84), np.uint8)
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


def fitted(network: str, action: spaces.Space, obs: spaces.Space = PICTURES):
    params = composed("task=Pong", f"network={network}").train.params
    return fit(params, {"observation_space": obs, "action_space": action})


@pytest.mark.parametrize("network", ["auto", "cnn", "impala"])
def test_pictures_are_read_channels_first(network: str) -> None:
    for action in (spaces.Discrete(6), spaces.Box(-1.0, 1.0, (2,))):
        result = fitted(network, action)
        assert result.network["cnn"]["permute_input"] is False


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


def test_impala_reads_one_image_and_no_dict() -> None:
    with pytest.raises(
        ConfigError, match="network: resnet_actor_critic cannot read a Dict -- use network=auto"
    ):
        fit_to_observation(load_network("impala"), spaces.Dict({"camera": LARGE}))
    with pytest.raises(ConfigError, match="network: a CNN cannot read"):
        fit_to_observation(load_network("impala"), VECTOR)


def test_an_agent_without_ppos_own_keys_is_fitted_too() -> None:
    params = composed("task=CartPole").train.params.model_copy(update={"config": HostedSettings()})
    info = {"observation_space": VECTOR, "action_space": spaces.Discrete(2)}
    assert fit(params, info).model == "discrete_a2c"


def test_kernels_of_two_sides_are_measured_along_each() -> None:
    conv = {"filters": 4, "kernel_size": [8, 3], "strides": [2, 1], "padding": [0, 1]}
    # (9 - 8) // 2 + 1 = 1 pixel high, 3 + 2 - 3 + 1 = 3 wide.
    assert convolutions_fit([conv], (3, 9, 3))
    assert not convolutions_fit([conv], (3, 7, 30))


MIXED = spaces.Dict({"camera": LARGE, "speed": VECTOR})
CONV = {"filters": 4, "kernel_size": 3, "strides": 1, "padding": 0}


@pytest.mark.parametrize(
    ("inputs", "space", "line"),
    [
        (
            {"sped": {"units": [8]}},
            MIXED,
            'network.inputs.sped is no part of the observation -- did you mean "speed"',
        ),
        (
            {"speed": {"convs": [CONV]}},
            MIXED,
            r"network.inputs.speed.convs: no image but shape \(4,\) -- leave it",
        ),
        ({"camera": {"units": [8]}}, LARGE, "network.inputs.camera: the observation is no Dict but one Box"),
        ({"camera": {"convs": [{**CONV, "kernel_size": 90}]}}, MIXED, "these convolutions do not fit images"),
    ],
)
def test_a_branch_that_cannot_be_is_refused(inputs: dict, space: Any, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        fit_to_observation({**load_network("cnn_small"), "inputs": inputs}, space)


def test_our_builder_takes_what_rl_games_does_not_do() -> None:
    assert fit_to_observation(load_network("mlp"), VECTOR)["name"] == "actor_critic"
    for block in ({**load_network("mlp"), "normalization": "layer_norm"}, load_network("residual_mlp")):
        assert fit_to_observation(block, VECTOR)["name"] == "rlgx_actor_critic"
