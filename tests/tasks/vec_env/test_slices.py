"""Rows are dealt out to workers."""

from tasks.vec_env.slices import split_rows


def test_rows_are_split_evenly_and_in_order() -> None:
    assert split_rows(7, 3) == [range(0, 3), range(3, 5), range(5, 7)]
    assert split_rows(4, 1) == [range(0, 4)]
