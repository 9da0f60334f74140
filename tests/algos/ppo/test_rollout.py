"""Rollouts become row-major batches, and batches become minibatches, as rl_games lays them out."""

import torch

from algos.ppo.rollout import Batch, flatten, flatten_states


def _batch(steps: int, rows: int, **parts: object) -> Batch:
    count = steps * rows
    plain = {
        name: torch.zeros(count) for name in ("action", "neglogp", "advantage", "value", "returns", "first")
    }
    return Batch(**{"obs": torch.arange(count), **plain, **parts})  # type: ignore[arg-type]


def test_flatten_puts_a_rows_steps_next_to_each_other() -> None:
    # Two rows, three steps: row r at step t is 10 * r + t.
    steps = [torch.tensor([0, 10]) + t for t in range(3)]
    assert flatten(steps).tolist() == [0, 1, 2, 10, 11, 12]
    assert flatten([{"a": step} for step in steps])["a"].tolist() == [0, 1, 2, 10, 11, 12]
    assert flatten([]) is None


def test_states_follow_the_order_of_their_sequences() -> None:
    # One layer, two rows, one unit; a state a sequence start, two sequences.
    starts = [(torch.tensor([[[0.0], [10.0]]]),), (torch.tensor([[[1.0], [11.0]]]),)]
    (states,) = flatten_states(starts) or ()
    assert states.shape == (1, 4, 1)
    assert states.flatten().tolist() == [0.0, 1.0, 10.0, 11.0]


def test_minibatches_cover_every_sample_once() -> None:
    torch.manual_seed(0)
    seen = [piece.obs.tolist() for _, piece in _batch(4, 3).minibatches(4, 1, shuffle=True)]
    assert [len(part) for part in seen] == [4, 4, 4]
    assert sorted(sum(seen, [])) == list(range(12))
    assert sum(seen, []) != list(range(12))


def test_unshuffled_minibatches_are_contiguous() -> None:
    seen = [piece.obs.tolist() for _, piece in _batch(4, 3).minibatches(6, 1, shuffle=False)]
    assert seen == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]


def test_shuffling_keeps_sequences_whole_and_with_their_states() -> None:
    torch.manual_seed(0)
    states = (torch.arange(6.0).view(1, 6, 1),)  # sequence s begins with state s
    for _, piece in _batch(4, 3, rnn_states=states).minibatches(4, 2, shuffle=True):
        first, second = piece.obs.view(2, 2)
        assert first[1] == first[0] + 1 and second[1] == second[0] + 1
        assert piece.rnn_states is not None
        assert (piece.rnn_states[0].flatten() * 2).tolist() == [first[0], second[0]]


def test_the_index_writes_back_to_the_samples_of_the_minibatch() -> None:
    torch.manual_seed(0)
    batch = _batch(4, 3)
    for index, piece in batch.minibatches(4, 1, shuffle=True):
        batch.action[index] = piece.obs.float()
    assert batch.action.tolist() == list(range(12))
