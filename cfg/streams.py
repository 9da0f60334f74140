"""Standard output that nobody reads on ends no run. Knows nothing of what is written."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast


class OpenEnd:
    """A text stream that drops what cannot be written, once its reader or its terminal is gone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As `TextIO.write`, but for errors of the system."""
        try:
            return self._stream.write(text)
        except OSError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        """As `TextIO.flush`, but for errors of the system."""
        try:
            self._stream.flush()
        except OSError:
            self._drop()

    def _drop(self) -> None:
        """What waits in buffers and what is still to come goes to nowhere."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
        self._stream.flush()


@contextmanager
def open_ends() -> Iterator[None]:
    """Within the block a closed pipe or terminal at stdout or stderr is no error."""
    kept = sys.stdout, sys.stderr
    # Python has no stream where the descriptor was closed from the start.
    out, err = (OpenEnd(stream or open(os.devnull, "w")) for stream in kept)  # noqa: SIM115
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        yield
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = kept
