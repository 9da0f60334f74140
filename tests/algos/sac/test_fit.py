"""Fitting SAC to spaces: what it takes, and what it refuses."""

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from algos.sac.fit import fit
from cfg.errors import ConfigError
from tests.cfg.composing import composed

VECTOR = spaces.Box(-1.0, 1.0, (4,), np.float32)
TORQUES = spaces.Box(np.array([-1.0, 0.0], np.float32), np.array([3.0, 0.5], np.float32))


def fitted(*overrides: str, **info: Any) -> Any:
    params = composed("task=Pendulum", "train=SAC", *overrides).train.params
    return fit(params, {"observation_space": VECTOR, "action_space": TORQUES, **info})


def test_sizes_and_bounds_are_the_environments() -> None:
    assert fitted().obs_size == 4
    assert fitted().action_low == [-1.0, 0.0] and fitted().action_high == [3.0, 0.5]
    assert fitted(observation_space=spaces.Dict({"a": VECTOR, "b": VECTOR})).obs_size == 8


def test_the_layers_of_an_actor_critic_serve_as_well() -> None:
    own, other = fitted().network, fitted("network=mlp").network
    assert own["name"] == other["name"] == "soft_actor_critic"
    assert own["mlp"]["units"] == [256, 256] and other["mlp"]["units"] == [64, 64]
    assert own["log_std_bounds"] == other["log_std_bounds"] == [-5.0, 2.0]


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ({"action_space": spaces.Discrete(2)}, "SAC needs continuous actions"),
        ({"action_space": spaces.Box(-np.inf, np.inf, (2,))}, "SAC needs finite action bounds"),
        ({"action_space": spaces.Box(0.0, np.inf, (2,))}, "SAC needs finite action bounds"),
        ({"observation_space": spaces.Box(0, 255, (3, 8, 8), np.uint8)}, "SAC reads vectors"),
        ({"state_space": VECTOR}, "SAC has no central critic"),
        ({"value_size": 2}, "SAC learns one reward, not 2"),
    ],
)
def test_what_sac_cannot_do_is_refused(info: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        fitted(**info)
