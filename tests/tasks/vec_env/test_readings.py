"""Numbers and flags are read at the price of one look where they are as usual, and told apart where not."""

import numpy as np
import pytest

from tasks.vec_env.readings import fits_float32, plain_flags

LARGEST = np.finfo(np.float32).max


def test_pythons_own_flags_are_read_at_once():
    assert plain_flags((True, False, True)) == b"\1\0\1"
    assert plain_flags((False, 0)) == b"\0\0"


@pytest.mark.parametrize(
    "odd", ["yes", 2, -1, 300, 0.0, 1.0, None, np.True_, np.array([True]), b"\1", float("nan")]
)
def test_what_is_no_plain_flag_is_left_to_a_closer_look(odd):
    assert plain_flags((True, odd)) is None
    assert plain_flags((False, odd)) is None
    assert plain_flags((odd, True)) is None


def test_an_array_is_not_read_as_its_bytes():
    assert plain_flags(np.array([1, 0])) is None
    assert plain_flags(np.array([True, False])) is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3.5e38, -3.5e38, 1e300])
def test_numbers_that_are_not_finite_as_float32_are_noticed(value):
    assert fits_float32(np.array([0.0, -1.0, LARGEST, -LARGEST]))
    assert not fits_float32(np.array([0.0, value, 1.0]))
    assert not fits_float32(np.array([[0.0, 1.0], [value, 1.0]]))


def test_numbers_whose_sum_no_float_holds_are_told_without_a_warning():
    with np.errstate(all="raise"):
        assert not fits_float32(np.array([1.7e308, 1.7e308]))
