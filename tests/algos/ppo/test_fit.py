"""A key of PPO's that has nothing to act on in an environment is refused in one line."""

import numpy as np
import pytest
from gymnasium import spaces

from algos.ppo.fit import fit
from cfg.errors import ConfigError
from tests.algos.ppo.test_central_value import CENTRAL
from tests.cfg.composing import composed

VECTOR = spaces.Box(-1, 1, (4,), np.float32)
CHOICES = {"observation_space": VECTOR, "action_space": spaces.Discrete(2)}


def test_a_bound_of_the_noise_is_refused_where_actions_are_choices() -> None:
    params = composed("task=CartPole", "train.params.config.max_sigma=[1.0,0.2]").train.params
    with pytest.raises(ConfigError, match=r"max_sigma=\[1.0, 0.2\] bounds the noise of continuous actions"):
        fit(params, CHOICES)


def test_a_critic_of_states_is_refused_where_there_are_none() -> None:
    params = composed("task=CartPole", CENTRAL % ("", "")).train.params
    with pytest.raises(ConfigError, match="central_value_config: this environment has no states"):
        fit(params, CHOICES)
    assert fit(params, {**CHOICES, "state_space": VECTOR}).model == "discrete_a2c"


def test_states_in_a_dict_are_refused_for_a_critic_of_its_own() -> None:
    params = composed("task=CartPole", CENTRAL % ("", "")).train.params
    states = spaces.Dict({"a": VECTOR, "b": VECTOR})
    with pytest.raises(ConfigError, match="a critic of its own reads no Dict, and the states are Dict"):
        fit(params, {**CHOICES, "state_space": states})


def test_masks_are_refused_where_actions_are_no_choices() -> None:
    params = composed("task=Pendulum", "train.params.config.use_action_masks=True").train.params
    with pytest.raises(ConfigError, match="use_action_masks=True says which choices are allowed"):
        fit(params, {"observation_space": VECTOR, "action_space": VECTOR})
