"""Where numbers lie, and their way to NumPy and back."""

import numpy as np
import torch

from tasks.vec_env.places import NUMPY, is_tensor, place_of, to_numpy


def test_arrays_tensors_and_the_rest_are_told_apart():
    assert place_of(np.zeros(2)) == place_of({"obs": {"a": np.zeros(2)}}) == NUMPY
    assert place_of(torch.zeros(2)) == "cpu"
    assert place_of({"obs": torch.zeros(2, device="meta")}) == "meta"
    assert place_of([1.0]) is None
    assert is_tensor(torch.zeros(1)) and not is_tensor(np.zeros(1))


def test_tensors_become_arrays_at_any_depth():
    plain = to_numpy({"obs": torch.ones(2), "rest": [1, 2]})
    assert (type(plain["obs"]), plain["rest"]) == (np.ndarray, [1, 2])
