"""What has to hold of a driver and of a run after a fault; each check notes what does not. Starts nothing."""

import contextlib
import hashlib
import json
import re
import time
from pathlib import Path
from typing import Any

import torch

from algos import checkpoint
from cfg.errors import CheckpointError
from tests.chaos.processes import Driver
from tests.chaos.trial import Trial

SHARED_MEMORY = Path("/dev/shm")
OURS_S = 5.0
"""How long a process of ours may outlive its driver."""
RAYS_OWN = ("ray::IDLE", "ray::DashboardAgent", "ray::RuntimeEnvAgent", "/ray/", "raylet", "gcs_server")
TIMES = ("wall_s", "fps")
"""Of metrics.jsonl: what differs from run to run."""


def the_run(folder: Path) -> Path | None:
    """The only run in a trial's folder, None where it has not made one."""
    found = [path for path in (folder / "runs").glob("*") if (path / "nn").is_dir()]
    return found[0] if len(found) == 1 else None


def ended_with(trial: Trial, driver: Driver, code: int, within_s: float) -> bool:
    """It ends in time with the exit code."""
    if not trial.expect(driver.wait(within_s), f"the driver had not ended {within_s:.0f} s later"):
        return False
    said = driver.errors.strip().splitlines()[-1:] or [""]
    return trial.expect(driver.code == code, f"exit {driver.code} in place of {code}; it said: {said[0]}")


def said_no_traceback(trial: Trial, driver: Driver) -> None:
    """Neither stream, nor the run's log, shows Python's insides."""
    logs = [path.read_text(errors="replace") for path in driver.folder.glob("runs/*/run.log")]
    for text in (driver.output, driver.errors, *logs):
        shown = text[text.find("Traceback") :].strip().splitlines()
        trial.expect("Traceback" not in text, f"a traceback that ends in {shown[-1:]}")


def said_one_error(trial: Trial, driver: Driver, pattern: str = "") -> None:
    """One line of error with a remedy, which matches the pattern."""
    lines = [line for line in driver.errors.splitlines() if line.startswith("error: ")]
    trial.expect(len(lines) == 1 and " -- " in lines[0], f"not one error with a remedy: {driver.errors!r}")
    trial.expect(re.search(pattern, "".join(lines)), f"the error does not tell {pattern!r}: {lines}")


def checkpoints_are_whole(trial: Trial, run: Path) -> None:
    """Every checkpoint that is there loads, and holds finite weights only."""
    for file in sorted(run.glob("nn/*.pth")):
        try:
            state = checkpoint.read(file)
        except CheckpointError as error:
            trial.expect(False, f"a checkpoint that does not load: {error}")
            continue
        bad = [name for name, tensor in tensors(state).items() if not bool(torch.isfinite(tensor).all())]
        trial.expect(not bad, f"{file.name} holds numbers that are not finite: {bad[:3]}")


def newest_epoch(trial: Trial, run: Path) -> int | None:
    """The epoch of `nn/last.pth`, None where there is none or it does not load."""
    if not (run / "nn" / "last.pth").is_file():
        return None
    try:
        return int(checkpoint.read(run / "nn" / "last.pth")["epoch"])
    except CheckpointError as error:
        trial.expect(False, f"the newest checkpoint does not load: {error}")
        return None


def weights_sha(run: Path) -> str:
    """The sha256 of all weights of `nn/last.pth`."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors(checkpoint.read(run / "nn" / "last.pth")).items()):
        digest.update(name.encode() + tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def tensors(state: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The weights of a checkpoint, with rl_games' sections for them."""
    sections = [state[name] for name in ("model", "actor", "critic", "critic_target") if name in state]
    return {
        f"{number}.{name}": value
        for number, section in enumerate(sections)
        for name, value in section.items()
        if isinstance(value, torch.Tensor)
    }


def metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl without what differs from run to run."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [{key: value for key, value in json.loads(line).items() if key not in TIMES} for line in lines]


def no_seam(trial: Trial, run: Path, undisturbed: list[dict[str, Any]]) -> None:
    """metrics.jsonl is, but for times, what an undisturbed run writes."""
    try:
        found = metrics(run)
    except (OSError, ValueError) as error:
        trial.expect(False, f"metrics.jsonl cannot be read: {error}")
        return
    pairs = zip(found, undisturbed, strict=False)
    differing = [number for number, (one, other) in enumerate(pairs, 1) if one != other]
    trial.expect(
        not differing, f"metrics.jsonl differs from an undisturbed run's first in line {differing[:1]}"
    )
    same_length = len(found) == len(undisturbed)
    trial.expect(same_length, f"metrics.jsonl has {len(found)} lines in place of {len(undisturbed)}")


def no_temporary_files(trial: Trial, run: Path) -> None:
    """Nothing unfinished lies about."""
    left = [str(path.relative_to(run)) for path in run.rglob("*") if ".tmp" in path.name]
    trial.expect(not left, f"unfinished files are left: {left}")


def nothing_left(trial: Trial, driver: Driver) -> None:
    """No process of ours after some seconds, and no shared memory of its time that nobody uses."""
    deadline = (driver.ended or time.monotonic()) + OURS_S
    while (left := [*_ours(driver), *_memory_of(driver)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    trial.expect(not left, f"left {OURS_S:.0f} s later: {left}")


def _memory_of(driver: Driver) -> list[str]:
    """Shared memory made while the driver ran that no process has mapped or open."""
    clock = time.time() - time.monotonic()
    began, ended = driver.began + clock, (driver.ended or time.monotonic()) + clock
    found = []
    for path in SHARED_MEMORY.glob("rlgx-*"):
        with contextlib.suppress(OSError):
            if began <= path.stat().st_ctime <= ended and not _is_used(path):
                found.append(str(path))
    return found


def _is_used(path: Path) -> bool:
    for maps in Path("/proc").glob("[0-9]*/maps"):
        with contextlib.suppress(OSError):
            if str(path) in maps.read_text():
                return True
    return False


def rays_left(driver: Driver) -> list[str]:
    """Ray's own processes that are still there."""
    return [text for text in map(_command, driver.left()) if any(own in text for own in RAYS_OWN)]


def _ours(driver: Driver) -> list[str]:
    return [text for text in map(_command, driver.left()) if not any(own in text for own in RAYS_OWN)]


def _command(process: Any) -> str:
    try:
        return " ".join(process.cmdline())[:160] or process.name()
    except Exception as gone:  # noqa: BLE001  psutil tells in several ways that it has ended meanwhile
        return f"/ray/ {gone}"
