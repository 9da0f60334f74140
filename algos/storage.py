"""Files that are whole or not there: written beside their place, flushed, looked at again, then renamed.

Loads no torch, and knows nothing of what is in them.
"""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from cfg.errors import StorageError

_WORTH_A_RETRY = (errno.EIO, errno.EAGAIN, errno.ESTALE)
_UNFINISHED = re.compile(r"\..+\.\d+\.tmp")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MEND = "free some space or mend the disk"


def replace(
    path: Path,
    fill: Callable[[IO[bytes]], None],
    check: Callable[[Path], None] | None = None,
    needed: int | None = None,
) -> None:
    """Write a file anew; the old one stays whole until the new one is on the disk.

    Args:
        path: the file; its folder is made where it is gone.
        fill: writes the content.
        check: is given the new file before it takes the old one's place; raises OSError where it is not good.
        needed: bytes, for the error.

    Raises:
        StorageError: where the disk does not let us. What a disk may do better a second time is tried twice.
    """
    try:
        return _replace(path, fill, check)
    except OSError as first:
        if first.errno in _WORTH_A_RETRY:
            with contextlib.suppress(OSError):
                return _replace(path, fill, check)
        raise failed(path, first, needed) from first


def failed(path: Path, error: OSError, needed: int | None = None) -> StorageError:
    """The one line for a file that cannot be written: why, and where space is short how much."""
    room = ""
    if error.errno in _FULL:
        wanted = "" if needed is None else f"it takes at least {_size(needed)}, "
        room = f" ({wanted}{_size(_free(path))} are free)"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        remedy = "raise the limit of open files, e.g. ulimit -n 4096"
        return StorageError(f"cannot write {path}: {error.strerror}", remedy)
    return StorageError(f"cannot save {path}: {error.strerror or error}{room}", _MEND)


def sync_folder(folder: Path) -> None:
    """Have the folder's own entries on the disk, e.g. that a file was renamed."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(*folders: Path) -> None:
    """Remove what processes that were killed left unfinished in these folders, by its name."""
    for folder in folders:
        for file in folder.iterdir():
            if _UNFINISHED.fullmatch(file.name):
                file.unlink(missing_ok=True)


def _replace(path: Path, fill: Callable[[IO[bytes]], None], check: Callable[[Path], None] | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    unfinished.unlink(missing_ok=True)  # of a process before us with our pid
    try:
        with unfinished.open("xb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        if check is not None:
            check(unfinished)
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one to tell
            unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _free(path: Path) -> int:
    there: Any = next((folder for folder in path.absolute().parents if folder.is_dir()), "/")
    return shutil.disk_usage(there).free


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < 10_000 else f"{count / 1e6:,.2f} MB"
