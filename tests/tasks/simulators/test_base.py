"""What a simulator gets from its base: masked resets, draws, domain randomisation, weights."""

import numpy as np
import pytest
import torch

from tests.toy_simulators import toy_simulator

GO, STAY = torch.ones(4, dtype=torch.int64), torch.zeros(4, dtype=torch.int64)


def test_only_the_rows_of_the_mask_begin_anew() -> None:
    vec = toy_simulator()
    vec.reset()
    vec.step(GO)
    sim = vec._simulator
    before = {name: value.clone() for name, value in sim.state.items()}
    sim.reset_rows(torch.tensor([True, False, False, True]))
    assert sim.state["time"].tolist() == [0.0, 1.0, 1.0, 0.0]
    assert (sim.state["offset"] == before["offset"]).tolist() == [False, True, True, False]


def test_the_state_stays_in_the_same_memory() -> None:
    vec = toy_simulator(limit=2)
    vec.reset()
    places = {name: value.data_ptr() for name, value in vec._simulator.state.items()}
    for _ in range(5):
        vec.step(GO)
    assert {name: value.data_ptr() for name, value in vec._simulator.state.items()} == places


def test_a_state_may_hold_another_ones_old_value() -> None:
    vec = toy_simulator("Swapping", limit=None)
    vec.reset()
    vec.step(GO)
    obs, *_ = vec.step(GO)
    assert obs.tolist() == [[2.0, 1.0]] * 4


def test_what_is_randomised_is_drawn_for_each_row_and_anew_for_each_episode() -> None:
    vec = toy_simulator(num_envs=1000, limit=2, randomise={"stride": [0.5, 1.5]})
    first = vec.reset()
    actions = torch.zeros(1000, dtype=torch.int64)
    one, *_ = vec.step(actions)
    strides = (one - first)[:, 0]
    assert strides.min() >= 0.5 and strides.max() <= 1.5 and strides.unique().numel() > 900
    # Uniform in [0.5, 1.5]: mean 1, deviation 1 / sqrt(12) = 0.289.
    np.testing.assert_allclose([strides.mean(), strides.std()], [1.0, 12**-0.5], atol=0.03)
    *_, infos = vec.step(actions)
    assert torch.allclose(infos["final_observation"][:, 0], 2 * strides)  # the same within an episode
    two, *_ = vec.step(actions)
    assert abs(np.corrcoef(two[:, 0], strides)[0, 1]) < 0.1


def test_what_is_derived_follows_the_drawn_parameters_of_each_row_and_episode() -> None:
    vec = toy_simulator("Hurrying", num_envs=100, limit=2, randomise={"stride": [0.5, 1.5]})
    obs = vec.reset()
    actions = torch.zeros(100, dtype=torch.int64)
    for _ in range(3):
        world = vec._simulator.world
        strides, place = world.stride.clone(), world.pace.data_ptr()
        before = obs
        obs, *_ = vec.step(actions)
        assert torch.allclose((obs - before)[:, 0], 2 * strides)
        obs, *_ = vec.step(actions)  # the limit ends all rows
        assert not torch.equal(world.stride, strides)
        assert world.pace.data_ptr() == place


def test_a_parameter_of_the_task_replaces_the_classs_own() -> None:
    vec = toy_simulator(parameters={"stride": 2.5})
    vec.reset()
    obs, *_ = vec.step(GO)
    assert obs[:, 0].tolist() == [2.5] * 4


@pytest.mark.parametrize(("weights", "expected"), [({}, 3.0), ({"pay": 10.0}, 21.0), ({"clock": 0.0}, 2.0)])
def test_weights_of_the_task_count_and_a_term_it_does_not_name_counts_once(
    weights: dict[str, float], expected: float
) -> None:
    vec = toy_simulator("Goals", rewards=weights)
    vec.reset()
    _, reward, _, infos = vec.step(torch.ones(4, 2, dtype=torch.int64))
    assert reward.tolist() == [expected] * 4  # pay gives 2, clock 1
    assert set(infos["rewards"]) == {"pay", "clock"}


def test_draws_have_the_rows_in_front_and_the_numbers_asked_for() -> None:
    sim = toy_simulator(num_envs=5000)._simulator
    uniform, normal = sim.uniform(-1.0, 3.0, 2), sim.normal(1.0, 2.0, 3, 2)
    assert (uniform.shape, normal.shape) == ((5000, 2), (5000, 3, 2))
    # Uniform in [-1, 3]: mean 1, deviation 4 / sqrt(12).
    np.testing.assert_allclose([uniform.mean(), uniform.std()], [1.0, 4 / 12**0.5], atol=0.05)
    np.testing.assert_allclose([normal.mean(), normal.std()], [1.0, 2.0], atol=0.05)
