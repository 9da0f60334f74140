"""What installed packages add to rlgx, read from their entry points. Imports a package only where it is used.

A package names its parts in groups of entry points (docs/plugins.md):

- `rlgx.configs`: a package with task/, train/ and network/ YAMLs;
- `rlgx.algorithms`: "module:SPEC", a `cfg.spec.Algorithm`;
- `rlgx.networks`: "module:Builder", an rl_games `NetworkBuilder` class;
- `rlgx.vec_envs`: "module:factory", called with a `tasks.make.VecEnvPlan`;
- `rlgx.observers`: "module:Observer", an rl_games `AlgoObserver` class or a function that returns one.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from cfg.errors import FOREIGN, ConfigError

GROUPS = ("configs", "algorithms", "networks", "vec_envs", "observers")
OWN = "rlgx itself"

Loaded = TypeVar("Loaded")


@dataclass(frozen=True)
class Plugin:
    """One entry point.

    Attributes:
        group: one of GROUPS.
        name: what the user writes.
        target: "module:attribute", or a package of YAML files.
        origin: the distribution that brings it, with its version.
    """

    group: str
    name: str
    target: str
    origin: str

    def broken(self, cause: object) -> ConfigError:
        """The error that says why it cannot be used."""
        said = f"{type(cause).__name__}: {cause}" if isinstance(cause, Exception) else str(cause)
        return ConfigError(
            f"plug-in {self.name} ({self.target} of {self.origin}) cannot be used: {said}",
            f"mend or uninstall {self.origin.rpartition(' ')[0]}",
        )


def plugins(group: str, own: Iterable[str] = ()) -> Mapping[str, Plugin]:
    """The plug-ins of a group by name. Imports nothing.

    Args:
        group: one of GROUPS.
        own: names that rlgx itself has there.

    Raises:
        ConfigError: for a name that is taken twice.
    """
    found: dict[str, Plugin] = {}
    for plugin in _read(tuple(sys.path)):
        if plugin.group != group:
            continue
        if plugin.name in own:
            raise taken_twice(f"rlgx.{group} {plugin.name}", OWN, plugin.origin)
        if plugin.name in found:
            raise taken_twice(f"rlgx.{group} {plugin.name}", found[plugin.name].origin, plugin.origin)
        found[plugin.name] = plugin
    return found


def load(plugin: Plugin) -> Any:
    """What a plug-in's target names. Raises ConfigError with the cause where it cannot be imported."""
    try:
        return EntryPoint(plugin.name, plugin.target, plugin.group).load()
    # Foreign code runs here: whatever it raises is the plug-in's fault and must not look like ours.
    except FOREIGN as cause:
        raise plugin.broken(cause) from cause


def usable(
    group: str, load_one: Callable[[Plugin], Loaded]
) -> tuple[Mapping[Plugin, Loaded], Mapping[Plugin, ConfigError]]:
    """The plug-ins of a group that `load_one` takes, and the others with what it raised for them.

    Raises ConfigError for a name that is taken twice.
    """
    return _tried(tuple(plugins(group).values()), load_one)


def taken_twice(what: str, one: str, other: str) -> ConfigError:
    """The error for a name that two packages bring."""
    return ConfigError(
        f"{what} is there twice: from {one} and from {other}", "uninstall one of them, or have it renamed"
    )


@cache  # a broken plug-in is not tried again and again
def _tried(
    candidates: tuple[Plugin, ...], load_one: Callable[[Plugin], Loaded]
) -> tuple[dict[Plugin, Loaded], dict[Plugin, ConfigError]]:
    outcomes = {plugin: _outcome(plugin, load_one) for plugin in candidates}
    broken = {plugin: found for plugin, found in outcomes.items() if isinstance(found, ConfigError)}
    good = {plugin: found for plugin, found in outcomes.items() if not isinstance(found, ConfigError)}
    return good, broken


def _outcome(plugin: Plugin, load_one: Callable[[Plugin], Loaded]) -> Loaded | ConfigError:
    try:
        return load_one(plugin)
    except ConfigError as error:
        return error


@cache
def _read(_search_path: tuple[str, ...]) -> tuple[Plugin, ...]:
    """All plug-ins; read anew where the search path changes."""
    return tuple(
        Plugin(group, point.name, point.value, _origin(point.dist))
        for group in GROUPS
        for point in entry_points(group=f"rlgx.{group}")
    )


def _origin(distribution: Any) -> str:
    return f"{distribution.name} {distribution.version}"
