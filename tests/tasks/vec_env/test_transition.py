"""Pieces of several workers become one batch in the order of the rows."""

import numpy as np

from tasks.vec_env.transition import FirstObservation, Transition, join_firsts, join_transitions


def piece(obs: list[float], done: list[bool], **more) -> Transition:
    count = len(obs)
    return Transition(
        obs={"a": np.array(obs)},
        reward=np.ones(count, np.float32),
        done=np.array(done),
        time_outs=np.zeros(count, bool),
        **more,
    )


def test_final_observations_are_filled_with_successors_where_a_piece_has_no_done() -> None:
    going = piece([1.0, 2.0], [False, False])
    ended = piece([0.0], [True], final_observation={"a": np.array([9.0])})
    joined = join_transitions([going, ended])
    assert joined.obs["a"].tolist() == [1.0, 2.0, 0.0]
    assert joined.final_observation["a"].tolist() == [1.0, 2.0, 9.0]
    assert joined.done.tolist() == [False, False, True]
    assert join_transitions([going, going]).final_observation is None


def test_named_numbers_are_nan_in_rows_that_do_not_tell() -> None:
    telling = piece([0.0], [False], rewards={"speed": np.array([2.0])})
    joined = join_transitions([piece([0.0], [False]), telling])
    assert np.isnan(joined.rewards["speed"][0])
    assert joined.rewards["speed"][1] == 2.0
    assert joined.infos().keys() == {"time_outs", "rewards"}


def test_episodes_of_all_pieces_are_kept() -> None:
    one = piece([0.0], [True], episode={"row": np.array([0]), "return": np.array([5.0])})
    two = piece([0.0], [True], episode={"row": np.array([1]), "return": np.array([7.0])})
    joined = join_transitions([one, piece([0.0], [False]), two])
    assert joined.episode["row"].tolist() == [0, 1]
    assert joined.episode["return"].tolist() == [5.0, 7.0]


def test_a_note_that_every_piece_makes_is_made_once() -> None:
    pieces = [
        FirstObservation(np.zeros((1, 2)), notes=("old",)),
        FirstObservation(np.ones((1, 2)), notes=("old",)),
    ]
    joined = join_firsts(pieces)
    assert joined.notes == ("old",)
    assert joined.obs.tolist() == [[0, 0], [1, 1]]
    assert joined.masks is None
