"""The table of rows can be trained, and asks what its rule says."""

import pytest

from benchmarks.parity import PUBLISHED, ROWS, Anchor, Row
from cfg.compose import compose
from cfg.flags import parse


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_a_configuration_that_spends_its_budget(name):
    row = ROWS[name]
    config = compose(parse([*row.words(), f"seed={row.seeds[0]}"]))
    assert (config.max_frames, config.max_iterations, config.eval_every) == (row.frames, None, 0)
    assert config.task.solve_at is None


def test_a_single_tuned_run_leaves_a_twentieth_of_the_way_from_random_play():
    row = Row(("task=Pendulum",), (), 100, Anchor(-172.0, "somebody"))
    assert row.floor(random=-1172.0) == -222.0


def test_a_spread_of_its_own_is_taken_as_it_is():
    row = Row(("task=Acrobot",), (), 100, Anchor(-86.4, "somebody", spread=1.5))
    assert row.floor(random=-500.0) == -87.9
    assert Row(("task=Acrobot",), (), 100).floor(random=-500.0) is None


def test_published_rows_have_seeds_enough():
    assert all(len(set(row.seeds)) == len(row.seeds) >= 3 for row in PUBLISHED.values())
