"""What the device decides."""

import pytest

from algos.device import mixes_precision, precision_notes


@pytest.mark.parametrize(
    ("is_wanted", "device", "is_mixed"),
    [(True, "cuda:0", True), (True, "cpu", False), (False, "cuda:0", False), (False, "cpu", False)],
)
def test_networks_learn_in_bfloat16_where_it_is_wanted_and_there_is_a_gpu(
    is_wanted: bool, device: str, is_mixed: bool
) -> None:
    assert mixes_precision(is_wanted, device) == is_mixed
    assert bool(precision_notes(is_wanted, device)) == (is_wanted and not is_mixed)
