"""Packed data comes back as it was, to the type, and damaged data is told."""

import io
from typing import Any

import numpy as np
import pytest
import torch

from algos.plain import pack, unpack

VALUES: list[Any] = [
    None,
    True,
    2**127 + 1,
    -0.1,
    float("inf"),
    "text",
    b"\0bytes",
    (1, [2, (3,)], {}),
    {1: "one", "two": {"three": (None,)}},
]


@pytest.mark.parametrize("value", VALUES)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    assert unpack(pack(value)) == value
    assert type(unpack(pack(value))) is type(value)


@pytest.mark.parametrize("kind", ["bool", "uint8", "int64", "uint32", "float16", "float32", "float64", "<U3"])
def test_arrays_and_scalars_keep_type_shape_and_bits(kind: str) -> None:
    array = np.array([[0, 1, 3], [1, 0, 2]], kind)
    held = unpack(pack([b"x", array, array[0, 1], array[:0]]))
    assert held[1].dtype == array.dtype and np.array_equal(held[1], array) and held[1].flags.writeable
    assert type(held[2]) is type(array[0, 1]) and held[2] == array[0, 1]
    assert held[3].shape == (0, 3)


def test_it_goes_through_a_file_that_runs_no_code() -> None:
    file = io.BytesIO()
    torch.save(pack({"a": np.arange(3), "b": torch.tensor([1.5], dtype=torch.bfloat16), "c": 2**100}), file)
    file.seek(0)
    held = unpack(torch.load(file, weights_only=True))
    assert held["a"].tolist() == [0, 1, 2] and held["c"] == 2**100
    assert held["b"].dtype == torch.bfloat16 and held["b"].item() == 1.5


@pytest.mark.parametrize("value", [object(), np.array([None]), {1, 2}])
def test_what_is_not_plain_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="is no plain data"):
        pack({"held": value})


@pytest.mark.parametrize(
    "damage",
    [
        {"tree": "{"},
        {"tree": '["array", ["<f8", [9], 0]]'},
        {"tree": '["array", ["|O", [1], 0]]'},
        {"tree": '["tensor", 3]'},
        {"tree": '["list", 3]'},
        {"block": None},
    ],
)
def test_damaged_data_is_told(damage: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        unpack({**pack(np.zeros(2)), **damage})
