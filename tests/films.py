"""Reads films back in tests, and skips those tests where the extra `video` is not installed."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

needs_ffmpeg = pytest.mark.skipif(
    find_spec("imageio_ffmpeg") is None, reason="the extra `video` is not installed"
)


def read(path: Path) -> tuple[dict[str, Any], np.ndarray]:
    """What the file says of itself, and its frames uint8 [T, H, W, 3]."""
    import imageio_ffmpeg

    stream = imageio_ffmpeg.read_frames(str(path))
    about = next(stream)
    width, height = about["size"]
    return about, np.stack([np.frombuffer(one, np.uint8).reshape(height, width, 3) for one in stream])
