"""Checkpoint files: written atomically, checked when read, and never executing anything.

A file is what stock rl_games writes (`torch.save` of a dictionary) plus a checksum and versions in the zip
comment, which stock readers ignore. Files without one are stock. Knows no algorithm and no run.
"""

import hashlib
import io
import json
import os
import pickle
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cfg.errors import CheckpointError, StorageError

State = dict[str, Any]

_END_OF_ARCHIVE = b"PK\x05\x06"
_END_SIZE = 22  # bytes of the zip's end record without its comment
# What torch.load raises for damaged and for hostile files.
_UNREADABLE = (
    *(RuntimeError, OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError),
    pickle.UnpicklingError,
)
_WEIGHTS = ("model", "actor")  # where stock agents keep them, PPO's and SAC's
_RETRAIN = "use another checkpoint of the run (nn/last*.pth), or train again"


def write(path: Path, state: State) -> None:
    """Save atomically: the old file stays whole until the new one is on the disk. Raises StorageError."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    archive = buffer.getbuffer()[:-2]  # without the length of the (empty) comment; a view: replays are large
    note = {"sha256": hashlib.sha256(archive).hexdigest(), "torch": torch.__version__, "format": "rlgx 1"}
    comment = json.dumps(note).encode()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            file.write(archive)
            file.write(struct.pack("<H", len(comment)) + comment)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise StorageError(
            f"cannot save {path}: {error.strerror}", "free some space or mend the disk"
        ) from error


def read(path: Path) -> State:
    """Load a checkpoint of ours or of stock rl_games onto the CPU. Raises CheckpointError."""
    state = read_any(path)
    if not any(isinstance(state.get(section), dict) for section in _WEIGHTS):
        raise CheckpointError(f"{path} is not an rl_games checkpoint: it has no weights", _RETRAIN)
    return state


def read_any(path: Path) -> State:
    """Load what `write` saved, whatever its sections, onto the CPU. Raises CheckpointError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: {error.strerror}", _RETRAIN) from error
    _verify(path, raw)
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_numpy_scalars()):
            warnings.simplefilter("ignore")
            state = torch.load(io.BytesIO(raw), map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        raise CheckpointError(
            f"{path} is not a checkpoint that can be trusted: {error}"[:300], _RETRAIN
        ) from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} is not an rl_games checkpoint: it has no sections", _RETRAIN)
    return state


def is_ours(path: Path) -> bool:
    """Whether the file carries our checksum; a stock one does not."""
    return _note(path, path.read_bytes()) is not None


def resolve_path(path: str) -> Path:
    """A checkpoint file, or a run directory's best one, or its last where none is best yet.

    Raises CheckpointError.
    """
    given = Path(path)
    if given.is_file():
        return given
    if not given.is_dir():
        raise CheckpointError(f"there is no checkpoint {path}", "give a run directory or a .pth file")
    nn = given / "nn"
    best = [file for file in sorted(nn.glob("*.pth")) if not file.name.startswith("last")]
    for candidate in (*best, nn / "last.pth"):
        if candidate.is_file():
            return candidate
    raise CheckpointError(f"{path} holds no checkpoint (nn/*.pth)", "give a run directory that has trained")


def _note(path: Path, raw: bytes) -> State | None:
    """Our note in the zip comment, None without a comment. Raises CheckpointError for a damaged one."""
    end = raw.rfind(_END_OF_ARCHIVE) + _END_SIZE
    comment, length = raw[end:], raw[end - 2 : end]
    if not comment and length == b"\0\0":
        return None
    try:
        note: State = json.loads(comment)
        if length == struct.pack("<H", len(comment)) and isinstance(note["sha256"], str):
            return note
    except (ValueError, KeyError, TypeError):
        pass
    raise CheckpointError(f"{path} is damaged: its checksum cannot be read", _RETRAIN)


def _verify(path: Path, raw: bytes) -> None:
    if not raw:
        raise CheckpointError(f"the checkpoint {path} is empty", _RETRAIN)
    if _END_OF_ARCHIVE not in raw:
        raise CheckpointError(f"{path} is damaged or not a checkpoint: its end is missing", _RETRAIN)
    note = _note(path, raw)
    if note is None:
        return
    archive = memoryview(raw)[: raw.rfind(_END_OF_ARCHIVE) + _END_SIZE - 2]
    if hashlib.sha256(archive).hexdigest() != note["sha256"]:
        raise CheckpointError(f"{path} is damaged: its checksum does not match", _RETRAIN)


def _numpy_scalars() -> list[Any]:
    """What stock checkpoints hold besides tensors: the numpy scalar of `last_mean_rewards`."""
    scalar = np.float64(0).__reduce__()[0]
    return [scalar, np.dtype, *(type(np.dtype(kind)) for kind in ("float32", "float64", "int64"))]
