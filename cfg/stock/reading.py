"""Reads a stock rl_games YAML as runner.py would, and notes what YAML hides. Knows no key's meaning."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cfg.errors import ConfigError
from cfg.foreign_yaml import MOST_VALUES, PLAIN_TAGS, TAG, BoundedLoader, text_of, too_much

# YAML 1.1 takes these for text, because the dot is missing: rl_games calls float() on some of them.
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+")


@dataclass(frozen=True)
class StockFile:
    """A stock rl_games YAML.

    Attributes:
        name: the file's name without its ending.
        params: what is below `params`, plain values.
        outside: the top-level keys beside `params`, which no code reads.
        notes: what was read otherwise than YAML says.
    """

    name: str
    params: dict[str, Any]
    outside: tuple[str, ...]
    notes: tuple[str, ...]


def read_stock(path: str) -> StockFile:
    """The rl_games YAML at `path`.

    Raises:
        ConfigError: where there is none, it cannot be read, or it is not of rl_games.
    """
    text = text_of(Path(path), f"file={path}")
    try:
        loader = BoundedLoader(text, f"file={path}")
        node = loader.get_single_node()
        survey = _Survey(path)
        if node is not None:
            survey.visit(node, "", ())
        values = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"file={path}{line}: {error.problem}", "mend the YAML") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"file={path} is no YAML: {error}", "mend the file") from None
    sections = _sections(path, values)
    outside = tuple(key for key in sections if key != "params")
    return StockFile(Path(path).stem, sections["params"], outside, tuple(survey.notes()))


def _sections(path: str, values: Any) -> dict[str, Any]:
    """The top-level keys, where the file has rl_games' shape."""
    remedy = "name a YAML that rl_games' runner.py takes: params with algo, model, network and config"
    if not isinstance(values, dict) or not isinstance(values.get("params"), dict):
        raise ConfigError(f"file={path} is not an rl_games YAML: it has no params", remedy)
    for key in ("algo", "config"):
        if not isinstance(values["params"].get(key), dict):
            raise ConfigError(f"file={path} is not an rl_games YAML: it has no params.{key}", remedy)
    return values


class _Survey:
    """One walk over a file's nodes: mends their types, finds double keys, refuses what is no plain value."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._count = 0
        self._double: list[str] = []
        self._numbers: list[str] = []

    def notes(self) -> Iterator[str]:
        """What was found, a line each."""
        if self._double:
            yield f"keys given twice, of which the last counts: {', '.join(dict.fromkeys(self._double))}"
        if self._numbers:
            yield f"read as numbers, where YAML says text: {', '.join(self._numbers)}"

    def visit(self, node: yaml.Node, place: str, above: tuple[yaml.Node, ...]) -> None:
        """Judge `node`, which stands at the dotted `place` below the nodes `above`."""
        self._count += 1
        if any(node is each for each in above) or self._count > MOST_VALUES:
            raise too_much(f"file={self._path}")
        if isinstance(node, yaml.ScalarNode):
            self._visit_scalar(node, place)
        elif node.tag not in PLAIN_TAGS:
            raise self._refusal(node, place, node.tag)
        elif isinstance(node, yaml.MappingNode):
            self._visit_mapping(node, place, above)
        else:
            for inner in node.value:
                self.visit(inner, place, (*above, node))

    def _visit_scalar(self, node: yaml.ScalarNode, place: str) -> None:
        if node.tag == f"{TAG}timestamp":
            node.tag = f"{TAG}str"
        if node.tag not in PLAIN_TAGS:
            raise self._refusal(node, place, node.tag)
        if "${" in node.value:
            raise self._refusal(node, place, node.value)
        if node.style is None and node.tag == f"{TAG}str" and _NUMBER.fullmatch(node.value):
            node.tag = f"{TAG}float"
            self._numbers.append(f"{place}={node.value}")

    def _visit_mapping(self, node: yaml.MappingNode, place: str, above: tuple[yaml.Node, ...]) -> None:
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._refusal(key, place, "a list or mapping as a key")
            if key.tag != f"{TAG}merge":
                key.tag = f"{TAG}str"
            inner = f"{place}.{key.value}".lstrip(".")
            if key.value in seen:
                self._double.append(inner)
            seen.add(key.value)
            self.visit(value, inner, (*above, node))

    def _refusal(self, node: yaml.Node, place: str, what: str) -> ConfigError:
        line = node.start_mark.line + 1
        return ConfigError(
            f"file={self._path} line {line}: {place}={what} is no plain value, and no file may name code",
            "write the value itself",
        )
