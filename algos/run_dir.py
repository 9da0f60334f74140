"""A run's directory: created without collisions under `runs/`, and the files that say where it came from.

Loads neither torch nor Ray, so that a wrong name is told before anything starts.
"""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from algos.origin import write_origin
from cfg.errors import ConfigError, StorageError

RUNS = Path("runs")


class RunDir:
    """Paths of one run. `name` is the task's (or the experiment's) part of the directory's name."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.nn = path / "nn"
        self.resume = path / "resume"
        self.summaries = path / "summaries"
        self.best = self.nn / f"{name}.pth"
        self.last = self.nn / "last.pth"
        self.videos = path / "videos"
        self.metrics = path / "metrics.jsonl"
        self.summary = path / "summary.json"
        self.config = path / "config.yaml"
        self.log = path / "run.log"
        self.evaluation = path / "eval.json"

    @classmethod
    def create(cls, path: Path, name: str, config_yaml: str) -> "RunDir":
        """A new run with its origin written down; `path` is numbered where it is taken.

        Raises:
            ConfigError: for a path that does not lead below `runs/`.
            StorageError: where the disk does not let us.
        """
        try:
            run = cls(_make_unique(path.parent, path.name), name)
            for folder in (run.nn, run.resume, run.summaries):
                folder.mkdir()
            run.config.write_text(config_yaml, encoding="utf-8")
            write_origin(run.path)
        except OSError as error:
            raise StorageError(
                f"cannot create a run under {RUNS}/: {error}", "make it writable, or free space"
            ) from error
        return run

    @classmethod
    def open(cls, path: str, name: str) -> "RunDir":
        """An existing run, to go on in. Raises ConfigError for none, or for one that leads elsewhere."""
        run = cls(Path(path), name)
        if not run.config.is_file():
            raise ConfigError(
                f"{path} is not a run directory: it has no config.yaml", "give a directory under runs/"
            )
        run._refuse_ways_out()
        for folder in (run.nn, run.resume, run.summaries):
            folder.mkdir(exist_ok=True)
        return run

    @classmethod
    def containing(cls, checkpoint: Path, name: str) -> "RunDir | None":
        """The run that a checkpoint file belongs to, None outside of one. Raises ConfigError as `open`."""
        path = checkpoint.parent.parent
        if not (path / "config.yaml").is_file():
            return None
        run = cls(path, name)
        run._refuse_ways_out()
        return run

    def rewind(self, sizes: Mapping[str, int]) -> None:
        """Cut the logs back to the sizes they had at a checkpoint, so that going on leaves no seam."""
        kept = {self.path / name: size for name, size in sizes.items()}
        for file in (self.metrics, *self.summaries.iterdir()):
            if file in kept:
                os.truncate(file, kept[file])
            else:
                file.unlink(missing_ok=True)

    def _refuse_ways_out(self) -> None:
        """A run that somebody else made may hold links, through which we would write into other files."""
        folders = (self.nn, self.resume, self.summaries, self.videos)
        files = (self.config, self.metrics, self.summary, self.log, self.evaluation)
        inside = (each for folder in folders if folder.is_dir() for each in folder.iterdir())
        for path in (*folders, *files, *inside):
            if path.is_symlink() and not _leads_into(self.path, path):
                raise ConfigError(
                    f"{path} is a link that leads out of the run", "put what it leads to in its place"
                )


def new_path(name: str, experiment: str | None, algo: str) -> Path:
    """Where a run that nobody gave a place goes: `runs/<experiment or name>_<ALGO>_<time>`."""
    return RUNS / f"{experiment or name}_{algo.upper()}_{datetime.now():%Y-%m-%d_%H-%M-%S}"


def make_folder(name: str) -> Path:
    """A new folder under `runs/`, numbered where the name is taken. Raises StorageError."""
    try:
        return _make_unique(RUNS, name)
    except OSError as error:
        raise StorageError(
            f"cannot create {RUNS / name}: {error}", "make it writable, or free space"
        ) from error


def evaluation_file(checkpoint: Path, name: str) -> Path:
    """Where the figures of an evaluation go: into the checkpoint's run, or beside one outside of any."""
    run = RunDir.containing(checkpoint, name)
    return run.evaluation if run else checkpoint.with_name("eval.json")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a small JSON file atomically. Raises StorageError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(json.dumps(content, indent=2) + "\n")
        os.replace(unfinished, path)
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror}", "free some space or mend the disk"
        ) from error


def _make_unique(parent: Path, stem: str) -> Path:
    """`parent/stem`, numbered where it is taken: creating it decides, so two runs never share.

    Raises ConfigError where that is not below `runs/`: the last lock, behind `cfg.schema`'s judgement.
    """
    # `runs` itself may be a link, e.g. to a larger disk; a link below it leads out.
    if not stem.isprintable() or stem in ("", "..") or not _leads_into(RUNS, parent / stem):
        raise ConfigError(f"{parent / stem} leads out of {RUNS}/", "name a directory below it, without links")
    parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, 10_000):
        path = parent / (stem if number == 1 else f"{stem}_{number}")
        try:
            path.mkdir()
            return path
        except FileExistsError:
            continue
    raise FileExistsError(f"{parent / stem} and ten thousand numbered ones exist")


def _leads_into(folder: Path, path: Path) -> bool:
    """Whether `path` is below `folder` once all links are followed."""
    real, root = os.path.realpath(path), os.path.realpath(folder)
    return real != root and os.path.commonpath((real, root)) == root
