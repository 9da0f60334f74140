"""Schedules, against numbers worked by hand."""

import pytest

from algos.ppo.schedule import adaptive_rate, linear


@pytest.mark.parametrize(
    ("kl", "expected"),
    [(0.0161, 0.002), (0.0159, 0.003), (0.0041, 0.003), (0.0039, 0.0045)],
)
def test_adaptive_rate_moves_only_outside_half_and_twice_the_threshold(kl: float, expected: float) -> None:
    assert adaptive_rate(0.003, kl, 0.008, (1e-6, 1e-2)) == pytest.approx(expected)


def test_adaptive_rate_stays_within_its_bounds() -> None:
    assert adaptive_rate(0.009, 0.0, 0.008, (1e-6, 1e-2)) == 1e-2
    assert adaptive_rate(1.2e-6, 1.0, 0.008, (1e-6, 1e-2)) == 1e-6


def test_linear_goes_from_start_to_end_and_stays() -> None:
    assert [linear(1.0, 0.2, share) for share in (0.0, 0.5, 1.0, 2.0)] == pytest.approx([1.0, 0.6, 0.2, 0.2])
