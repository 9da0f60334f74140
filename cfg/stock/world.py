"""An environment in rlgx's words, as a stock YAML means it. Plain values; makes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Wrapper = Mapping[str, Any]


@dataclass(frozen=True)
class World:
    """An environment in rlgx's words.

    Attributes:
        env: a Gymnasium id.
        env_kwargs: what it is called with.
        wrappers: as in a task, the innermost first.
        max_episode_steps: time limit in steps; None keeps the environment's own.
        notes: differences to what rl_games would have run, a line each.
        unread: keys that rl_games does not read.
    """

    env: str
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    wrappers: tuple[Wrapper, ...] = ()
    max_episode_steps: int | None = None
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
