"""The zip file that torch writes, with a note in its comment: a checksum of all of it, a format, versions.

Judges files byte by byte before anybody loads them. Loads nothing itself, and knows neither torch nor a run.
"""

import hashlib
import json
import os
import pickletools
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

from cfg.errors import CheckpointError, foreign_code

FORMAT = 2
"""Counts up when an older rlgx could not read what is written. 1 had a checksum without the note."""

_MAGIC = b"PK\x03\x04"
_END = b"PK\x05\x06"
_END_SIZE = 22  # bytes of the zip's end record without its comment
_LONGEST_COMMENT = 0xFFFF
_CHUNK = 1 << 20
# What tensors, containers, bytes and the numpy scalars and arrays of stock files are rebuilt with.
_PLAIN = re.compile(
    r"torch (\w+Storage|Size|device|b?float\d+|u?int\d+|bool|complex\d+)"
    r"|torch\._utils _rebuild_(tensor_v[23]|parameter)"
    r"|torch\.serialization _get_layout"
    r"|collections OrderedDict|(__builtin__|builtins) set|_codecs encode"
    r"|numpy\.(_?core\.multiarray (scalar|_reconstruct)|dtype|dtypes \w+DType)|numpy (dtype|ndarray)"
)
_RETRAIN = "use another checkpoint of the run (nn/last*.pth), or train again"


class Damaged(CheckpointError):
    """A file that is missing, cut, altered, or never was a checkpoint: another one may be good."""


@dataclass(frozen=True)
class Note:
    """What a file of ours says of itself; `end` is where the archive ends without its comment's length."""

    content: dict[str, Any]
    end: int


def write(file: IO[bytes], save: Callable[[Any], None], about: Mapping[str, Any]) -> None:
    """Write an archive as `save` streams it, then the note. Raises OSError."""
    stream = _Stream(file)
    save(stream)
    if stream.error is not None:
        raise stream.error
    body = {"format": FORMAT, "rlgx": _version(), **about}
    stream.digest.update(_encoded(body))
    comment = _encoded({**body, "sha256": stream.digest.hexdigest()})
    file.seek(-2, os.SEEK_END)
    file.write(struct.pack("<H", len(comment)) + comment)


def check_written(path: Path) -> None:
    """Raise OSError where the file, read again, is not what was written."""
    with path.open("rb") as file:
        try:
            note = read_note(path, file)
            if note is None or _digest(file, note) != note.content["sha256"]:
                raise OSError(None, "what was written reads back differently")
        except CheckpointError as error:
            raise OSError(None, f"what was written reads back differently: {error.problem}") from error


def judge(path: Path, file: IO[bytes]) -> int:
    """Judge a file's bytes: its checksum and format, and for a stock one the zip's own. Returns its size.

    Raises CheckpointError: Damaged, or of a newer format.
    """
    size = os.fstat(file.fileno()).st_size
    note = read_note(path, file)
    if note is not None and _digest(file, note) != note.content["sha256"]:
        raise Damaged(f"{path} is damaged: its checksum does not match", _RETRAIN)
    if note is not None and _format(note) > FORMAT:
        raise CheckpointError(
            f"{path} has format {note.content['format']} of rlgx {note.content.get('rlgx')}, and this rlgx "
            f"{_version()} reads formats up to {FORMAT}",
            "update rlgx",
        )
    _judge_members(path, file, size, is_stock=note is None)
    return size


def read_note(path: Path, file: IO[bytes]) -> Note | None:
    """Our note, None of a file without a comment. Raises Damaged."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        raise Damaged(f"the checkpoint {path} is empty", _RETRAIN)
    start = max(0, size - _END_SIZE - _LONGEST_COMMENT)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0:
        raise Damaged(f"{path} is damaged or not a checkpoint: its end is missing", _RETRAIN)
    length, comment = tail[at + _END_SIZE - 2 : at + _END_SIZE], tail[at + _END_SIZE :]
    if not comment and length == b"\0\0":
        return None
    try:
        content = json.loads(comment)
        if length == struct.pack("<H", len(comment)) and _encoded(content) == comment and content["sha256"]:
            return Note(content, start + at + _END_SIZE - 2)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise Damaged(f"{path} is damaged: its checksum cannot be read", _RETRAIN)


class _Stream:
    """What torch writes to: passes bytes on and adds them up.

    A write that fails is kept for later: torch's writer does not survive an exception on its way.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.error: OSError | None = None

    def write(self, part: Any) -> int:
        if self.error is None:
            try:
                self._file.write(part)
                self.digest.update(part)
            except OSError as error:
                self.error = error
        return len(part)

    def flush(self) -> None:
        """What torch asks for at the end; the file is flushed by who opened it."""


def _format(note: Note) -> int:
    """As a number; the first format was a text. What is none is newer than we are."""
    said = note.content.get("format")
    return 1 if said == "rlgx 1" else said if isinstance(said, int) else FORMAT + 1


def _digest(file: IO[bytes], note: Note) -> str:
    """The checksum that the note should hold: of the archive as torch wrote it, and of the note itself."""
    digest, left = hashlib.sha256(), note.end
    file.seek(0)
    while left:
        part = file.read(min(left, _CHUNK))
        if not part:
            break
        digest.update(part)
        left -= len(part)
    if _format(note) > 1:
        body = {key: value for key, value in note.content.items() if key != "sha256"}
        digest.update(b"\0\0" + _encoded(body))
    return digest.hexdigest()


def _judge_members(path: Path, file: IO[bytes], size: int, is_stock: bool) -> None:
    """Refuse what would take more memory than the file has bytes, and a stock file's members that changed."""
    with (
        foreign_code(f"{path} is damaged or not a checkpoint", _RETRAIN, Damaged),
        zipfile.ZipFile(file) as members,
    ):
        parts = members.infolist()
        file.seek(0)
        starts = file.read(len(_MAGIC))
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
            problem = "is compressed, and torch does not do that"
        elif starts != _MAGIC:  # an older format of torch's, with an archive behind that torch would not see
            problem = "does not begin as an archive does"
        elif sum(part.file_size for part in parts) > size:
            problem = "claims to hold more than it does"
        elif is_stock and (name := members.testzip()):
            problem = f"is damaged: the checksum of {name} does not match"
        elif (stranger := _first_stranger(members)) is not None:
            problem = f"is no checkpoint that can be trusted: it asks for {stranger}"
        else:
            return
    raise Damaged(f"{path} {problem}", _RETRAIN)


def _first_stranger(members: zipfile.ZipFile) -> str | None:
    """The first name that the pickle looks up and that no plain data needs, None where all are known.

    torch's own list is longer: on it are makers of memory, e.g. bytearray, that take a size and fill it.
    """
    for part in members.infolist():
        if part.filename.lower().endswith(".pkl"):
            for opcode, argument, _ in pickletools.genops(members.read(part)):
                if opcode.name == "GLOBAL" and not _PLAIN.fullmatch(str(argument)):
                    return str(argument).replace(" ", ".")
    return None


def _encoded(note: Mapping[str, Any]) -> bytes:
    return json.dumps(note).encode()


@cache
def _version() -> str:
    try:
        return version("rlgx")
    except PackageNotFoundError:
        return "unknown"  # run from a checkout that is not installed
