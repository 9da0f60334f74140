"""Checkpoints that somebody made to run code, or to take all memory. Each tries to make a marker file.

Nothing of this is ever unpickled without torch's `weights_only` in a test.
"""

import codecs
import collections
import functools
import importlib
import io
import operator
import os
import pickle
import runpy
import shutil
import subprocess
import tarfile
import timeit
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from algos import archive

HUGE = 1 << 33
"""Bytes that a bomb claims."""


class Calls:
    """An object that is unpickled by calling something."""

    def __init__(self, function: Any, *arguments: Any, state: Any = None) -> None:
        self.reduced = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self) -> Any:
        return self.reduced


def _global(name: str, *arguments: str) -> bytes:
    """Protocol 0: call a global by its name with texts; `name` is "module attribute"."""
    module, attribute = name.split(" ")
    texts = b"".join(b"V" + text.encode() + b"\n" for text in arguments)
    return b"c" + f"{module}\n{attribute}\n".encode() + b"(" + texts + b"tR."


def pickles(marker: Path) -> dict[str, bytes]:
    """Pickles by name that make the marker once they are loaded by pickle, or try to."""
    touch = f"touch {marker}"
    python = f"open({str(marker)!r}, 'w')"
    held = np.empty(1, object)
    held[0] = Calls(os.system, touch)
    objects = {
        "os.system": Calls(os.system, touch),
        "subprocess": Calls(subprocess.getoutput, touch),
        "eval": Calls(eval, python),
        "exec": Calls(exec, python),
        "open": Calls(open, str(marker), "w"),
        "Path.touch": Calls(Path.touch, marker),
        "getattr chain": Calls(map, Calls(getattr, Calls(__import__, "os"), "system"), [touch]),
        "numpy object array": held,
        "numpy load": Calls(np.load, str(marker)),
        "codecs": Calls(codecs.decode, pickle.dumps(Calls(os.system, touch)), "hex"),
        "torch.load": Calls(torch.load, str(marker), state={"weights_only": False}),
        "pickle.loads": Calls(pickle.loads, pickle.dumps(Calls(os.system, touch))),
        "a default that is called": collections.defaultdict(os.getpid, {"x": Calls(os.system, touch)}),
        "a subclass with state": Calls(collections.OrderedDict, state={"__class__": Calls(os.system, touch)}),
        "operator.methodcaller": Calls(operator.methodcaller("touch"), marker),
        "functools.partial": Calls(functools.partial(os.system), touch),
        "importlib": Calls(importlib.import_module, "antigravity"),
        "timeit": Calls(timeit.timeit, python, "pass", timeit.default_timer, 1),
        "runpy": Calls(runpy.run_path, str(marker)),
        "os.open": Calls(os.open, str(marker), os.O_CREAT | os.O_WRONLY),
        "shutil": Calls(shutil.copyfile, os.__file__, str(marker)),
    }
    made = {name: pickle.dumps({"model": {}, "x": each}, protocol=2) for name, each in objects.items()}
    return {
        **made,
        "GLOBAL posix.system": _global("posix system", touch),
        "GLOBAL of a dotted name": _global("os path.os.system", touch),
        "INST": b"(V" + touch.encode() + b"\nios\nsystem\n.",
        "OBJ": b"(cos\nsystem\nV" + touch.encode() + b"\no.",
        "STACK_GLOBAL": pickle.dumps({"model": {}, "x": Calls(os.system, touch)}, protocol=4),
        "persistent id": b"\x80\x02V" + touch.encode() + b"\nQ.",
        "torch's own hook": _global("torch._utils _import_dotted_name", "os.system"),
        "torch rebuilt from a type": _global("torch._tensor _rebuild_from_type_v2", touch),
    }


def write_all(folder: Path, marker: Path) -> list[Path]:
    """Write every hostile checkpoint into `folder`; `marker` is what appears where one of them has run."""
    files = []
    for number, (name, content) in enumerate(
        {**_wrapped(pickles(marker)), **_bombs(), **_odd(marker)}.items()
    ):
        file = folder / f"{number:02d}_{'_'.join(name.replace('.', ' ').replace(chr(39), '').split())}.pth"
        file.write_bytes(content)
        files.append(file)
    return files


