"""Keeps what libraries print off the screen: it goes to the run's log instead."""

import contextlib
import io
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from algos.reporting.lossy import LossyFile, Tell


def _keep_quiet(_text: str) -> None:
    """For those who have no log to lose."""


@contextlib.contextmanager
def into(log: Path | None, tell: Tell = _keep_quiet) -> Iterator[IO[str]]:
    """Send Python's stdout, stderr and logging to `log` (to nowhere for None) within the block.

    `tell` is given a line where the disk does not take it any more.
    """
    with contextlib.ExitStack() as stack:
        raw = io.BufferedWriter(LossyFile(Path(os.devnull if log is None else log), tell))
        file = stack.enter_context(io.TextIOWrapper(raw, encoding="utf-8", line_buffering=True))
        stack.enter_context(contextlib.redirect_stdout(file))
        stack.enter_context(contextlib.redirect_stderr(file))
        handler = logging.StreamHandler(file)
        root = logging.getLogger()
        root.addHandler(handler)
        stack.callback(root.removeHandler, handler)
        yield file
