"""Folders of YAML choices: rlgx's own, and those that plug-ins bring. Composes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cfg.errors import FOREIGN
from cfg.plugins import OWN, Plugin, taken_twice, usable

ROOT = Path(__file__).parent
GROUPS = {"tasks": "task", "train": "train", "networks": "network"}
"""Kind on the command line -> folder of YAML files."""


@dataclass(frozen=True)
class Choice:
    """One YAML file, and the distribution that brings it."""

    path: Path
    origin: str


def folders() -> Mapping[Path, str]:
    """Every folder that holds task/, train/ and network/, ours first, with its origin.

    Raises ConfigError where two of them hold the same file.
    """
    found = {
        ROOT: OWN,
        **{folder: plugin.origin for plugin, folder in usable("configs", find_folder)[0].items()},
    }
    seen: dict[Path, str] = {}
    for folder, origin in found.items():
        for name in _files(folder):
            if name in seen:
                raise taken_twice(f"{name.parent.as_posix()}={name.stem}", seen[name], origin)
            seen[name] = origin
    return found


def choices(group: str) -> Mapping[str, Choice]:
    """The YAML files of a group (task, train or network) by name. Raises ConfigError for one taken twice."""
    return {
        path.stem: Choice(path, origin)
        for folder, origin in folders().items()
        for path in sorted((folder / group).glob("*.yaml"))
    }


def find_folder(plugin: Plugin) -> Path:
    """The folder of a package of YAML files, which is not imported itself. Raises ConfigError."""
    try:
        spec = find_spec(plugin.target)
    except FOREIGN as cause:  # the packages above it are imported, and may raise anything
        raise plugin.broken(cause) from cause
    places = [] if spec is None else [Path(place) for place in spec.submodule_search_locations or ()]
    if not any(_files(place) for place in places):
        raise plugin.broken(f"{plugin.target} is no package with YAML files in {', '.join(GROUPS.values())}")
    return places[0]


def _files(folder: Path) -> list[Path]:
    """The YAML files of a folder's groups, bases included, relative to it."""
    return [
        path.relative_to(folder) for group in GROUPS.values() for path in (folder / group).rglob("*.yaml")
    ]
