"""What several workers say becomes one in the order of the rows."""

import numpy as np

from tasks.vec_env.transition import FirstObservation, Transition, join_extras, join_firsts


def piece(count: int, **more) -> Transition:
    return Transition(
        obs=np.zeros((count, 1)),
        reward=np.ones(count, np.float32),
        done=np.zeros(count, bool),
        time_outs=np.zeros(count, bool),
        **more,
    )


def test_named_numbers_are_nan_in_rows_that_do_not_tell() -> None:
    joined = join_extras([piece(1), piece(1, rewards={"speed": np.array([2.0])})])
    assert np.isnan(joined["rewards"]["speed"][0])
    assert joined["rewards"]["speed"][1] == 2.0
    assert joined["metrics"] == {} and joined["masks"] is None


def test_a_note_that_every_piece_makes_is_made_once() -> None:
    pieces = [FirstObservation(np.empty(0), notes=("old",)), FirstObservation(np.empty(0), notes=("old",))]
    joined = join_firsts(pieces, np.array([[0, 0], [1, 1]]))
    assert joined.notes == ("old",)
    assert joined.obs.tolist() == [[0, 0], [1, 1]]
    assert joined.masks is None
