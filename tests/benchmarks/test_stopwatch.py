"""The clock of a race, with a hand on it."""

import numpy as np
import pytest

from benchmarks import stopwatch
from benchmarks.stopwatch import Finished, Rules, Stopwatch, Trial, mean_return

RULES = Rules(target=100.0, every=1000, budget=5000)


class Hand:
    """A clock that goes on when told to."""

    def __init__(self, monkeypatch) -> None:
        self.now = 50.0
        monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: self.now)


@pytest.fixture
def hand(monkeypatch) -> Hand:
    return Hand(monkeypatch)


def judged_by(hand, scores, seen):
    """A judge who takes 7 s for each of these scores, and notes of whom and on which seeds."""

    def judge(act, episodes, seed):
        hand.now += 7
        seen.append((act, episodes, seed))
        return scores.pop(0)

    return judge


def test_the_clock_stands_still_while_a_policy_is_judged(hand):
    watch = Stopwatch(RULES, judged_by(hand, [10.0, 20.0], []), seed=1)
    watch.start()
    hand.now += 3
    watch.passed(1000, "first")
    hand.now += 2
    watch.passed(2000, "second")
    assert watch.curve == [(1000, 3.0, 10.0), (2000, 5.0, 20.0)]


def test_judgement_falls_due_with_every_so_many_frames_and_comes_after_the_update(hand):
    seen: list = []
    watch = Stopwatch(RULES, judged_by(hand, [0.0] * 9, seen), seed=1)
    watch.start()
    for frames in (400, 800, 1200, 1600, 2000, 2400, 4100, 4500):
        watch.passed(frames, frames)
    assert [act for act, _, _ in seen] == [1200, 2000, 4100]


def test_a_target_counts_once_a_hundred_more_episodes_confirm_it(hand):
    seen: list = []
    watch = Stopwatch(RULES, judged_by(hand, [120.0, 99.0, 120.0, 101.0], seen), seed=2)
    watch.start()
    hand.now += 1
    watch.passed(1000, "lucky")
    assert watch.confirmed is None
    hand.now += 1
    with pytest.raises(Finished):
        watch.passed(2000, "good")
    assert (watch.confirmed, watch.frames, watch.seconds) == (101.0, 2000, 2.0)
    assert [episodes for _, episodes, _ in seen] == [20, 100, 20, 100]
    # No episode is played twice: each judgement begins where the seeds of the one before end.
    assert [seed - 2_000_000 for _, _, seed in seen] == [0, 20, 120, 140]


def test_a_training_that_has_used_its_frames_is_over(hand):
    watch = Stopwatch(Rules(100.0, 1000, budget=1500), judged_by(hand, [1.0, 2.0], []), seed=1)
    watch.start()
    watch.passed(1024, "early")
    with pytest.raises(Finished):
        watch.passed(1536, "late")
    assert watch.confirmed is None and [score for *_, score in watch.curve] == [1.0, 2.0]


def test_a_training_that_takes_too_long_is_judged_once_more_and_given_up(hand):
    watch = Stopwatch(Rules(100.0, 1000, 5000, seconds=10), judged_by(hand, [120.0, 99.0], []), seed=1)
    watch.start()
    hand.now += 9
    watch.passed(400, "in time")
    hand.now += 1
    with pytest.raises(Finished):
        watch.passed(800, "late")
    assert watch.confirmed is None and watch.curve == [(800, 10.0, 120.0)]


def test_finished_is_no_error_that_a_library_would_catch():
    assert not issubclass(Finished, Exception)


def test_a_trial_counts_from_where_it_is_warm(hand):
    trial = Trial(seconds=4.0)
    trial.start()
    for frames, second in ((10, 3), (20, 5), (120, 7)):  # warm after 5 s
        hand.now = 50 + second
        trial.passed(frames, "whoever")
    hand.now = 50 + 9.0
    with pytest.raises(Finished):
        trial.passed(220, "whoever")
    assert trial.speed == 50.0  # 200 frames in 4 s


def test_a_training_shorter_than_its_trial_counts_whole(hand):
    trial = Trial(seconds=4.0)
    trial.start()
    hand.now += 2
    trial.passed(30, "whoever")
    assert trial.speed == 15.0


def test_returns_are_of_whole_episodes():
    # A car that is never pushed stays in its valley: 200 steps of -1 each.
    assert mean_return("MountainCar-v0", lambda obs: np.ones(len(obs), int), 3, seed=0) == -200.0


def test_who_has_ended_plays_no_more_and_seeds_say_what_is_played():
    rows: list[int] = []

    def push(obs):
        rows.append(len(obs))
        return np.ones(len(obs), int)

    first = mean_return("CartPole-v1", push, 5, seed=3)
    # A step of CartPole is worth 1, so the steps of all rows are the sum of the returns.
    assert rows[0] == 5 and rows == sorted(rows, reverse=True) and sum(rows) == 5 * first
    assert mean_return("CartPole-v1", push, 5, seed=3) == first
