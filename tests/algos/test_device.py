"""What the device decides."""

from collections.abc import Iterator

import pytest
import torch

from algos.device import limit_threads, mixes_precision, precision_notes


@pytest.fixture
def four_threads() -> Iterator[None]:
    """As rl_games' Runner leaves it on a machine of four processors or more."""
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("is_wanted", "device", "is_mixed"),
    [(True, "cuda:0", True), (True, "cpu", False), (False, "cuda:0", False), (False, "cpu", False)],
)
def test_networks_learn_in_bfloat16_where_it_is_wanted_and_there_is_a_gpu(
    is_wanted: bool, device: str, is_mixed: bool
) -> None:
    assert mixes_precision(is_wanted, device) == is_mixed
    assert bool(precision_notes(is_wanted, device)) == (is_wanted and not is_mixed)


@pytest.mark.usefixtures("four_threads")
@pytest.mark.parametrize(
    ("asked", "environment", "weights", "threads"),
    [
        ("auto", "", 1_000, 1),
        ("auto", "", 1_000_000, 4),
        ("auto", "2", 1_000_000, 2),
        ("auto", "8", 1_000_000, 4),
        ("auto", "4,2", 1_000_000, 4),
        ("auto", "2", 1_000, 1),
        (3, "2", 1_000_000, 4),  # the Runner's own doing, before
    ],
)
def test_threads_are_one_for_small_networks_and_at_most_those_of_omp_num_threads_for_others(
    asked: int | str, environment: str, weights: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", environment)
    limit_threads(asked, weights, minibatch_size=256)
    assert torch.get_num_threads() == threads
