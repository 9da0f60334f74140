"""Reads YAML that somebody else may have written, in bounded time and memory. Knows no key.

Nothing in such a file is code: no tags but those of plain values.
"""

import stat
from pathlib import Path
from typing import Any

import yaml

from cfg.errors import ConfigError, did_you_mean

MOST_BYTES = 2**20
MOST_VALUES = 20_000
"""More values than this are no configuration, or aliases that multiply."""
MOST_LEVELS = 50
TAG = "tag:yaml.org,2002:"
PLAIN_TAGS = {f"{TAG}{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq", "merge")}


class BoundedLoader(yaml.SafeLoader):
    """A loader that gives up on what no configuration can be, before it has read it all."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self._name = name
        self._values = 0
        self._levels = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """One node with all below it. Raises ConfigError for too many of them, or too deep."""
        self._values += 1
        self._levels += 1
        if self._values > MOST_VALUES or self._levels > MOST_LEVELS:
            raise too_much(self._name)
        node = super().compose_node(parent, index)
        self._levels -= 1
        return node


def too_much(name: str) -> ConfigError:
    """The error for a file whose values are more, or deeper, than any configuration's."""
    return ConfigError(
        f"{name} repeats itself without end, or is no configuration: more than {MOST_VALUES:,} values, or "
        f"{MOST_LEVELS} levels",
        "write its aliases out",
    )


def text_of(path: Path, name: str) -> str:
    """What a file says, which messages call `name`. Raises ConfigError."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ConfigError(f"{name} is a directory", "name a YAML in it")
        if not stat.S_ISREG(status.st_mode):  # a pipe or a device has no end
            raise ConfigError(f"{name} is no file", "name a YAML file")
        if status.st_size > MOST_BYTES:
            raise _too_long(name, status.st_size, "name another file")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        there = [str(each) for each in sorted(path.parent.glob("*.y*ml"))]
        remedy = did_you_mean(str(path), there) if there else "name a YAML written for rl_games' runner.py"
        raise ConfigError(f"{name} does not exist", remedy) from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{name} cannot be read: {error}", "name a text file you may read") from None


def require_readable(text: str, name: str) -> None:
    """Raise ConfigError for a text of our own that `text_of` and `judge_plain` would refuse."""
    size = len(text.encode())
    if size > MOST_BYTES:
        raise _too_long(name, size, "give the environment its data by a file, not by its arguments")
    judge_plain(text, name)


def _too_long(name: str, size: int, remedy: str) -> ConfigError:
    return ConfigError(f"{name} is no configuration: it has {size:,} bytes", remedy)


def judge_plain(text: str, name: str) -> None:
    """Raise ConfigError, or yaml.YAMLError, for a text that is more than plain values."""
    count = 0

    def visit(node: yaml.Node, above: tuple[yaml.Node, ...]) -> None:
        nonlocal count
        count += 1
        if any(node is each for each in above) or count > MOST_VALUES:
            raise too_much(name)
        if node.tag not in PLAIN_TAGS and node.tag != f"{TAG}timestamp":
            raise _refusal(name, node, node.tag)
        if isinstance(node, yaml.ScalarNode):
            if "${" in node.value:
                raise _refusal(name, node, node.value)
            return
        for inner in node.value:
            for each in inner if isinstance(inner, tuple) else (inner,):
                visit(each, (*above, node))

    node = BoundedLoader(text, name).get_single_node()
    if node is not None:
        visit(node, ())


def _refusal(name: str, node: yaml.Node, what: str) -> ConfigError:
    line = node.start_mark.line + 1
    return ConfigError(f"{name} line {line}: {what} is no plain value", "write the value itself")
