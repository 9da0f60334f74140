"""Which processes and shared-memory files a vector environment left behind. Knows no vector environment."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tasks.vec_env.shared_memory import FOLDER

PROCESSES = Path("/proc")

# Ray itself stays until this process ends, and keeps idle workers at hand.
RAYS_OWN = ("ray::IDLE", "ray::DashboardAgent", "ray::RuntimeEnvAgent", "/ray/")
_POLL_S = 0.05


@dataclass(frozen=True)
class Leftovers:
    """What there is at a time.

    Attributes:
        processes: this process's descendants by their number, each with its command line; Ray's own left out.
        files: shared-memory files of vector environments, of any process.
    """

    processes: dict[int, str]
    files: frozenset[Path]

    def since(self, before: "Leftovers") -> list[str]:
        """What was not there before, a line each."""
        processes = [
            f"process {number} ({self.processes[number]})"
            for number in self.processes.keys() - before.processes.keys()
        ]
        return sorted([*processes, *(str(path) for path in self.files - before.files)])


def leftovers_now() -> Leftovers:
    """What there is now; processes are seen on Linux only."""
    found = {number: _command(number) for number in _descendants(os.getpid())}
    processes = {
        number: command
        for number, command in found.items()
        if command and not any(own in command for own in RAYS_OWN)
    }
    return Leftovers(processes, frozenset(FOLDER.glob("rlgx-*")))


def wait_for_none_since(before: Leftovers, patience_s: float) -> list[str]:
    """What is still there that was not before, after some time to go away."""
    deadline = time.monotonic() + patience_s
    while (left := leftovers_now().since(before)) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return left


def _descendants(root: int) -> Iterator[int]:
    """Processes below `root`, without those that have ended and wait to be read."""
    children: dict[int, list[int]] = {}
    for folder in PROCESSES.glob("[0-9]*"):
        state, parent = _state(folder)
        if state not in ("Z", ""):
            children.setdefault(parent, []).append(int(folder.name))
    found = [root]
    while found:
        below = children.get(found.pop(), [])
        yield from below
        found += below


def _state(folder: Path) -> tuple[str, int]:
    try:
        # The name in brackets may hold blanks and brackets itself.
        state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:  # it ended meanwhile
        return "", 0
    return state, int(parent)


def _command(number: int) -> str:
    try:
        words = (PROCESSES / str(number) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    return " ".join(" ".join(words).split())[:120]
