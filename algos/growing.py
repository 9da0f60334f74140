"""Saves what only grows at its end, e.g. a replay, by what was added since: append-only files of rows.

A checkpoint names the files, how many rows of each are its own, and their checksum; what follows in a file
is a later checkpoint's, or was left by one that was never finished. Knows no algorithm.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from algos.archive import Damaged
from algos.storage import failed
from cfg.errors import CheckpointError

PART_BYTES = 32 << 20
"""Rows go into another file once one is as large; files with no row in use are removed."""

SUFFIX = ".rows"
_CHUNK_BYTES = 8 << 20
_ANEW = "start a new run from its weights: checkpoint=<run>"


class Growing(Protocol):
    """Rows of float32, added at the end and forgotten at the beginning, counted from the run's first."""

    @property
    def width(self) -> int:
        """How many numbers a row has."""

    def held(self) -> tuple[int, int]:
        """The number of the oldest row that is held, and of the next one to come."""

    def read(self, first: int, end: int) -> Tensor:
        """Rows `first` to before `end`, [end - first, width], on the CPU."""

    def restart(self, first: int) -> None:
        """Forget all; the next row to come has this number."""

    def extend(self, rows: Tensor) -> None:
        """Take rows that follow, [any number, width], on the CPU. Only the newest that fit stay."""


class _Part:
    """A file of rows: those from number `first` to before `end` are on the disk, with this checksum."""

    def __init__(self, path: Path, first: int) -> None:
        self.path = path
        self.first = self.end = first
        self.digest = hashlib.sha256()

    def plain(self) -> dict[str, Any]:
        return {
            "file": self.path.name,
            "first": self.first,
            "end": self.end,
            "sha256": self.digest.hexdigest(),
        }


class RowFiles:
    """The files of one growing thing, `<folder>/<name>_<first row>.rows`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._parts: list[_Part] = []

    def save(self, growing: Growing) -> dict[str, Any]:
        """Write what was added since the last save; returns the plan that `load` needs, of plain types.

        Raises StorageError where the disk does not let us; the next save then tries again.
        """
        first, end = growing.held()
        self._parts = [part for part in self._parts if part.end > first]
        if not self._parts or not first <= self._parts[-1].end <= end:
            self._parts = []
            self._begin(first)
        row_bytes = 4 * growing.width
        while self._parts[-1].end < end:
            part = self._parts[-1]
            room = PART_BYTES // row_bytes - (part.end - part.first)
            if room <= 0:
                self._begin(part.end)
                continue
            self._append(part, growing, min(end, part.end + room))
        parts = [part.plain() for part in self._parts if part.end > part.first]
        return {"width": growing.width, "first": first, "end": end, "parts": parts}

    def _begin(self, first: int) -> None:
        self._parts.append(_Part(self._folder / f"{self._name}_{first:012d}{SUFFIX}", first))

    def _append(self, part: _Part, growing: Growing, end: int) -> None:
        digest, row_bytes = part.digest.copy(), 4 * growing.width
        step = max(1, _CHUNK_BYTES // row_bytes)
        try:
            part.path.parent.mkdir(parents=True, exist_ok=True)
            with part.path.open("r+b" if part.end > part.first else "wb") as file:
                file.truncate((part.end - part.first) * row_bytes)
                file.seek(0, os.SEEK_END)
                for first in range(part.end, end, step):
                    rows = growing.read(first, min(end, first + step)).numpy().tobytes()
                    digest.update(rows)
                    file.write(rows)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            _cut(part, row_bytes)
            raise failed(part.path, error, (end - part.end) * row_bytes) from error
        part.end, part.digest = end, digest

    def load(self, plan: dict[str, Any], growing: Growing) -> None:
        """Fill `growing` with what a save's plan names, and go on from there. Raises CheckpointError."""
        if plan["width"] != growing.width:
            raise CheckpointError(
                f"the {self._name} of this run does not fit: rows of {plan['width']} numbers, not "
                f"{growing.width}",
                _ANEW,
            )
        self._parts = []
        growing.restart(plan["parts"][0]["first"] if plan["parts"] else plan["first"])
        for entry in plan["parts"]:
            part = _Part(self._folder / entry["file"], entry["first"])
            for rows in _read(part, entry, plan["width"]):
                growing.extend(torch.from_numpy(rows))
            part.end = entry["end"]
            self._parts.append(part)


def _cut(part: _Part, row_bytes: int) -> None:
    """Give back the space that a failed append took, if the disk lets us."""
    with contextlib.suppress(OSError):
        if part.end > part.first:
            os.truncate(part.path, (part.end - part.first) * row_bytes)
        else:
            part.path.unlink()


def check(folder: Path, plan: dict[str, Any]) -> None:
    """Read all that a save's plan names, and raise Damaged where it is not what was saved."""
    for entry in plan["parts"]:
        if Path(entry["file"]).name != entry["file"]:
            raise CheckpointError(f"{folder} has no file {entry['file']}", _ANEW)  # nor any we would write
        for _ in _read(_Part(folder / entry["file"], entry["first"]), entry, plan["width"]):
            pass


def _read(part: _Part, entry: dict[str, Any], width: int) -> Iterator[np.ndarray]:
    """The rows of one file, float32 [some, width] at a time. Raises Damaged at their end."""
    try:
        with part.path.open("rb") as file:
            yield from _chunks(part, file, entry["end"] - entry["first"], width)
    except OSError as error:
        problem = (
            "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        )
        raise Damaged(f"{part.path} {problem}, without which the run cannot go on", _ANEW) from error
    if part.digest.hexdigest() != entry["sha256"]:
        raise Damaged(f"{part.path} is damaged: its checksum does not match", _ANEW)


def _chunks(part: _Part, file: IO[bytes], left: int, width: int) -> Iterator[np.ndarray]:
    step = max(1, _CHUNK_BYTES // (4 * width))
    while left > 0:
        raw = bytearray(file.read(min(left, step) * 4 * width))
        part.digest.update(raw)
        if not raw or len(raw) % (4 * width):
            return
        rows = np.frombuffer(raw, np.float32).reshape(-1, width)
        yield rows
        left -= len(rows)