def _wrapped(made: dict[str, bytes]) -> dict[str, bytes]:
    """Each in the zip file that torch writes, every third with a checksum of ours, as if by us."""
    wrap = (zipped, zipped, signed)
    return {name: wrap[number % 3](content) for number, (name, content) in enumerate(made.items())}


def zipped(content: bytes, **members: bytes) -> bytes:
    """A zip file as torch's, with this pickle and other members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        file.writestr("archive/data.pkl", content)
        file.writestr("archive/byteorder", b"little")
        for name, member in members.items():
            file.writestr(f"archive/{name}", member)
        file.writestr("archive/version", b"3\n")
    return buffer.getvalue()


def signed(content: bytes, **members: bytes) -> bytes:
    """The same with a note of ours, whose checksum fits: anybody can compute one."""
    buffer = io.BytesIO()
    archive.write(buffer, lambda stream: stream.write(zipped(content, **members)), {})
    return buffer.getvalue()


def _saved(state: Any, old: bytes = b"", new: bytes = b"") -> bytes:
    """What torch saves, with `new` in place of `old` in the pickle."""
    buffer, altered = io.BytesIO(), io.BytesIO()
    torch.save(state, buffer)
    with zipfile.ZipFile(buffer) as whole, zipfile.ZipFile(altered, "w", zipfile.ZIP_STORED) as file:
        for name in whole.namelist():
            content = whole.read(name)
            assert old in content or not name.endswith(".pkl"), "else nothing is altered"
            file.writestr(name, content.replace(old, new) if old and name.endswith(".pkl") else content)
    return altered.getvalue()


def _bombs() -> dict[str, bytes]:
    """Small files that claim a lot of memory."""
    huge = b"\x8a\x05" + HUGE.to_bytes(5, "little")  # pickle's LONG1
    key = b"X\x05\x00\x00\x00model"
    deflated = io.BytesIO()
    with zipfile.ZipFile(deflated, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", pickle.dumps({"model": {}}, protocol=2))
        file.writestr("archive/data/0", bytes(1 << 26))
        file.writestr("archive/version", b"3\n")
    nested: Any = {}
    for _ in range(200):
        nested = {"a": nested, "b": nested}
    return {
        "a stretched tensor": _saved({"model": {"w": torch.zeros(1).expand(HUGE)}}),
        "a tensor larger than its storage": _saved(
            {"model": {"w": torch.zeros(7)}}, b"K\x07\x85", huge + b"\x85"
        ),
        "a bytearray of zeros": zipped(b"\x80\x02}" + key + b"cbuiltins\nbytearray\n" + huge + b"\x85Rs."),
        "a tensor made of a size": zipped(b"\x80\x02}" + key + b"ctorch\nTensor\n" + huge + b"\x85Rs."),
        "a compressed zip": deflated.getvalue(),
        "an old format before a zip": _old_format(Calls(bytearray, HUGE)) + zipped(b"."),
        "laughs": _saved({"models": nested}),
    }


def _old_format(value: Any) -> bytes:
    """What torch saved before 1.6, and reads to this day."""
    buffer = io.BytesIO()
    torch.save({"model": {"x": value}}, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


def _odd(marker: Path) -> dict[str, bytes]:
    """Formats besides the zip file, and zip files within others."""
    harmful = pickle.dumps({"model": {}, "x": Calls(os.system, f"touch {marker}")}, protocol=2)
    inner = zipped(harmful)
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as file:
        for name in ("storages", "tensors", "pickle"):
            info = tarfile.TarInfo(name)
            info.size = len(harmful)
            file.addfile(info, io.BytesIO(harmful))
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
    return {
        "a bare pickle": harmful,
        "torch's format before 1.6": magic + pickle.dumps(1001, protocol=2) + pickle.dumps({}) + harmful,
        "torch's tar of 2016": tar.getvalue(),
        "a zip in a zip": zipped(pickle.dumps({"model": {}}, protocol=2), inner=inner)[:-3] + inner,
        "TorchScript": zipped(harmful, **{"constants.pkl": harmful, "code/__torch__.py": b"import os\n"}),
        "entries named .data": zipped(harmful, **{".data/serialization_id": harmful}),
        "a pickle after a zip": zipped(harmful) + harmful,
        "two ends": inner + zipped(harmful),
    }
