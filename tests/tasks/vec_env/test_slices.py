"""Rows are dealt out to workers."""

import os

from tasks.vec_env.slices import crowded_note, split_rows


def test_rows_are_split_evenly_and_in_order() -> None:
    assert split_rows(7, 3) == [range(0, 3), range(3, 5), range(5, 7)]
    assert split_rows(4, 1) == [range(0, 4)]


def test_more_workers_than_processors_are_worth_a_note(monkeypatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert crowded_note(None) is crowded_note(2) is None
    assert crowded_note(3) == "num_workers=3 take turns on 2 processors: more workers are no faster"
