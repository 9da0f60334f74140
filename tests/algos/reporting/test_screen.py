"""The line of progress on a terminal that is none."""

import io
import logging

import pytest
from rich.console import Console

from algos.reporting.report import EpochReport
from algos.reporting.screen import Screen
from tests.cfg.composing import composed


def report(epoch: int, frame: int) -> EpochReport:
    return EpochReport(
        epoch=epoch,
        frame=frame,
        wall_s=1.0,
        fps=512.0,
        reward_mean=-1.0,
        episode_length_mean=200.0,
        losses={},
        step_s=0.1,
        play_s=0.2,
        epoch_s=0.3,
        frames=512,
    )


@pytest.mark.parametrize(
    ("frame", "left"),
    [
        (500, "at most 0:50 left"),  # 400 of 1,000 frames took 40 s, and 500 are left
        (1020, "at most 0:00 left"),  # the last epoch went past the budget
    ],
)
def test_the_time_left_follows_from_the_pace_and_never_falls_below_zero(
    frame: int, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 0.0, 40.0])
    monkeypatch.setattr("algos.reporting.screen.time.monotonic", lambda: next(clock))
    shown = io.StringIO()
    screen = Screen(composed("task=Pendulum", "max_frames=1000"), Console(file=shown, width=200))
    screen.epoch(report(1, 100))
    screen.epoch(report(2, frame))
    assert left in shown.getvalue()


def test_what_environments_are_told_of_is_shown_once_however_many_say_it() -> None:
    shown = io.StringIO()
    screen = Screen(composed("task=CartPole"), Console(file=shown, width=200))
    for _ in ("training", "an evaluation"):
        logging.getLogger("rlgx.tasks").warning("%s: %s", "Mine", "t is left out")
    screen.close()
    logging.getLogger("rlgx.tasks").warning("said to nobody")
    assert shown.getvalue() == "note: Mine: t is left out\n"
