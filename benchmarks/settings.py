"""What rlgx trains with, YAMLs and words put together: kept beside figures, and compared with that of now."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cfg.compose import compose
from cfg.flags import parse


def settings_of(words: Sequence[str]) -> dict[str, Any]:
    """Of a command line of train.py, with the YAMLs as they are."""
    config = compose(parse(words))
    settings: dict[str, Any] = json.loads(config.train.params.model_dump_json())
    return {"num_envs": config.num_envs, **settings}


def still_hold(then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether every key of then has the same value now; keys that are new do not count."""
    return all(
        still_hold(value, now.get(key) or {}) if isinstance(value, Mapping) else now.get(key) == value
        for key, value in then.items()
    )
