"""Who waits looks where that is worth it, and rests where somebody else wants the processor."""

import time
from itertools import groupby

import pytest

from tasks.vec_env import attention
from tasks.vec_env.attention import RESTS, Attention

SPIN_S = 0.05
"""Longer than an idle moment of a busy machine."""


@pytest.fixture(autouse=True)
def _awake_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "SPIN_S", SPIN_S)


def test_it_looks_after_what_came_soon_and_sleeps_after_what_did_not() -> None:
    pause_s = 0.0

    def asleep() -> str:
        if pause_s:
            time.sleep(pause_s)
        return "asleep"

    waiting = Attention(lambda seconds: None if pause_s else "awake", asleep)
    heard = [waiting.wait() for _ in range(3)]
    pause_s = 2 * SPIN_S
    heard += [waiting.wait(), waiting.wait()]
    pause_s = 0.0
    heard += [waiting.wait(), waiting.wait()]
    assert heard == ["asleep", "awake", "awake", "asleep", "asleep", "asleep", "awake"]


def test_rests_double_while_each_look_takes_too_long_and_are_few_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attention, "SOON_S", 60.0)

    def late(seconds: float) -> str:
        time.sleep(3 * SPIN_S)
        return "late"

    waiting = Attention(late, lambda: "asleep")
    first, most = RESTS
    assert (waiting.wait(), waiting.wait()) == ("asleep", "late")
    heard = [waiting.wait() for _ in range(first + 2 * first + 4 * first + 3)]
    rests = [len(list(same)) for kind, same in groupby(heard) if kind == "asleep"]
    assert rests == [first, 2 * first, 4 * first]
    many = [waiting.wait() for _ in range(8 * most)]
    assert max(len(list(same)) for kind, same in groupby(many) if kind == "asleep") == most
    monkeypatch.setattr(attention, "SOON_S", 0.0)
    while waiting.wait() != "late":
        pass
    again = [waiting.wait() for _ in range(first + 1)]
    assert again == [*first * ["asleep"], "late"]
