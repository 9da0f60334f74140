"""Checkpoint files: written whole, checked when read, and never executing anything.

A file is what stock rl_games writes (`torch.save` of a dictionary) plus a note in the zip comment, which
stock readers ignore: `algos.archive`. Files without one are stock. Knows no algorithm and no run.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch

from algos import archive, storage
from cfg.errors import CheckpointError, NumericalFault, foreign_code

State = dict[str, Any]

_WEIGHTS = ("model", "actor")  # where stock agents keep them, PPO's and SAC's
_PLAIN = (torch.Tensor, np.float32, np.float64, np.int64, str, bytes, int, float, type(None))
_RETRAIN = "use another checkpoint of the run (nn/last*.pth), or train again"


def write(path: Path, state: State, about: Mapping[str, Any] | None = None) -> None:
    """Save the sections of a checkpoint: the old file stays whole until the new one is on the disk.

    `about` is added to the file's note.

    Raises:
        NumericalFault: for a tensor that is not finite, before any file is touched.
        StorageError: where the disk does not let us.
    """
    refuse_nonfinite(state, path)
    write_any(path, state, about)


def write_any(path: Path, state: State, about: Mapping[str, Any] | None = None) -> None:
    """Save any plain types and tensors, finite or not; else as `write`. Raises TypeError for others."""
    strangers = [(name, leaf) for name, leaf in _leaves(state) if not isinstance(leaf, _PLAIN)]
    if strangers:
        name, leaf = strangers[0]
        raise TypeError(
            f"{name} is a {type(leaf).__name__}, which no checkpoint can hold"
        )  # nor be read from

    def fill(file: IO[bytes]) -> None:
        archive.write(
            file, lambda stream: torch.save(state, stream), {"torch": torch.__version__, **(about or {})}
        )

    storage.replace(path, fill, archive.check_written, needed=_bytes_of(state))


def refuse_nonfinite(state: State, path: Path) -> None:
    """Raise NumericalFault, which names the first floating tensor with a NaN or an infinity."""
    for name, tensor in _leaves(state):
        if isinstance(tensor, torch.Tensor) and not bool(torch.isfinite(tensor).all()):
            raise NumericalFault(
                f"{path.name} is not saved: {name} is not finite",
                "lower the learning rate, or look for NaN in the observations and rewards; the checkpoint "
                "before stays",
            )


def read(path: Path) -> State:
    """Load a checkpoint of ours or of stock rl_games onto the CPU. Raises CheckpointError."""
    state = read_any(path)
    if not any(isinstance(state.get(section), dict) for section in _WEIGHTS):
        raise CheckpointError(f"{path} is not an rl_games checkpoint: it has no weights", _RETRAIN)
    return state


def read_any(path: Path) -> State:
    """Load what `write` saved, whatever its sections, onto the CPU. Raises CheckpointError.

    Takes no more memory than the file has bytes, and a little: what claims more is refused.
    """
    with _opened(path) as file:
        size = archive.judge(path, file)
        file.seek(0)
        try:
            with foreign_code("it cannot be loaded", _RETRAIN, CheckpointError):
                state = _load(file)
                _refuse_bombs(state, size)
        except CheckpointError as error:
            raise archive.Damaged(
                f"{path} is no checkpoint that can be trusted: {_reason(error.problem)}", _RETRAIN
            ) from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} is not an rl_games checkpoint: it has no sections", _RETRAIN)
    return state


def note_of(path: Path) -> State | None:
    """The note of a file of ours, None of a stock one. Raises CheckpointError for one that has no end."""
    with _opened(path) as file:
        found = archive.read_note(path, file)
        return None if found is None else found.content


def is_ours(path: Path) -> bool:
    """Whether the file carries our checksum; a stock one does not."""
    return note_of(path) is not None


def resolve_path(path: str) -> Path:
    """A checkpoint file, or the best one of a run or of its `nn`, or the last where none is best yet.

    Raises CheckpointError.
    """
    given = Path(path)
    if given.is_file():
        return given
    if not given.is_dir():
        raise CheckpointError(f"there is no checkpoint {path}", "give a run directory or a .pth file")
    nn = given if given.name == "nn" else given / "nn"
    best = [file for file in sorted(nn.glob("*.pth")) if not file.name.startswith("last")]
    for candidate in (*best, nn / "last.pth"):
        if candidate.is_file():
            return candidate
    raise CheckpointError(f"{path} holds no checkpoint (nn/*.pth)", "give a run directory that has trained")


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise archive.Damaged(f"{path} is missing", _RETRAIN) from error
    except OSError as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: {error.strerror}", _RETRAIN) from error


def _load(file: IO[bytes]) -> Any:
    with warnings.catch_warnings(), torch.serialization.safe_globals(_numpy_scalars()):
        warnings.simplefilter("ignore")
        return torch.load(file, map_location="cpu", weights_only=True)


def _reason(problem: str) -> str:
    """What torch says in a few words, and without its advice, which is to run whatever the file holds."""
    said = re.search(r"WeightsUnpickler error: (.*)", problem)
    return re.split(r"\. | Please | Check ", said[1] if said else problem)[0][:200]


def _refuse_bombs(state: Any, size: int) -> None:
    """Raise ValueError for what takes more memory than its file has bytes, e.g. a tensor of a lone number."""
    storages: dict[int, int] = {}
    for name, leaf in _leaves(state):
        claimed = len(leaf) if isinstance(leaf, (bytes, bytearray, str)) else 0
        if isinstance(leaf, torch.Tensor):
            if leaf.layout != torch.strided:
                raise ValueError(f"{name} is no plain tensor")
            claimed = leaf.nbytes
            storages[leaf.untyped_storage().data_ptr()] = leaf.untyped_storage().nbytes()
        if claimed > size or sum(storages.values()) > size:
            raise ValueError(f"{name} claims more bytes than the file has")


def _leaves(state: Any) -> Iterator[tuple[str, Any]]:
    """All that is not a container, by its dotted path; a container that occurs twice is entered once."""
    waiting, entered = [("", state)], set[int]()
    while waiting:
        name, value = waiting.pop()
        if not isinstance(value, (dict, list, tuple, set)):
            yield name, value
        elif id(value) not in entered:
            entered.add(id(value))
            items = value.items() if isinstance(value, dict) else enumerate(value)
            waiting.extend((f"{name}.{key}".lstrip("."), part) for key, part in items)


def _bytes_of(state: State) -> int:
    return sum(leaf.nbytes for _, leaf in _leaves(state) if isinstance(leaf, torch.Tensor))


def _numpy_scalars() -> list[Any]:
    """What stock checkpoints hold besides tensors: the numpy scalar or array of `last_mean_rewards`."""
    scalar, rebuilt = np.float64(0).__reduce__()[0], np.zeros(1).__reduce__()[0]
    return [
        scalar,
        rebuilt,
        np.ndarray,
        np.dtype,
        *(type(np.dtype(kind)) for kind in ("float32", "float64", "int64")),
    ]
