"""Builds rl_games' Runner with our algorithms in its factories, and with what modules of `imports=` add."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from rl_games.common.algo_observer import AlgoObserver
from rl_games.torch_runner import Runner

from algos.base import Context
from algos.device import flush_denormals
from algos.observers import Observers
from algos.seeding import seed_everything
from cfg.errors import ConfigError, did_you_mean, foreign_code
from cfg.schema import Config
from cfg.spec import Algorithm, algorithms, resolve

Builder = Callable[..., Any]


def build_runner(config: Config, context: Context, observer: AlgoObserver | None = None) -> Runner:
    """A loaded Runner: `runner.run({"train": True, "play": False})` trains by `context.train`.

    Every name of an algorithm, its own and rl_games', leads to our agent.
    """
    ours = {
        name: _builder(spec, context) for spec in algorithms() for name in (spec.name, *spec.rl_games_names)
    }
    runner = make_runner(config, observer or Observers({}), ours)
    load_runner(runner, config, _plain_params(config))
    return runner


def make_runner(config: Config, observer: AlgoObserver, ours: Mapping[str, Builder]) -> Runner:
    """A Runner that knows the builders `ours`, and those that `setup_runner` of a module of `imports=` adds.

    Raises ConfigError where a module takes a name of ours, or fails.
    """
    runner = Runner(observer)
    for name, builder in ours.items():
        runner.algo_factory.register_builder(name, builder)
    known = _builders(runner)
    for module in config.imports:
        _set_up(runner, module)
        taken = [name for name, builder in ours.items() if known[name] is not _builders(runner)[name]]
        if taken:
            raise ConfigError(
                f"setup_runner of {module} registers {taken[0]}, which is an algorithm of rlgx's",
                "register it under a name of its own, and choose that by train.params.algo.name",
            )
    if config.train.params.algo.name not in _builders(runner):
        raise ConfigError(
            f"train.params.algo.name={config.train.params.algo.name} is not known, nor registered by "
            f"setup_runner of {', '.join(config.imports) or 'any module'}",
            did_you_mean(config.train.params.algo.name, _builders(runner)),
        )
    return runner


def load_runner(runner: Runner, config: Config, params: dict[str, Any]) -> None:
    """Give a Runner its `params`, and seed the process: the Runner has set its own switches by then.

    The Runner asks for a reward shaper whatever learns, leaves seed 0 unseeded and compiles by default.
    """
    runner.load(
        {"params": {**params, "config": {"reward_shaper": {}, **params["config"], "torch_compile": False}}}
    )
    seed_everything(config.seed, config.torch_deterministic)
    flush_denormals()


def _builder(spec: Algorithm, context: Context) -> Builder:
    def build(base_name: str, params: dict[str, Any]) -> Any:
        return resolve(spec.agent)(params, context)

    return build


def _plain_params(config: Config) -> dict[str, Any]:
    """Plain data, as `Runner.load` deep-copies it. Our agents read the judged `Config` instead."""
    params: dict[str, Any] = config.train.params.model_dump()
    return params


def _set_up(runner: Runner, module: str) -> None:
    """Call the module's `setup_runner`, where it has one."""
    set_up = getattr(sys.modules[module], "setup_runner", None)
    if set_up is None:
        return
    with foreign_code(f"setup_runner of {module} failed", "mend it; RLGX_DEBUG=1 shows where it fails"):
        set_up(runner)


def _builders(runner: Runner) -> dict[str, Builder]:
    """A copy of the agents' table, which rl_games offers no other way to read."""
    return dict(runner.algo_factory._builders)
