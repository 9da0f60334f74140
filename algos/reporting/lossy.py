"""Files that a run can do without: once the disk refuses one, that is said once and the rest is dropped."""

import contextlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from algos.storage import failed

Tell = Callable[[str], None]


class LossyFile(io.FileIO):
    """A file that is appended to, and whose `write` never fails.

    Opening it may: where the disk is full or read-only before anything has begun, StorageError is raised.
    """

    def __init__(self, path: Path, tell: Tell) -> None:
        self._path = path
        self._tell = tell
        self._is_lost = False
        try:
            super().__init__(path, "a")
        except OSError as error:
            raise failed(path, error) from error

    def write(self, part: Any) -> int:
        """Append bytes, as far as the disk lets us; drops them once it did not."""
        if not self._is_lost:
            try:
                return super().write(part)
            except OSError as error:
                self._lose(error)
        return len(part)

    def append(self, line: bytes) -> None:
        """Append all of it or nothing."""
        before, written = os.fstat(self.fileno()).st_size, 0
        while written < len(line):
            written += self.write(line[written:])
        if self._is_lost:
            with contextlib.suppress(OSError):
                os.ftruncate(self.fileno(), before)

    def close(self) -> None:
        """Close it; some disks tell only then that they are full."""
        try:
            super().close()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        self._is_lost = True
        self._tell(f"{failed(self._path, error).problem}; training goes on without it")
