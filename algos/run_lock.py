"""One process at a time goes on with a run: a lock of the kernel's, which ends with its process."""

import os
import weakref
from pathlib import Path

from algos.storage import failed
from cfg.errors import ConfigError

FILE = ".lock"


class RunLock:
    """Held until `release`, or until the process ends, however it ends.

    A file system without locks gives everybody the lock.

    Raises ConfigError where another process has it, StorageError where nobody may write there.
    """

    def __init__(self, run: Path) -> None:
        try:
            handle = os.open(run / FILE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise failed(run / FILE, error) from error
        self._release = weakref.finalize(self, os.close, handle)
        if not _is_ours(handle):
            holder = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
            self.release()
            raise ConfigError(
                f"{run} is in use by pid {holder}", f"wait for it, or end it first: kill {holder}"
            )
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others have the run."""
        self._release()


def _is_ours(handle: int) -> bool:
    import fcntl  # not on Windows, where nothing else of a run has been tried either

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # e.g. some network file systems
    return True
