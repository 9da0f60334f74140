"""Where numbers lie: in NumPy, or in torch tensors on a device. Imports no torch."""

from typing import Any

import numpy as np

NUMPY = "NumPy"


def place_of(value: Any) -> str | None:
    """`NUMPY`, or the device of a tensor; of a dictionary, its first part's. None for all else."""
    if isinstance(value, dict):
        return next((place for part in value.values() if (place := place_of(part))), None)
    if is_tensor(value):
        return str(value.device)
    return NUMPY if isinstance(value, np.ndarray) else None


def to_numpy(value: Any) -> Any:
    """Tensors as arrays, in dictionaries too; anything else as it is."""
    if isinstance(value, dict):
        return {key: to_numpy(part) for key, part in value.items()}
    return value.detach().cpu().numpy() if is_tensor(value) else value


def is_tensor(value: Any) -> bool:
    """Whether it is a torch tensor, without loading torch to see."""
    return type(value).__module__.partition(".")[0] == "torch"
