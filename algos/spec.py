"""What an algorithm folder says of itself: names and "module:attribute" strings. Loads nothing heavy."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from cfg.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Algorithm:
    """One entry of `algos.ALGORITHMS`.

    Attributes:
        name: what `train.params.algo.name` calls it. rl_games_names: the names of stock YAMLs it answers to.
        agent: class, built as `agent(params, context)` (`algos.base.Agent`).
        describe: function `(params, env_info) -> description`, plain data a policy is rebuilt from.
        policy: function `(description, weights, deterministic, device) -> algos.policy.Policy`.
    """

    name: str
    description: str
    rl_games_names: tuple[str, ...]
    agent: str
    describe: str
    policy: str


def resolve(path: str) -> Any:
    """The object that "module:attribute" names."""
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)


def find(name: str) -> Algorithm:
    """The algorithm called `name`, by its own name or rl_games'. Raises ConfigError for an unknown one."""
    from algos import ALGORITHMS

    specs = {path: resolve(path) for path in ALGORITHMS.values()}.values()
    by_name = {alias: spec for spec in specs for alias in (spec.name, *spec.rl_games_names)}
    if name not in by_name:
        raise ConfigError(f"train.params.algo.name={name} is unknown", did_you_mean(name, by_name))
    return by_name[name]
