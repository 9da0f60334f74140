"""Arrays that several processes see: a mapped file in the shared-memory file system. Knows no environment.

`multiprocessing.shared_memory` is not used: on Python 3.11 its resource tracker unlinks a segment when one
of the processes that attached to it ends (cpython #82300).
"""

import mmap
import os
import sys
import tempfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from typing_extensions import Self

from cfg.errors import StorageError
from tasks.arrays import Array

FOLDER = Path("/dev/shm")  # noqa: S108  # Linux's shared-memory file system
_ALIGNMENT = 64  # bytes: a processor's cache line, so that workers do not write into each other's

ArrayPlan = Mapping[str, tuple[Any, tuple[int, ...]]]
"""Dtype and shape of each array by name."""


class SharedArrays:
    """Named arrays in one mapped file, which is gone when the last process that mapped it is.

    Attributes:
        path: by which other processes map it.
    """

    def __init__(self, path: Path, plan: ArrayPlan) -> None:
        self._descriptor: int | None = None
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        self.path = path
        self._arrays: dict[str, Array] = {}
        offset = 0
        for name, (dtype, shape) in plan.items():
            count = prod(shape)
            flat = np.frombuffer(self._memory, dtype, count, offset)
            self._arrays[name] = flat.reshape(shape)
            offset += _padded(flat.nbytes)

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    @classmethod
    def create(cls, plan: ArrayPlan) -> Self:
        """New arrays of zeros. Raises StorageError where there is no room for them."""
        size = sum(_padded(prod(shape) * np.dtype(dtype).itemsize) for dtype, shape in plan.values())
        descriptor, name = tempfile.mkstemp(prefix="rlgx-", dir=FOLDER if FOLDER.is_dir() else None)
        try:
            _reserve(descriptor, max(size, 1))
        except OSError as cause:
            os.unlink(name)
            raise StorageError(
                f"no room for {-(-size // 2**20)} MiB in {Path(name).parent}: {cause.strerror}",
                "use fewer num_envs, or give the container more shared memory (docker run --shm-size=2g)",
            ) from cause
        finally:
            os.close(descriptor)
        return cls(Path(name), plan)

    def unlink(self) -> None:
        """Take the name away, once everybody has mapped the file: nothing is left behind then.

        A process that comes later finds the file by a descriptor of this one's, where the system shows those.
        """
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_RDWR)
            self.path.unlink(missing_ok=True)
            self.path = Path(f"/proc/{os.getpid()}/fd/{self._descriptor}")

    def close(self) -> None:
        """Nobody comes any more."""
        self.unlink()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _reserve(descriptor: int, size: int) -> None:
    """Have a file hold `size` bytes. Raises OSError where there is no room, as far as the system tells."""
    if sys.platform == "linux":
        # A file that is only lengthened would end the process by SIGBUS once the file system is full.
        os.posix_fallocate(descriptor, 0, size)
    else:
        os.ftruncate(descriptor, size)


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
