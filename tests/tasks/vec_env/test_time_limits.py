"""Time limits counted for all rows at once are those of the wrappers left out."""

from collections.abc import Iterator

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import OrderEnforcing, TimeLimit

from tasks.vec_env.time_limits import TimeLimits


class Counter(gym.Env):
    """Never ends by itself."""

    observation_space = action_space = gym.spaces.Discrete(1)

    def step(self, action):
        return 0, 1.0, False, False, {}


class Derived(TimeLimit):
    """May do anything."""


def cut_off(limits: TimeLimits, steps: int) -> Iterator[list[int]]:
    """The rows at their limit after each of so many steps."""
    for _ in range(steps):
        at_limit = limits.count()
        yield [] if at_limit is None else at_limit.nonzero()[0].tolist()


def test_the_outermost_wrappers_of_gymnasium_are_left_out_and_their_limit_is_kept():
    env = Counter()
    limits = TimeLimits([TimeLimit(OrderEnforcing(env), 3)])
    assert limits.steps == [env.step]
    assert list(cut_off(limits, 5)) == [[], [], [0], [0], [0]]


def test_the_shorter_of_two_limits_counts():
    limits = TimeLimits([TimeLimit(TimeLimit(Counter(), 5), 2), TimeLimit(TimeLimit(Counter(), 1), 9)])
    assert list(cut_off(limits, 2)) == [[1], [0, 1]]


def test_rows_that_were_reset_count_from_zero():
    limits = TimeLimits([TimeLimit(Counter(), 3) for _ in range(3)])
    assert list(cut_off(limits, 1)) == [[]]
    limits.restart(np.array([1]))
    assert list(cut_off(limits, 1)) == [[]]
    limits.restart(np.array([2]))
    assert list(cut_off(limits, 3)) == [[0], [0, 1], [0, 1, 2]]
    limits.restart(slice(None))
    assert list(cut_off(limits, 3)) == [[], [], [0, 1, 2]]


def test_a_row_goes_on_from_the_steps_it_had():
    limits = TimeLimits([TimeLimit(Counter(), 9), TimeLimit(Counter(), 9)])
    assert list(cut_off(limits, 2)) == [[], []]
    limits.load(1, 7)
    assert [limits.state(0), limits.state(1)] == [2, 7]
    assert list(cut_off(limits, 2)) == [[], [1]]
    assert [limits.state(0), limits.state(1)] == [4, 9]


def test_an_environment_in_anothers_place_has_its_own_limit():
    limits = TimeLimits([Counter(), Counter()])
    assert list(cut_off(limits, 3)) == [[], [], []]
    limits.replace(0, TimeLimit(Counter(), 2))
    assert list(cut_off(limits, 2)) == [[], [0]]


def test_other_wrappers_stay_and_so_does_what_lies_below_them():
    derived = Derived(Counter(), 1)
    limits = TimeLimits([derived])
    assert limits.steps == [derived.step]
    assert list(cut_off(limits, 1)) == [[]]
