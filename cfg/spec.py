"""What an algorithm folder says of itself: names and "module:attribute" strings. Loads nothing heavy."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from cfg.choices import ALGORITHMS
from cfg.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Algorithm:
    """One algorithm, as the table `cfg.choices.ALGORITHMS` names it.

    Attributes:
        name: what `train.params.algo.name` calls it. rl_games_names: the names of stock YAMLs it answers to.
        models: what `train.params.model.name` may be, besides `auto`.
        settings: class of `train.params.config`, a `cfg.schema.CommonSettings`; loads no torch.
        settle: function `(config, explicit) -> dict` of the settings it fits once the types are judged.
        rules: tuple of functions `(config, explicit) -> None` that raise ConfigError; `explicit` holds the
            dotted keys of the command line.
        agent: class, built as `agent(params, context)` (`algos.base.Agent`).
        describe: function `(params, env_info) -> description`, plain data a policy is rebuilt from.
        policy: function `(description, checkpoint, deterministic, device) -> algos.policy.Policy`.
    """

    name: str
    description: str
    agent: str
    describe: str
    policy: str
    settings: str = "cfg.schema.settings:CommonSettings"
    settle: str = "cfg.spec:settles_nothing"
    rules: str = "cfg.spec:NO_RULES"
    models: tuple[str, ...] = ()
    rl_games_names: tuple[str, ...] = ()


NO_RULES = ()


def settles_nothing(_config: Any, _explicit: frozenset[str]) -> dict[str, Any]:
    """For an algorithm that takes its settings as they are."""
    return {}


def resolve(path: str) -> Any:
    """The object that "module:attribute" names."""
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)


def algorithms() -> list[Algorithm]:
    """Every algorithm there is."""
    return [resolve(path) for path in ALGORITHMS.values()]


def find(name: str) -> Algorithm:
    """The algorithm called `name`, by its own name or rl_games'. Raises ConfigError for an unknown one."""
    by_name = {alias: spec for spec in algorithms() for alias in (spec.name, *spec.rl_games_names)}
    if name not in by_name:
        raise ConfigError(f"train.params.algo.name={name} is not known", did_you_mean(name, by_name))
    return by_name[name]
