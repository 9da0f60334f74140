"""What the command line already names and nothing builds yet: refused in one line, never ignored."""

from collections.abc import Mapping
from typing import Any

from cfg.errors import ConfigError

KEYS_TO_COME = (
    "multi_gpu",
    "wandb_activate",
    "wandb_project",
    "wandb_group",
    "wandb_name",
)


def without_unbuilt_keys(raw: Mapping[str, Any]) -> dict[str, Any]:
    """`raw` without the top-level keys to come, all of them at rest.

    Raises ConfigError for one that is set.
    """
    for key in KEYS_TO_COME:
        for path, value in _leaves(key, raw.get(key)):
            if value:
                raise ConfigError(f"{path}={value} is not built yet", "leave it out")
    return {key: value for key, value in raw.items() if key not in KEYS_TO_COME}


def _leaves(path: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        return [(path, value)]
    return [leaf for key, inner in value.items() for leaf in _leaves(f"{path}.{key}", inner)]
