"""Which checkpoints a run keeps: the best, the last, and the newest few under rl_games' names."""

import re
from typing import Any

from algos import checkpoint
from algos.run_dir import RunDir


class Saver:
    """Writes `nn/`. A failed save raises StorageError and removes nothing."""

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

    def _rotated(self) -> list[Any]:
        """Rotated checkpoints, newest epoch first."""
        pattern = re.compile(rf"last_{re.escape(self._run.name)}_ep_(\d+)_rew_.*\.pth")
        found = [
            (int(match[1]), file)
            for file in self._run.nn.iterdir()
            if (match := pattern.fullmatch(file.name))
        ]
        return [file for _, file in sorted(found, reverse=True)]
