"""What rows gave is read as arrays, and each kind of value is judged by its own."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from cfg.errors import EnvFault
from tasks.vec_env.layout import read_layout
from tasks.vec_env.reader import Reader


class Index:
    """What Python takes for an integer, and NumPy does not take for yes or no."""

    def __index__(self) -> int:
        return 1


@pytest.fixture
def reader() -> Reader:
    envs = [gym.make("CartPole-v1") for _ in range(2)]
    return Reader("Toy", range(4, 6), envs, read_layout(envs[0]))


@pytest.mark.parametrize("kind", [bool, int, np.bool_, np.int8])
def test_ends_of_any_kind_are_read_each_as_its_own(kind: Any, reader: Reader) -> None:
    for terminations, truncations in (
        ((True, False), (kind(0), kind(1))),
        ((kind(1), kind(0)), (False, True)),
    ):
        terminated, truncated = reader.ends(terminations, truncations)
        assert terminated.dtype == truncated.dtype == np.bool_
        assert terminated.tolist() == [True, False]
        assert truncated.tolist() == [False, True]


def test_no_end_is_read_of_any_kind(reader: Reader) -> None:
    for terminations, truncations in (
        ((False, False), (False, False)),
        ((False, False), (False, 0)),
        ((False, False), (np.False_, np.False_)),
        ((0, 0), (False, False)),
        ((np.False_, False), (False, False)),
    ):
        assert [each.tolist() for each in reader.ends(terminations, truncations)] == 2 * [[False, False]]


def test_a_truncation_is_not_let_through_by_a_termination_of_the_right_kind(reader: Reader) -> None:
    with pytest.raises(EnvFault, match="row 4, step 0: truncated is Index"):
        reader.ends((True, False), (Index(), Index()))


OBS = np.arange(4, dtype=np.float32)
NO_ENDS = (False, False), (False, False)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rewards", [(1.0, -2.5), (1, -2), (np.float32(1.5), np.float32(-2))])
def test_a_plain_step_is_read_as_a_close_look_reads_it(rewards: Any, dtype: Any, reader: Reader) -> None:
    raw = OBS.astype(dtype), OBS.astype(dtype) + 0.1
    reader.take_notes()
    plain = reader.plain(raw, rewards, *NO_ENDS, ({}, {"x": 1}))
    assert plain is not None
    for quick, close in zip(plain, (reader.batch(raw, range(2)), reader.rewards(rewards)), strict=True):
        assert quick.dtype == close.dtype
        assert quick.tolist() == close.tolist()


@pytest.mark.parametrize(
    ("raw", "rewards", "infos"),
    [
        ((OBS, OBS), (1.0, 1.0), ({}, {"rewards": {"speed": 1.0}})),
        ((OBS, OBS), (1.0, 1.0), ({"metrics": {"speed": 1.0}}, {})),
        ((OBS, OBS), (1.0, 1.0), ({}, None)),
        ((OBS, OBS[:3]), (1.0, 1.0), ({}, {})),
        ((OBS[:3], OBS[:3]), (1.0, 1.0), ({}, {})),
        ((OBS, OBS * np.float32(np.nan)), (1.0, 1.0), ({}, {})),
        ((OBS, OBS), (1.0, float("inf")), ({}, {})),
        ((OBS, OBS), (1.0, 1e39), ({}, {})),  # too large for float32
        ((OBS, OBS), (1.0, "much"), ({}, {})),
        ((OBS, OBS), ([1.0], [1.0]), ({}, {})),
        ((OBS, OBS), (1.0, [1.0, 2.0]), ({}, {})),
    ],
)
def test_a_step_that_says_more_or_something_wrong_gets_a_close_look(
    raw: Any, rewards: Any, infos: Any, reader: Reader
) -> None:
    assert reader.plain((OBS, OBS), (1.0, 1.0), *NO_ENDS, ({}, {})) is not None
    assert reader.plain(raw, rewards, *NO_ENDS, infos) is None


@pytest.mark.parametrize(
    "ends",
    [
        ((True, False), (False, False)),
        ((False, False), (False, True)),
        ((False, None), (False, False)),
        ((np.False_, np.False_), (False, False)),
        ((False, False), (np.False_, False)),
        ((False, False), (False, 0.5)),
        ((False, False), (False, np.array([False, False]))),
    ],
)
def test_a_step_in_which_a_row_ended_or_said_so_in_its_own_way_gets_a_close_look(
    ends: Any, reader: Reader
) -> None:
    assert reader.plain((OBS, OBS), (1.0, 1.0), *ends, ({}, {})) is None


def test_no_end_of_another_kind_than_the_first_rows_is_none(reader: Reader) -> None:
    for ends in (((False, 0), (False, False)), ((False, False), (False, np.False_))):
        assert reader.plain((OBS, OBS), (1.0, 1.0), *ends, ({}, {})) is not None
        assert not np.any(reader.ends(*ends))


def test_a_step_with_masks_or_a_note_gets_a_close_look(reader: Reader) -> None:
    step = (OBS, OBS), (1.0, 1.0), *NO_ENDS, ({}, {})
    reader.is_masked_by_info = True
    assert reader.plain(*step) is None
    reader.is_masked_by_info = False
    assert reader.plain(*step) is not None
    reader.old_step((OBS, 1.0, False, {}), 0)
    assert reader.plain(*step) is None
    assert reader.take_notes()
    assert reader.plain(*step) is not None
