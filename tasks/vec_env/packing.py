"""Packs a factory for its way to another process, and says what in it cannot travel."""

from dataclasses import fields
from typing import Any

import cloudpickle

from cfg.errors import ConfigError
from tasks.factory import EnvFactory


def pack(factory: EnvFactory) -> bytes:
    """The factory as bytes. Raises ConfigError naming the field that cannot be pickled."""
    try:
        packed: bytes = cloudpickle.dumps(factory)
    except Exception as cause:  # a foreign object's pickling raises what it likes
        guilty = next(
            (each.name for each in fields(factory) if not _travels(getattr(factory, each.name))), "?"
        )
        raise ConfigError(
            f"{factory.name}: {guilty} cannot be sent to a worker process: {type(cause).__name__}: {cause}",
            "give plain values, or use vec_env=sync",
        ) from cause
    return packed


def _travels(value: Any) -> bool:
    try:
        cloudpickle.dumps(value)
    except Exception:  # noqa: BLE001
        return False
    return True
