"""A run's directory: created without collisions under `runs/`, and the files that say where it came from.

Loads neither torch nor Ray, so that a wrong name is told before anything starts.
"""

import json
import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from algos import storage
from algos.origin import write_origin
from algos.run_lock import RunLock
from algos.signals import Stopped
from cfg.errors import ConfigError, StorageError

RUNS = Path("runs")


class RunDir:
    """Paths of one run. `name` is the task's (or the experiment's) part of the directory's name."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self._lock: RunLock | None = None
        self._config_yaml = ""
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
        """A new run with its origin written down, locked; `path` is numbered where it is taken.

        Raises:
            ConfigError: for a path that does not lead below `runs/`.
            StorageError: where the disk does not let us.
        """
        try:
            run = cls(_make_unique(path.parent, path.name), name)
            try:
                run._lock = RunLock(run.path)
                run.configure(config_yaml)
                write_origin(run.path)
            except (Stopped, KeyboardInterrupt):
                shutil.rmtree(run.path, ignore_errors=True)
                raise
        except OSError as error:
            raise StorageError(
                f"cannot create a run under {RUNS}/: {error}", "make it writable, or free space"
            ) from error
        return run

    @classmethod
    def open(cls, path: str, name: str) -> "RunDir":
        """An existing run, to go on in, locked; what a process that was killed left unfinished is removed.

        Raises:
            ConfigError: for none, for one that leads elsewhere, or that another process has.
            StorageError: for the disk.
        """
        run = cls(Path(path), name)
        if not run.config.is_file():
            raise ConfigError(
                f"{path} is not a run directory: it has no config.yaml", "give a directory under runs/"
            )
        run._refuse_ways_out()
        try:
            run._lock = RunLock(run.path)
            run.configure(run.config.read_text(encoding="utf-8"))
            storage.sweep(run.path, run.nn, run.resume)
        except OSError as error:
            raise storage.failed(run.path, error) from error
        return run

    def configure(self, config_yaml: str) -> None:
        """Write config.yaml, and make the folders that are not there. Raises OSError."""
        self._config_yaml = config_yaml
        for folder in (self.nn, self.resume, self.summaries):
            folder.mkdir(parents=True, exist_ok=True)
        storage.replace(self.config, lambda file: _write_text(file, config_yaml))

    def mend(self) -> None:
        """Put back what somebody removed while the run went on. Raises StorageError."""
        if all(place.exists() for place in (self.config, self.nn, self.resume, self.summaries)):
            return
        try:
            self.configure(self._config_yaml)
        except OSError as error:
            raise storage.failed(self.path, error) from error

    def release(self) -> None:
        """Let other processes go on with the run."""
        if self._lock is not None:
            self._lock.release()

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
        for file in (self.metrics, *files_in(self.summaries)):
            if file not in kept:
                file.unlink(missing_ok=True)
            elif file.is_file():  # somebody may have cleared it away
                os.truncate(file, min(kept[file], file.stat().st_size))
        if self.metrics.is_file():  # a machine that went down may have kept half a line
            os.truncate(self.metrics, self.metrics.read_bytes().rfind(b"\n") + 1)

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


def files_in(folder: Path) -> list[Path]:
    """All files of a folder, those in folders of it too: TensorBoard makes one for several scalars in one."""
    return [file for file in folder.rglob("*") if file.is_file()]


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
    """Write a small JSON file whole. Raises StorageError."""
    text = json.dumps(content, indent=2) + "\n"
    storage.replace(path, lambda file: _write_text(file, text), needed=len(text))


def _write_text(file: IO[bytes], text: str) -> None:
    file.write(text.encode())


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
