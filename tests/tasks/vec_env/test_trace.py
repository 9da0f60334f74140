"""Two traces differ where a single number does, and the first place is told."""

import numpy as np

from tasks.vec_env.trace import Trace, by_row, difference, marks_of


def trace(last: float = 0.0, **infos) -> Trace:
    made = Trace()
    obs = {"a": np.zeros((2, 3)), "b": {"c": np.arange(2)}}
    made.add_first(obs)
    reward = np.array([1.0, last])
    made.add_step(
        np.zeros(2), obs, reward, np.array([False, True]), {"time_outs": np.zeros(2, bool), **infos}
    )
    return made


def test_the_same_numbers_are_no_difference_nan_included():
    nan = {"metrics": {"speed": np.array([np.nan, 1.0])}}
    assert difference(trace(**nan), trace(**nan)) is None


def test_the_first_difference_is_told_with_row_and_step():
    assert difference(trace(), trace(1e-9)) == "reward of row 1 is another after 1 steps"
    episode = {
        "row": np.array([1]),
        "return": np.array([2.0]),
        "length": np.array([3]),
        "success": np.zeros(1),
    }
    assert difference(trace(episode=episode), trace()) == "episode.return of row 1 is another after 1 steps"


def test_marks_are_by_name_and_by_row():
    marks = marks_of("obs", {"a": np.array([1, 1]), "b": np.array([1, 2])})
    assert list(marks) == ["obs.a", "obs.b"]
    one, other = by_row(marks)
    assert one[0] == one[1] == other[0] != other[1]
