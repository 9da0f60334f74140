"""Whether numbers are finite, and where the first is that is not. Pure functions of tensors."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[Any, Any]
Named = Iterable[tuple[str, Any]]


@torch.no_grad()
def all_finite(tensors: Iterable[Tensor]) -> bool:
    """Whether no floating tensor holds a NaN or an infinity. Waits for the device once where all is well."""
    floats = [each.detach() for each in tensors if each.is_floating_point()]
    if not floats or bool(torch.nn.utils.get_total_norm(floats).isfinite()):
        return True
    # The norm of finite numbers may be too large for a number.
    return all(bool(each.isfinite().all()) for each in floats)


def first_not_finite(named: Named) -> tuple[str, tuple[int, ...], float] | None:
    """Name, place and value of the first number that is NaN or infinite, None where all are finite.

    Takes arrays as well as tensors, of any dtype, and looks at them one after the other.
    """
    for name, values in named:
        array = on_host(values)
        if array.dtype.kind != "f" or np.isfinite(array).all():
            continue
        place = tuple(int(part) for part in np.argwhere(~np.isfinite(array))[0])
        return name, place, float(array[place])
    return None


def on_host(values: Any) -> Array:
    """A tensor or array as an array; half precision as single."""
    if not isinstance(values, Tensor):
        return np.asarray(values)
    host = values.detach().cpu()
    return (host.float() if host.is_floating_point() else host).numpy()


def leaves(name: str, values: Any) -> Iterator[tuple[str, Any]]:
    """A tensor, or those of nested dicts, with their names."""
    if isinstance(values, dict):
        for key, part in values.items():
            yield from leaves(f"{name}.{key}", part)
    elif values is not None:
        yield name, values
