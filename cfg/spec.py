"""What an algorithm folder says of itself: names and "module:attribute" strings. Loads nothing heavy."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from cfg.choices import ALGORITHMS
from cfg.errors import FOREIGN, ConfigError, RlgxError, did_you_mean
from cfg.plugins import OWN, Plugin, load, taken_twice, usable


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
        fit: function `(params, env_info)` that raises ConfigError where it cannot learn in such spaces; loads
            no rl_games, so that a mistake costs no start-up and leaves no run.
        agent: class, an `algos.base.Agent`.
        describe: function `(params, env_info) -> description`, plain data a policy is rebuilt from.
        modes: what --train, --play and --eval do, by mode: functions `(config, start) -> summary`.
        policy: function `(description, checkpoint, deterministic, device) -> algos.policy.Policy`.
    """

    name: str
    description: str
    agent: str
    policy: str
    describe: str = "algos.policy:describe"
    settings: str = "cfg.schema.settings:CommonSettings"
    settle: str = "cfg.spec:settles_nothing"
    rules: str = "cfg.spec:NO_RULES"
    fit: str = "cfg.spec:fits_anything"
    modes: str = "algos.modes:MODES"
    models: tuple[str, ...] = ()
    rl_games_names: tuple[str, ...] = ()


NO_RULES = ()


HOSTED = Algorithm(
    name="rl_games",
    description="An algorithm that a module of imports= registers with rl_games' Runner",
    settings="algos.hosted.settings:HostedSettings",
    settle="algos.hosted.settings:settle",
    modes="algos.hosted.modes:MODES",
    agent="",
    policy="",
)
"""Any algorithm whose name is known only once a module is imported; rl_games' own loop runs it."""


def settles_nothing(_config: Any, _explicit: frozenset[str]) -> dict[str, Any]:
    """For an algorithm that takes its settings as they are."""
    return {}


def fits_anything(_params: Any, _env_info: Any) -> None:
    """For an algorithm that judges the spaces in its `setup`."""


def resolve(path: str) -> Any:
    """The object that "module:attribute" names. Raises ConfigError where it cannot be imported."""
    module, _, attribute = path.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except RlgxError:
        raise
    except FOREIGN as cause:  # a plug-in's SPEC names foreign code, which may raise anything
        raise ConfigError(
            f"{path} cannot be imported: {type(cause).__name__}: {cause}",
            "mend it, or the package that names it",
        ) from cause


def algorithms() -> Mapping[Algorithm, str]:
    """Every algorithm there is, with the distribution that brings it.

    Raises ConfigError where two have one name. A plug-in's that cannot be imported is left out.
    """
    own = {resolve(path): OWN for path in ALGORITHMS.values()}
    return {**own, **{spec: plugin.origin for plugin, spec in usable("algorithms", load_spec)[0].items()}}


def load_spec(plugin: Plugin) -> Algorithm:
    """A plug-in's SPEC. Raises ConfigError where it cannot be imported, or is none."""
    spec = load(plugin)
    if not isinstance(spec, Algorithm):
        raise plugin.broken(f"{plugin.target} is a {type(spec).__name__}, not a cfg.spec.Algorithm")
    return spec


def find(name: str, names_are_open: bool = False) -> Algorithm:
    """The algorithm called `name`, by its own name or rl_games'.

    Raises ConfigError for an unknown one; `HOSTED` where a module of `imports=` may yet register it.
    """
    by_name = _by_name(algorithms())
    if name not in by_name:
        if names_are_open:
            return HOSTED
        raise ConfigError(f"train.params.algo.name={name} is not known", did_you_mean(name, by_name))
    return by_name[name]


def algorithm_of(config: Any) -> Algorithm:
    """The algorithm of a `cfg.schema.Config`."""
    return find(config.train.params.algo.name, names_are_open=bool(config.imports))


def _by_name(found: Mapping[Algorithm, str]) -> dict[str, Algorithm]:
    by_name: dict[str, Algorithm] = {}
    for spec, origin in found.items():
        for name in (spec.name, *spec.rl_games_names):
            if name in by_name:
                raise taken_twice(f"the algorithm {name}", found[by_name[name]], origin)
            by_name[name] = spec
    return by_name
