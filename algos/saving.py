"""Which checkpoints a run keeps: the best, the last, and the newest few under rl_games' names.

And what the last one needs beside it to go on, e.g. a replay, which would make every one of them large.
"""

import re
from typing import Any

from algos import checkpoint
from algos.run_dir import RunDir


class Saver:
    """Writes `nn/` and `resume/`. A failed save raises StorageError and removes nothing."""

    def __init__(self, run: RunDir, keep_last: int) -> None:
        self._run = run
        self._keep_last = keep_last

    def save_best(self, state: dict[str, Any]) -> None:
        """`nn/<Name>.pth`."""
        checkpoint.write(self._run.best, state)

    def save_last(self, state: dict[str, Any], epoch: int, reward: float | None) -> None:
        """`nn/last.pth` and `nn/last_<Name>_ep_N_rew_R.pth`, of which the newest `keep_last` stay."""
        shown = "none" if reward is None else f"{reward:.1f}"
        if self._keep_last:
            checkpoint.write(self._run.nn / f"last_{self._run.name}_ep_{epoch}_rew_{shown}.pth", state)
        checkpoint.write(self._run.last, state)
        for old in self._rotated()[self._keep_last :]:
            old.unlink()

    def save_beside(self, state: dict[str, Any], epoch: int) -> str | None:
        """What a resume needs beyond the checkpoint, in `resume/`. Returns the file's name, if any."""
        if not state:
            return None
        file = self._run.resume / f"ep_{epoch}.pth"
        checkpoint.write(file, state)
        return file.name

    def keep_beside(self, name: str | None) -> None:
        """Remove what older checkpoints needed, once the last one no longer does."""
        for old in self._run.resume.glob("ep_*.pth"):
            if old.name != name:
                old.unlink()

    def _rotated(self) -> list[Any]:
        """Rotated checkpoints, newest epoch first."""
        pattern = re.compile(rf"last_{re.escape(self._run.name)}_ep_(\d+)_rew_.*\.pth")
        found = [
            (int(match[1]), file)
            for file in self._run.nn.iterdir()
            if (match := pattern.fullmatch(file.name))
        ]
        return [file for _, file in sorted(found, reverse=True)]
