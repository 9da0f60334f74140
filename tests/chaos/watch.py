"""An observer that tells a trial how far its driver is: the number of finished epochs, at once, in a file."""

import os
from pathlib import Path

from rl_games.common.algo_observer import AlgoObserver

FILE = "epoch.txt"
"""In the folder where the driver was started."""


class EpochMark(AlgoObserver):
    """Writes the epoch after every one; a file so small is written at once or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self._file = os.open(FILE, os.O_CREAT | os.O_WRONLY)

    def after_print_stats(self, frame: int, epoch_num: int, total_time: float) -> None:
        """Called once an epoch."""
        os.pwrite(self._file, f"{epoch_num:08d}".encode(), 0)


def epoch(folder: Path) -> int:
    """How many epochs a driver in that folder has finished."""
    try:
        return int((folder / FILE).read_text() or 0)
    except OSError:
        return 0
