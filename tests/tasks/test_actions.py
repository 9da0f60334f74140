"""Actions of an agent reach the environment in its own shape, offset and dtype."""

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from cfg.errors import ConfigError, NumericalFault
from tasks.actions import adapt_actions
from tests.toy_envs import ACTION_SPACES


@pytest.mark.parametrize(
    ("name", "actions", "first", "space"),
    [
        ("discrete", np.array([2, 0]), 7, spaces.Discrete(3)),
        ("multi_discrete", np.array([[1, 2], [0, 0]]), [[2, 3]], "heads"),
        ("multi_binary", np.array([[1, 0], [0, 0]]), [1, 0], "heads"),
        ("tuple", np.array([[1, 0], [0, 0]]), (1, -1), "heads"),
        ("box", np.array([[0.5, -2.0], [0, 0]], np.float32), [[0.5, -2.0]], spaces.Box(-2.0, 2.0, (2,))),
        ("integers", np.array([[1.6, 12.0], [0, 0]], np.float32), [2, 9], spaces.Box(0.0, 9.0, (2,))),
    ],
)
def test_an_action_is_what_the_environment_takes(name: str, actions: Any, first: Any, space: Any) -> None:
    raw = ACTION_SPACES[name]
    adapter = adapt_actions(raw)
    split = adapter.split(actions)
    assert all(raw.contains(action) for action in split)
    assert np.array_equal(split[0], first)
    assert space == "heads" or adapter.space == space


def test_several_choices_become_a_tuple_of_discrete() -> None:
    adapter = adapt_actions(ACTION_SPACES["multi_discrete"])
    assert adapter.space == spaces.Tuple((spaces.Discrete(2), spaces.Discrete(3)))
    assert adapter.heads == (2, 3)


def test_float32_rounding_never_leaves_float64_bounds() -> None:
    space = spaces.Box(-0.1, 0.1, (1,), np.float64)
    assert float(np.float32(0.1)) > 0.1
    assert space.contains(adapt_actions(space).split(np.array([[0.1]], np.float32))[0])


@pytest.mark.parametrize(("shape", "actions"), [((1,), [0.5, 0.25]), ((2, 2), [[0.5] * 4, [0.25] * 4])])
def test_a_box_of_any_shape_gets_its_own_shape_and_bounds(shape: Any, actions: Any) -> None:
    space = spaces.Box(-0.5, 0.3, shape)
    first, second = adapt_actions(space).split(np.array(actions, np.float32))
    assert space.contains(first) and space.contains(second)
    assert np.array_equal(first, np.full(shape, 0.3, np.float32))
    assert np.array_equal(second, np.full(shape, 0.25, np.float32))


def test_actions_of_the_wrong_width_are_refused_even_where_they_would_broadcast() -> None:
    with pytest.raises(ValueError, match="cannot reshape"):
        adapt_actions(spaces.Box(-1.0, 1.0, (1,))).split(np.zeros((3, 2), np.float32))


def test_an_agents_actions_are_not_written_to() -> None:
    actions = np.array([[5.0], [-5.0]], np.float32)
    adapt_actions(spaces.Box(-1.0, 1.0, (1,))).split(actions)
    assert actions.tolist() == [[5.0], [-5.0]]


def test_an_action_that_is_not_a_number_is_the_agents_fault() -> None:
    with pytest.raises(NumericalFault, match="action for row 1 is not finite"):
        adapt_actions(ACTION_SPACES["box"]).split(np.array([[0.0, 0.0], [0.0, np.nan]], np.float32))


@pytest.mark.parametrize(
    "space", [spaces.Text(3), spaces.Dict({"a": spaces.Discrete(2)}), spaces.Tuple((spaces.Box(0, 1),))]
)
def test_other_action_spaces_are_refused_in_one_line(space: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"action space .* is not supported -- wrap the environment to give"
    ):
        adapt_actions(space)


@pytest.mark.parametrize(("high", "sent"), [(255, [0, 255, 5]), (10, [0, 10, 5])])
def test_whole_numbers_beyond_the_bounds_are_the_bounds(high: int, sent: list[int]) -> None:
    """What the type cannot hold would come round at the other end: -3 as 253."""
    adapter = adapt_actions(spaces.Box(0, high, (3,), np.uint8))
    (action,) = adapter.split(np.array([[-3.0, 300.0, 5.2]], np.float32))
    assert action.tolist() == sent and action.dtype == np.uint8
