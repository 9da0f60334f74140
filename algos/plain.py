"""Nested data as one text and one block of bytes, for a checkpoint: one entry of the file, and no code.

What comes back is what went in, to the type: tuples stay tuples, NumPy scalars keep their precision.
"""

import json
from typing import Any

import numpy as np
import torch

State = dict[str, Any]
_AS_THEY_ARE = (type(None), bool, int, float, str)


def pack(value: Any) -> State:
    """None, numbers, str, bytes, NumPy arrays, tensors, and lists, tuples and dicts of them.

    Raises TypeError for anything else.
    """
    packer = _Packer()
    tree = packer.encode(value)
    block = torch.frombuffer(packer.block, dtype=torch.uint8) if packer.block else torch.empty(0).byte()
    return {"tree": json.dumps(tree), "block": block, "tensors": packer.tensors}


def unpack(packed: State) -> Any:
    """What was packed, in memory of its own; tensors on the CPU. Raises ValueError for damaged data."""
    try:
        return _decode(json.loads(packed["tree"]), packed["block"].numpy().tobytes(), packed["tensors"])
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"packed data cannot be read: {type(error).__name__}: {error}") from error


class _Packer:
    """Collects arrays and tensors while it encodes: in the tree, a list is [tag, content]."""

    def __init__(self) -> None:
        self.block = bytearray()
        self.tensors: list[torch.Tensor] = []

    def encode(self, value: Any) -> Any:
        if type(value) in _AS_THEY_ARE:
            return value
        if type(value) in (list, tuple):
            return [type(value).__name__, [self.encode(part) for part in value]]
        if type(value) is dict:
            return ["dict", [[self.encode(key), self.encode(part)] for key, part in value.items()]]
        if type(value) is bytes:
            return ["bytes", [self._store(value), len(value)]]
        if isinstance(value, np.ndarray | np.generic) and value.dtype.kind != "O":
            kind = "array" if isinstance(value, np.ndarray) else "scalar"
            return [kind, [value.dtype.str, list(value.shape), self._store(value.tobytes())]]
        if isinstance(value, torch.Tensor):
            self.tensors.append(value.detach().cpu())
            return ["tensor", len(self.tensors) - 1]
        raise TypeError(f"a {type(value).__name__} is no plain data")

    def _store(self, content: bytes) -> int:
        start = len(self.block)
        self.block += content
        return start


def _decode(node: Any, block: bytes, tensors: list[torch.Tensor]) -> Any:
    if not isinstance(node, list):
        return node
    tag, content = node
    if tag in ("list", "tuple"):
        parts = [_decode(part, block, tensors) for part in content]
        return tuple(parts) if tag == "tuple" else parts
    if tag == "dict":
        return {_decode(key, block, tensors): _decode(part, block, tensors) for key, part in content}
    if tag == "bytes":
        start, length = content
        return block[start : start + length]
    if tag == "tensor":
        return tensors[content]
    array = _array(block, *content)
    return array[()] if tag == "scalar" else array


def _array(block: bytes, kind: str, shape: list[int], start: int) -> np.ndarray:
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(block, np.dtype(kind), count, start).reshape(shape).copy()
