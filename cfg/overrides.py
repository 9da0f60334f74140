"""Overrides of the command line, read with Hydra's own grammar. Composes nothing.

Choices of a group (task=, train=, network=) are told from values, which are put into the composed tree
here rather than by Hydra: so that a key which no YAML lists can be set, and the schema judges all keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cfg.errors import ConfigError
from cfg.folders import GROUPS

CHOICES = tuple(GROUPS.values())


@dataclass(frozen=True)
class Overrides:
    """A command line's overrides.

    Attributes:
        choices: group -> name, for task, train and network.
        values: (dotted key, value) in the order given.
        deleted: dotted keys to leave to their defaults.
    """

    choices: Mapping[str, str]
    values: tuple[tuple[str, Any], ...]
    deleted: tuple[str, ...]

    @property
    def explicit(self) -> frozenset[str]:
        """Every dotted key that was given, down to the leaves of a dict."""
        return frozenset(key for path, value in self.values for key in _leaf_keys(path, value))

    def last(self, key: str, default: Any = None) -> Any:
        """The value given last for a dotted key."""
        return next((value for path, value in reversed(self.values) if path == key), default)

    def apply(self, tree: DictConfig) -> None:
        """Put the values into `tree`. Raises ConfigError."""
        for key in self.deleted:
            _delete(tree, key)
        for key, value in self.values:
            _set(tree, key, value)


NOTHING = Overrides({}, (), ())


def read(words: Sequence[str]) -> Overrides:
    """Read overrides. Raises ConfigError for what Hydra's grammar or rlgx has no use for."""
    parser = OverridesParser.create()
    choices: dict[str, str] = {}
    values: list[tuple[str, Any]] = []
    deleted: list[str] = []
    for word in words:
        override = _parsed(parser, word)
        key = override.key_or_group
        if key in CHOICES:
            choices[key] = _choice(override, word)
        elif override.is_delete():
            deleted.append(key)
        else:
            values.append((key, override.value()))
    return Overrides(choices, tuple(values), tuple(deleted))


def parse_word(parser: OverridesParser, word: str) -> Override:
    """One override by Hydra's grammar. Raises ConfigError."""
    try:
        return parser.parse_override(word)
    except HydraException:
        raise ConfigError(
            f"{word} cannot be read", "write key=value, and quote a value with special characters"
        ) from None


def _parsed(parser: OverridesParser, word: str) -> Override:
    override = parse_word(parser, word)
    key = override.key_or_group
    if override.is_sweep_override():
        raise ConfigError(
            f"{word} has several values", "add -m to run each of them; a list is written in brackets"
        )
    if override.package is not None or "/" in key:
        raise ConfigError(
            f"{word} places a group, which rlgx does not", "choose with task=, train= and network="
        )
    if key.split(".")[0] == "hydra":
        raise ConfigError(f"{key} is Hydra's own and has no effect here", "leave it out")
    return override


def _choice(override: Override, word: str) -> str:
    name = override.value()
    is_name = isinstance(name, (str, int, float)) and "${" not in str(name) and name != "???"
    if override.is_delete() or not is_name:
        raise ConfigError(f"{word} chooses nothing", f"write {override.key_or_group}=NAME")
    return str(name)


def _leaf_keys(path: str, value: Any) -> list[str]:
    if not isinstance(value, Mapping) or not value:
        return [path]
    return [path, *(leaf for key, inner in value.items() for leaf in _leaf_keys(f"{path}.{key}", inner))]


def _set(tree: DictConfig, key: str, value: Any) -> None:
    try:
        OmegaConf.update(tree, key, value, force_add=True)
    except (OmegaConfBaseException, ValueError, TypeError, IndexError) as error:
        raise ConfigError(f"{key}={value} cannot be set", str(error).splitlines()[0]) from None


def _delete(tree: DictConfig, key: str) -> None:
    *section, name = key.split(".")
    parent = OmegaConf.select(tree, ".".join(section)) if section else None
    if not isinstance(parent, DictConfig) or name not in parent:
        raise ConfigError(
            f"~{key} names nothing to leave out", "leave out a key of a section, e.g. ~env_kwargs.render_mode"
        )
    OmegaConf.set_struct(parent, False)
    del parent[name]
