"""What Linux tells of processes: children, memory. Elsewhere it tells nothing. Starts none."""

import os
import signal
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
HELPERS = ("resource_tracker", "forkserver", "ray::IDLE", "ray::DashboardAgent", "ray::RuntimeEnvAgent")
"""Parts of command lines of processes that step no environment."""


def descendants(pid: int) -> list[int]:
    """Children of a process, theirs, and so on."""
    children = defaultdict(list)
    for path in PROC.glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name, in parentheses, may hold spaces and parentheses.
            parent = path.read_text().rpartition(")")[2].split()[1]
            children[int(parent)].append(int(path.parent.name))
    found, waiting = [], [pid]
    while waiting:
        waiting += (mine := children[waiting.pop()])
        found += mine
    return found


def command_of(pid: int) -> str:
    """The command line of a process; empty where it is gone."""
    with suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def on_ray(pids: list[int]) -> bool:
    """Whether Ray's own processes are among them."""
    return any("raylet" in command_of(pid) for pid in pids)


def workers_among(pids: list[int]) -> list[int]:
    """Those that step environments: Ray's actors where Ray is among them, else all but helpers."""
    commands = {pid: command_of(pid) for pid in pids}
    if on_ray(pids):
        commands = {pid: command for pid, command in commands.items() if command.startswith("ray::")}
    return [
        pid for pid, command in commands.items() if command and not any(each in command for each in HELPERS)
    ]


def memory_mib(pid: int) -> dict[str, float] | None:
    """Resident memory (RSS), and with pages that n processes share counted 1/n (PSS); None if it is gone."""
    with suppress(OSError):
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        kib = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
        return {"rss_mib": kib["Rss"] / 1024, "pss_mib": kib["Pss"] / 1024}
    return None


def signal_all(pids: list[int], number: signal.Signals) -> None:
    """Sends a signal to those that are still there."""
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, number)
