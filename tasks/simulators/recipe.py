"""A task's simulator by name, and whether what the YAML says of it makes sense. Makes none."""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cfg.errors import ConfigError, did_you_mean
from tasks.lookup import load_attribute

if TYPE_CHECKING:
    from tasks.simulators.base import Options, Simulator

KEYS = ("rewards", "parameters", "randomise")


@dataclass(frozen=True)
class SimulatorClass:
    """A subclass of `tasks.simulators.base.Simulator` by its "module:attribute"."""

    entry_point: str


def load_simulator(source: SimulatorClass) -> "type[Simulator]":
    """The class. Raises ConfigError where it is none, or an unfinished one."""
    from tasks.simulators.base import Simulator

    made = load_attribute(source.entry_point)
    if not (isinstance(made, type) and issubclass(made, Simulator)):
        raise ConfigError(
            f'simulator "{source.entry_point}" is no Simulator',
            "derive a class from tasks.simulators.base.Simulator, or use entry_point for a gymnasium.Env",
        )
    missing = sorted({*made.__abstractmethods__, *({"observation_space", "action_space"} - _named(made))})
    if not missing and not made.rewards:
        missing = ["rewards"]
    if missing:
        raise ConfigError(
            f'simulator "{source.entry_point}" has no {missing[0]}', "docs/simulators.md shows one"
        )
    return made


def read_options(kind: "type[Simulator]", kwargs: Mapping[str, Any]) -> "Options":
    """What `env_kwargs` say of a simulator. Raises ConfigError that names the key."""
    from tasks.simulators.base import Options

    for key, section in kwargs.items():
        if key not in KEYS:
            raise ConfigError(
                f"env_kwargs.{key}={section}: {kind.__name__} has no such argument", did_you_mean(key, KEYS)
            )
        if not isinstance(section, Mapping):
            raise ConfigError(f"env_kwargs.{key}={section} is no section", f"write {key}: {{name: value}}")
        known = kind.rewards if key == "rewards" else kind.parameters
        for name, value in section.items():
            path = f"env_kwargs.{key}.{name}"
            if name not in known:
                hint = did_you_mean(name, known) if known else "it has none"
                raise ConfigError(f"{path}: {kind.__name__} has no such name", hint)
            _judge_range(path, value) if key == "randomise" else _judge_number(path, value)
    ranges = {name: (float(low), float(high)) for name, (low, high) in kwargs.get("randomise", {}).items()}
    return Options(kwargs.get("rewards", {}), kwargs.get("parameters", {}), ranges)


def _named(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _judge_number(path: str, value: Any) -> None:
    if not _is_number(value):
        raise ConfigError(f"{path}={value} is no number", "give a finite number")


def _judge_range(path: str, value: Any) -> None:
    pair = list(value) if isinstance(value, list | tuple) else []
    if len(pair) != 2 or not all(map(_is_number, pair)) or pair[0] > pair[1]:
        raise ConfigError(f"{path}={value} is no range", "write [low, high], e.g. [0.5, 2.0]")
