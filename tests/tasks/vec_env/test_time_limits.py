"""Time limits counted for all rows at once are those of the wrappers left out."""

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


def test_the_outermost_wrappers_of_gymnasium_are_left_out_and_their_limit_is_kept():
    env = Counter()
    limits = TimeLimits([TimeLimit(OrderEnforcing(env), 3)])
    assert limits.steps == [env.step]
    assert [limits.count().tolist() for _ in range(4)] == [[False], [False], [True], [True]]


def test_the_shorter_of_two_limits_counts():
    limits = TimeLimits([TimeLimit(TimeLimit(Counter(), 5), 2), TimeLimit(TimeLimit(Counter(), 1), 9)])
    assert limits.count().tolist() == [False, True]
    assert limits.count().tolist() == [True, True]


def test_rows_that_were_reset_count_from_zero():
    limits = TimeLimits([TimeLimit(Counter(), 2) for _ in range(3)])
    limits.count()
    limits.restart(np.array([1]))
    assert limits.count().tolist() == [True, False, True]


def test_other_wrappers_stay_and_so_does_what_lies_below_them():
    derived = Derived(Counter(), 1)
    limits = TimeLimits([derived])
    assert limits.steps == [derived.step]
    assert limits.count().tolist() == [False]
