"""Which observations are images, and how they become channels-first. Knows nothing but shapes.

Gymnasium images come as [H, W], [H, W, C], [C, H, W] (stacked frames) or [S, H, W, C] (stacked colour
frames); networks want [C, H, W].
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tasks.arrays import Array

SMALLEST_SIDE = 8
"""A uint8 matrix with a shorter side is taken for a table of numbers, not for a grey picture."""

COLOUR_CHANNELS = (1, 3, 4)


def channels_first(shape: tuple[int, ...], dtype: np.dtype[Any] | None) -> Callable[[Array], Array] | None:
    """Conversion of a batch [N, *shape] to [N, C, H, W]; None where the shape is no image."""
    if len(shape) == 3:
        return _last_to_first if _has_channels_last(shape) else np.ascontiguousarray
    if dtype != np.uint8:
        return None
    if len(shape) == 2 and min(shape) >= SMALLEST_SIDE:
        return _add_channel
    if len(shape) == 4 and min(shape[1:3]) >= SMALLEST_SIDE and shape[3] in COLOUR_CHANNELS:
        return _merge_frames
    return None


def _has_channels_last(shape: tuple[int, ...]) -> bool:
    """Channels are the shortest side; where that is undecided, a last side of 1, 3 or 4 is channels."""
    first, middle, last = shape
    if last < min(first, middle):
        return True
    if first < min(middle, last):
        return False
    return last in COLOUR_CHANNELS


def _last_to_first(images: Array) -> Array:
    """[N, H, W, C] -> [N, C, H, W]."""
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))


def _add_channel(images: Array) -> Array:
    """[N, H, W] -> [N, 1, H, W]."""
    return images[:, None]


def _merge_frames(images: Array) -> Array:
    """[N, S, H, W, C] -> [N, S * C, H, W]."""
    n, frames, height, width, channels = images.shape
    return images.transpose(0, 1, 4, 2, 3).reshape(n, frames * channels, height, width)
