"""Keeps what libraries print off the screen: it goes to the run's log instead."""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def into(log: Path | None) -> Iterator[IO[str]]:
    """Send Python's stdout, stderr and logging to `log` (to nowhere for None) within the block."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(Path(os.devnull if log is None else log).open("a", buffering=1))
        stack.enter_context(contextlib.redirect_stdout(file))
        stack.enter_context(contextlib.redirect_stderr(file))
        handler = logging.StreamHandler(file)
        root = logging.getLogger()
        root.addHandler(handler)
        stack.callback(root.removeHandler, handler)
        yield file
