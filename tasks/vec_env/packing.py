"""Packs a factory for its way to another process, and says what in it cannot travel."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import cloudpickle

from cfg.errors import ConfigError
from tasks.factory import EnvFactory


def pack(factory: EnvFactory) -> bytes:
    """The factory as bytes. Raises ConfigError naming the field that cannot be pickled."""
    try:
        packed: bytes = cloudpickle.dumps(factory)
    except Exception as cause:  # a foreign object's pickling raises what it likes
        guilty = _guilty(factory, "")
        raise ConfigError(
            f"{factory.name}: {guilty} cannot be sent to a worker process: {type(cause).__name__}: {cause}",
            "give plain values, or use vec_env=sync",
        ) from cause
    return packed


def _guilty(value: Any, path: str) -> str:
    """The innermost part of a value that cannot travel, by dotted names."""
    for name, part in _parts(value).items():
        if not _travels(part):
            return _guilty(part, f"{path}.{name}" if path else str(name))
    return path


def _parts(value: Any) -> Mapping[Any, Any]:
    if isinstance(value, Mapping):
        return value
    # Not a class that a field names: its fields belong to its objects.
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return {}


def _travels(value: Any) -> bool:
    try:
        cloudpickle.dumps(value)
    except Exception:  # noqa: BLE001
        return False
    return True
