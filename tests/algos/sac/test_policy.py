"""A SAC policy outside of training: the parts of a Dict may come in any order."""

import numpy as np
import pytest
from gymnasium import spaces

from algos.sac.policy import SACPolicy
from tests.algos.sac.making import networks

SPACE = spaces.Dict({"a": spaces.Box(-1, 1, (2,), np.float32), "b": spaces.Box(-1, 1, (1,), np.float32)})
ONE = {"a": np.array([0.5, -0.2], np.float32), "b": np.array([0.9], np.float32)}
BATCH = {key: np.stack([part, -part]) for key, part in ONE.items()}


@pytest.mark.parametrize("obs", [ONE, BATCH])
def test_the_order_of_a_dicts_keys_does_not_matter(obs: dict[str, np.ndarray]) -> None:
    policy = SACPolicy(networks(), SPACE, spaces.Box(-1, 1, (2,), np.float32), deterministic=True)
    turned = dict(reversed(obs.items()))
    assert list(turned) == ["b", "a"]
    assert np.array_equal(policy.act(turned), policy.act(obs))
