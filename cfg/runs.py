"""Finds the run that a checkpoint belongs to, and its saved configuration. Opens no checkpoint."""

from dataclasses import dataclass
from pathlib import Path

from cfg.errors import CheckpointError, did_you_mean

CONFIG = "config.yaml"
LAST = "last.pth"


@dataclass(frozen=True)
class Found:
    """What a path on the command line leads to; `run` is None for a file outside any run."""

    path: Path
    run: Path | None


def find(value: str, key: str) -> Found:
    """The checkpoint file or run directory that `key=value` names.

    Raises:
        CheckpointError: where nothing is there, or a directory that is no run.
    """
    if not value:
        raise CheckpointError(f"{key} is empty", "name a .pth file or a run directory, e.g. runs/<run>")
    path = Path(value)
    try:
        if path.is_dir():
            return Found(path, _run_of_directory(path, key))
        if path.is_file():
            return Found(path, _run_of_file(path))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{key}={value} cannot be read: {error}", "name a file you may read") from None
    raise CheckpointError(f"{key}={value} does not exist", _neighbours(path))


def find_run(value: str) -> Path:
    """The run that `resume=value` names, by directory or last checkpoint. Raises CheckpointError."""
    found = find(value, "resume")
    run = found.run
    if run is not None and found.path.is_file() and found.path.name != LAST:
        raise CheckpointError(
            f"resume={value}: a run goes on from {LAST} only",
            f"write --resume {run}, or start a new run with checkpoint={value}",
        )
    if run is None:
        raise CheckpointError(
            f"resume={value} belongs to no run", "name a run directory, or start with checkpoint="
        )
    return run


def _run_of_directory(path: Path, key: str) -> Path:
    if (path / CONFIG).is_file():
        return path
    if path.name == "nn" and (path.parent / CONFIG).is_file():
        return path.parent
    raise CheckpointError(
        f"{key}={path} is a directory without {CONFIG}, so it is no run", _neighbours(path / "run")
    )


def _run_of_file(path: Path) -> Path | None:
    return next((each for each in (path.parent.parent, path.parent) if (each / CONFIG).is_file()), None)


def _neighbours(path: Path) -> str:
    """Remedy for a path that is not there: runs or checkpoints beside it, else the newest runs."""
    wanted = "*.pth" if path.suffix == ".pth" else f"*/{CONFIG}"
    folder = path.parent if path.parent.is_dir() else Path("runs")
    found = [str(each if path.suffix == ".pth" else each.parent) for each in folder.glob(wanted)]
    if not found:
        return "name a .pth file or a run directory, e.g. runs/<run>"
    return did_you_mean(str(path), found)
