"""n-step returns, with gamma 0.5 and n 3 where nothing else is said; observations are the steps' numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from algos.sac.replay import Batch
from algos.sac.returns import Lookahead
from tests.algos.sac.reading import replay_of
from tests.algos.sac.test_runs import SMALL, C
from train import run

Toy = Callable[..., tuple[str, str]]
Known = tuple[float, float, float, float]


def step(number: int, rewards: list[float], discounts: list[float] | None = None) -> Batch:
    """Step `number` of every row: seen as the number, and its successor as the next."""
    rows = len(rewards)
    column = torch.full((rows, 1), float(number))
    goes_on = torch.tensor(discounts or [1.0] * rows)
    return Batch(column, column, torch.tensor(rewards), column + 1.0, goes_on)


def row_of(known: list[Batch], row: int) -> list[Known]:
    """Of one row, each transition's observation, return, last observation and discount."""
    parts = [(each.obs[:, 0], each.reward, each.next_obs[:, 0], each.discount) for each in known]
    return [tuple(part[row].item() for part in each) for each in parts]


def played(ahead: Lookahead, ends: dict[int, str], steps: range = range(7)) -> list[Batch]:
    """What is known after these steps of two rows; the first pays 1 2 4 8 .., the second tenfold and ends."""
    known = []
    for number in steps:
        paid, end = 2.0**number, ends.get(number)
        discounts = [1.0, 0.0 if end == "terminated" else 1.0]
        known += ahead.take(step(number, [paid, 10 * paid], discounts), np.array([False, end is not None]))
    return known


def test_three_rewards_are_summed_and_the_value_after_them_counts_for_gamma_cubed() -> None:
    known = played(Lookahead(3, 0.5, 2, "cpu"), {})
    # 1 + 2/2 + 4/4 = 3, and so on, doubled each time; gamma itself is the learner's, so 0.5 ** 2 is left.
    assert row_of(known, 0) == [(k, 3.0 * 2**k, k + 3.0, 0.25) for k in range(5)]


def test_an_episodes_own_end_ends_the_sum_and_nothing_is_added_after_it() -> None:
    known = played(Lookahead(3, 0.5, 2, "cpu"), {2: "terminated"})
    # Steps 0 1 2 pay 10 20 40 and are an episode; steps 3 4 5 of the next one pay 80 160 320.
    assert row_of(known, 1)[:4] == [
        (0, 10 + 10 + 10, 3, 0.0),
        (1, 20 + 20, 3, 0.0),
        (2, 40, 3, 0.0),
        (3, 80 + 80 + 80, 6, 0.25),
    ]
    assert row_of(known, 0) == [(k, 3.0 * 2**k, k + 3.0, 0.25) for k in range(5)], "the other row goes on"


def test_at_a_time_limit_the_value_goes_on_from_the_true_last_observation_with_the_power_summed() -> None:
    known = played(Lookahead(3, 0.5, 2, "cpu"), {2: "truncated"})
    assert row_of(known, 1)[:3] == [(0, 30, 3, 0.25), (1, 40, 3, 0.5), (2, 40, 3, 1.0)]


def test_episodes_shorter_than_n_are_summed_to_their_end() -> None:
    known = played(Lookahead(3, 0.5, 2, "cpu"), {0: "truncated", 1: "terminated"})
    assert row_of(known, 1)[:3] == [(0, 10, 1, 1.0), (1, 20, 2, 0.0), (2, 40 + 40 + 40, 5, 0.25)]


def test_what_is_no_number_stays_in_its_own_episode() -> None:
    ahead = Lookahead(2, 0.5, 1, "cpu")
    ahead.take(step(0, [1.0], [0.0]), np.array([True]))
    (known,) = ahead.take(step(1, [float("nan")]), np.array([False]))
    assert row_of([known], 0) == [(0, 1, 1, 0.0)]


def test_one_step_is_passed_on_as_it_is() -> None:
    one = step(0, [1.0, 2.0])
    ahead = Lookahead(1, 0.5, 2, "cpu")
    (known,) = ahead.take(one, np.array([True, False]))
    assert known is one and ahead.state() == []


def test_rows_that_begin_anew_were_cut_off() -> None:
    ahead = Lookahead(3, 0.5, 2, "cpu")
    known = played(ahead, {}, range(2))
    ahead.cut(torch.tensor([False, True]))
    known += played(ahead, {}, range(2, 4))
    assert row_of(known, 0) == [(0, 3, 3, 0.25), (1, 6, 4, 0.25)]
    assert row_of(known, 1) == [(0, 10 + 10, 2, 0.5), (1, 20, 2, 1.0)]


@pytest.mark.parametrize("n_step", [1, 2, 3, 5])
def test_another_takes_over_the_steps_that_wait_and_its_own_n_holds(n_step: int) -> None:
    first, other = Lookahead(3, 0.5, 2, "cpu"), Lookahead(n_step, 0.5, 2, "cpu")
    played(first, {}, range(4))
    other.load(first.state())  # steps 2 and 3
    known = row_of(played(other, {}, range(4, 8)), 0)
    numbers, returns, afters, discounts = zip(*known, strict=True)
    # Over n steps from step k on: n times 2 ** k, as each next reward is twice as large and counts half.
    assert numbers == tuple(float(k) for k in range(2, 8 - n_step + 1))
    assert returns == tuple(n_step * 2.0**k for k in numbers)
    assert afters == tuple(k + n_step for k in numbers) and set(discounts) == {0.5 ** (n_step - 1)}


def test_of_another_number_of_rows_nothing_is_taken_over() -> None:
    first, other = Lookahead(3, 0.5, 2, "cpu"), Lookahead(3, 0.5, 5, "cpu")
    played(first, {}, range(4))
    other.load(first.state())
    assert other.state() == []


@pytest.mark.parametrize(
    ("world", "discounts"),
    [({"limit": 4}, (0.25, 0.25, 0.5, 1.0)), ({"length": 4}, (0.25, 0.0, 0.0, 0.0))],
)
def test_a_run_fills_its_replay_with_them_past_its_end(
    toy: Toy, world: dict[str, Any], discounts: tuple[float, ...]
) -> None:
    # Each episode pays 1 2 3 4; 50 places are no multiple of the 4 rows, and are filled three times.
    ring = (f"{C}.n_step=3", f"{C}.gamma=0.5", f"{C}.replay_buffer_size=50", "max_iterations=4")
    rows = replay_of(run(*toy("Push", is_paid_by_time=True, **world), *SMALL, *ring))
    assert len(rows) == 50
    names = ("obs", "reward", "next_obs", "discount")
    assert {tuple(row[name] for name in names) for row in rows} == {
        (0.0, 1 + 2 / 2 + 3 / 4, 3.0, discounts[0]),
        (1.0, 2 + 3 / 2 + 4 / 4, 4.0, discounts[1]),
        (2.0, 3 + 4 / 2, 4.0, discounts[2]),
        (3.0, 4.0, 4.0, discounts[3]),
    }


def test_without_a_warm_up_learning_waits_for_the_first_transitions(toy: Toy) -> None:
    few = ("num_envs=1", f"{C}.num_warmup_frames=0", f"{C}.num_steps_per_episode=1", f"{C}.n_step=3")
    summary = run(*toy("Push"), *SMALL, *few, "max_iterations=6")
    state = torch.load(summary["checkpoints"]["last"], weights_only=True)
    assert state["update_counter"] == 6 - 2
