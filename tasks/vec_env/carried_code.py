"""The driver's code on its way to a machine that has none of it. Knows no Ray.

What is installed is expected there as well. All else that this process has imported travels, whole packages
with their data files: rlgx where it runs from a checkout, and the user's own modules.
"""

import io
import site
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from cfg.errors import ConfigError

MOST_BYTES = 100 * 2**20
"""Packed; more is data that strayed into a package."""


def carried_code() -> bytes:
    """A zip archive of every module and package that is imported here and not installed.

    Raises ConfigError where it is too large to send.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        for name, path in sorted(_own_places()):
            for file, inside in _files(name, path):
                archive.write(file, inside)
            if buffer.tell() > MOST_BYTES:
                raise ConfigError(
                    f"{path} is too large to send to other nodes: over {MOST_BYTES / 2**20:.0f} MiB packed",
                    "move its data out of the package, or install it on every node",
                )
    return buffer.getvalue()


def _own_places() -> set[tuple[str, Path]]:
    """Name and place of each top-level module and package that is not installed."""
    installed = _installed_places()
    return {
        (name, path)
        for name, module in list(sys.modules.items())
        if "." not in name and name not in sys.stdlib_module_names and name != "__main__"
        for path in _places(module)
        if not any(path.is_relative_to(place) for place in installed)
    }


def _installed_places() -> set[Path]:
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    named = [sysconfig.get_path(kind) for kind in kinds] + [site.getusersitepackages()]
    # Those of other environments too, which a .pth file may bring.
    listed = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    return {Path(path).resolve() for path in (*named, *listed)}


def _places(module: ModuleType) -> Iterator[Path]:
    """The folders of a package, a namespace package included, or the file of a module."""
    spec = vars(module).get("__spec__")
    if spec is None:
        return
    folders = spec.submodule_search_locations
    paths = folders if folders is not None else [spec.origin] if spec.has_location else []
    yield from (Path(path).resolve() for path in paths if Path(path).exists())


def _files(name: str, path: Path) -> Iterator[tuple[Path, str]]:
    """The files of a package or module, and their names in the archive."""
    if path.is_file():
        yield path, path.name
        return
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path)
        is_hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
        if file.is_file() and not is_hidden:
            yield file, f"{name}/{inside.as_posix()}"
