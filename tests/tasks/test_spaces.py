"""Observations of every space become float32 vectors, images, or a flat dictionary of them."""

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from cfg.errors import ConfigError
from tasks.spaces import ShapeMismatch, adapt_observations
from tests.toy_envs import Rich


@pytest.mark.parametrize(
    ("space", "observation", "expected"),
    [
        (spaces.Box(-1.0, 1.0, (2,), np.float64), np.array([0.5, 1.0]), [0.5, 1.0]),
        (spaces.Box(-1.0, 1.0, ()), 0.25, [0.25]),
        (spaces.Box(-1.0, 1.0, (2, 2)), np.eye(2), [1, 0, 0, 1]),
        (spaces.Box(0, 255, (3,), np.uint8), np.array([1, 2, 255], np.uint8), [1, 2, 255]),
        (spaces.Box(-9, 9, (2,), np.int64), [3, -4], [3, -4]),
        (spaces.Discrete(3), 2, [0, 0, 1]),
        (spaces.Discrete(3, start=-1), np.int64(-1), [1, 0, 0]),
        (spaces.MultiBinary(3), np.array([1, 0, 1], np.int8), [1, 0, 1]),
        (spaces.MultiDiscrete([2, 3]), np.array([1, 2]), [0, 1, 0, 0, 1]),
        (spaces.MultiDiscrete([2, 3], start=[1, 1]), np.array([1, 3]), [1, 0, 0, 0, 1]),
        (spaces.Tuple((spaces.Discrete(2), spaces.Box(-1.0, 1.0, (1,)))), (1, np.array([0.5])), [0, 1, 0.5]),
        (spaces.Tuple((spaces.Tuple((spaces.Discrete(2),)), spaces.Discrete(2))), ((0,), 1), [1, 0, 0, 1]),
    ],
)
def test_a_space_becomes_a_float32_vector(space: Any, observation: Any, expected: list[float]) -> None:
    adapter = adapt_observations(space)
    batch = adapter.batch([observation, observation])
    assert isinstance(batch, np.ndarray)
    assert batch.dtype == np.float32
    assert batch.tolist() == [pytest.approx(expected)] * 2
    assert adapter.space.contains(batch[0])
    assert adapter.notes == ()


def test_a_dictionary_is_flattened_renamed_and_its_text_dropped() -> None:
    adapter = adapt_observations(Rich.observation_space)
    assert adapter.notes == (
        'observation "obs" is called "obs_": rl_games reserves the name',
        'observation "order" is a Text: dropped',
    )
    shapes = {key: box.shape for key, box in adapter.space.spaces.items()}
    assert shapes == {"arm.angle": (4,), "arm.grip": (3,), "camera": (3, 12, 16), "obs_": (2,), "pair": (3,)}
    batch = adapter.batch([Rich().observe()])
    assert {key: values.dtype for key, values in batch.items()} == {
        **dict.fromkeys(["arm.angle", "arm.grip", "obs_", "pair"], np.float32),
        "camera": np.uint8,
    }
    assert batch["arm.grip"].tolist() == [[0, 0, 1]]
    assert batch["camera"][0, :, 1, 2].tolist() == [10, 20, 30]
    assert batch["pair"].tolist() == [[0, 1, 0.5]]


def test_a_tuple_with_an_image_becomes_a_dictionary_by_position() -> None:
    space = spaces.Tuple((spaces.Box(0, 255, (8, 8, 3), np.uint8), spaces.Discrete(2)))
    adapter = adapt_observations(space)
    batch = adapter.batch([(np.ones((8, 8, 3), np.uint8), 1)])
    assert {key: values.shape for key, values in batch.items()} == {"0": (1, 3, 8, 8), "1": (1, 2)}


def test_a_space_that_holds_nothing_readable_is_refused() -> None:
    with pytest.raises(ConfigError, match="Text holds nothing a network can read"):
        adapt_observations(spaces.Text(3))


def test_two_keys_that_would_become_one_are_refused() -> None:
    box = spaces.Box(-1.0, 1.0, (1,))
    with pytest.raises(ConfigError, match='"a.b" comes about twice'):
        adapt_observations(spaces.Dict({"a": spaces.Dict({"b": box}), "a.b": box}))


@pytest.mark.parametrize(
    ("space", "wrong", "reason"),
    [
        (spaces.Box(-1.0, 1.0, (2,)), np.zeros(3), r"has shape \(3,\) where its space says \(2,\)"),
        (spaces.Box(0, 255, (2,), np.uint8), None, "dtype object"),
        (
            spaces.Box(0, 255, (8, 8, 3), np.uint8),
            np.zeros((8, 8, 3)),
            "dtype float64 where its space says uint8",
        ),
        (spaces.Discrete(3), 3, "observation 3 is outside its discrete space"),
        (spaces.Discrete(3), 1.5, "dtype float64 where its space says int64"),
        (spaces.Dict({"a": spaces.Discrete(2)}), {"b": 1}, 'observation "a" is missing'),
        (spaces.Tuple((spaces.Discrete(2), spaces.Discrete(2))), (1,), 'observation "1" is missing'),
    ],
)
def test_an_observation_that_is_not_of_its_space_is_told_with_its_row(
    space: Any, wrong: Any, reason: str
) -> None:
    right = space.sample()
    with pytest.raises(ShapeMismatch, match=reason) as mismatch:
        adapt_observations(space).batch([right, wrong, right])
    assert mismatch.value.index == 1
