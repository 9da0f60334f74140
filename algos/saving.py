"""Which checkpoints a run keeps: the best, the last, and the newest few under rl_games' names.

And what they need beside them for the run to go on, in `resume/`: `ep_N_F.pth`, of epoch and frame, and files
of rows for what only grows. A rotated checkpoint keeps all it needs, so that a damaged last one costs no more
than one interval.
"""

import math
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from algos import checkpoint, growing
from algos.growing import Growing, RowFiles
from algos.run_dir import RunDir
from cfg.errors import CheckpointError

State = dict[str, Any]


class Saver:
    """Writes `nn/` and `resume/`. A failed save raises StorageError and removes nothing.

    `about` goes into the note of every checkpoint; `every_s` is how old the last one may become.
    """

    def __init__(
        self, run: RunDir, keep_last: int, about: Mapping[str, Any], every_s: float | None = None
    ) -> None:
        self._run = run
        self._keep_last = keep_last
        self._about = about
        self._every_s = math.inf if every_s is None else every_s
        self._saved_at = time.monotonic()
        self._rows: dict[str, RowFiles] = {}

    def is_overdue(self) -> bool:
        """Whether the last checkpoint, or the start, is longer ago than it may be."""
        return time.monotonic() - self._saved_at >= self._every_s

    def save_best(self, state: State) -> None:
        """`nn/<Name>.pth`."""
        self._run.mend()
        checkpoint.write(self._run.best, state, self._about)

    def save_last(self, state: State, epoch: int, reward: float | None) -> None:
        """`nn/last.pth` and `nn/last_<Name>_ep_N_rew_R.pth`, of which the newest `keep_last` stay.

        Then removes what none of them needs.
        """
        self._run.mend()
        about = {**self._about, "beside": state["rlgx"]["beside"]}
        checkpoint.write(self._run.last, state, about)
        self._saved_at = time.monotonic()
        if self._keep_last:
            shown = "none" if reward is None else f"{reward:.1f}"
            checkpoint.write(self._run.nn / f"last_{self._run.name}_ep_{epoch}_rew_{shown}.pth", state, about)
        self._prune(state["rlgx"]["beside"])

    def save_beside(self, state: State, growing: Mapping[str, Growing], at: tuple[int, int]) -> str | None:
        """What a resume needs beyond the checkpoint of an epoch and frame, in `resume/`.

        Returns the file's name, if any. No two checkpoints share one, though both are of one epoch.
        """
        if not state and not growing:
            return None
        self._run.mend()
        plans = {name: self._rows_of(name).save(rows) for name, rows in growing.items()}
        needs = [part["file"] for plan in plans.values() for part in plan["parts"]]
        file = self._run.resume / f"ep_{at[0]}_{at[1]}.pth"
        checkpoint.write_any(file, {**state, "growing": plans}, {"needs": needs})
        return file.name

    def load_rows(self, beside: State, growing: Mapping[str, Growing]) -> None:
        """Fill what grows with what a checkpoint's `beside` names. Raises CheckpointError."""
        for name, plan in beside.get("growing", {}).items():
            if name in growing:
                self._rows_of(name).load(plan, growing[name])

    def _rows_of(self, name: str) -> RowFiles:
        return self._rows.setdefault(name, RowFiles(self._run.resume, name))

    def _prune(self, beside: str | None) -> None:
        rotated = rotated_checkpoints(self._run)
        for old in rotated[self._keep_last :]:
            old.unlink()
        kept = {beside, *(_noted(file, "beside", None) for file in rotated[: self._keep_last])}
        needed = {
            name for file in kept if file for name in (file, *_noted(self._run.resume / file, "needs", []))
        }
        for pattern in ("ep_*.pth", f"*{growing.SUFFIX}"):
            for old in self._run.resume.glob(pattern):
                if old.name not in needed:
                    old.unlink()


def read_whole(run: RunDir, file: Path) -> tuple[State, State]:
    """A checkpoint of the run and what lies beside it, all of it judged. Raises CheckpointError."""
    state = checkpoint.read(file)
    name = state["rlgx"].get("beside") if "rlgx" in state else None
    if not (name is None or (isinstance(name, str) and Path(name).name == name)):
        raise CheckpointError(f"{file} is garbled: rlgx.beside names no file of resume/", "use another one")
    beside = checkpoint.read_any(run.resume / name) if name else {}
    for plan in beside.get("growing", {}).values():
        growing.check(run.resume, plan)
    return state, beside


def rotated_checkpoints(run: RunDir) -> list[Path]:
    """Rotated checkpoints, newest epoch first."""
    pattern = re.compile(rf"last_{re.escape(run.name)}_ep_\d+_rew_.*\.pth")
    return sorted(
        (file for file in run.nn.iterdir() if pattern.fullmatch(file.name)), key=epoch_of, reverse=True
    )


def epoch_of(rotated: Path) -> int:
    """The epoch in a rotated checkpoint's name; the task's name may look like one."""
    return int(rotated.name.rsplit("_ep_", 1)[1].split("_", 1)[0])


def _noted(file: Path, key: str, default: Any) -> Any:
    """What the note of a file says: of a checkpoint which file is "beside" it, of that which rows it "needs".

    The default where the file is gone, or no longer good.
    """
    try:
        note = checkpoint.note_of(file)
    except CheckpointError:
        return default
    return note.get(key, default) if note else default
