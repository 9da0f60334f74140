"""Builds rl_games' Runner with our algorithms in its factories; nothing else here touches either."""

from collections.abc import Callable
from typing import Any

from rl_games.common.algo_observer import AlgoObserver
from rl_games.torch_runner import Runner

from algos.base import Context
from algos.seeding import seed_everything
from cfg.schema import Config
from cfg.spec import Algorithm, algorithms, resolve


def build_runner(config: Config, context: Context, observer: AlgoObserver | None = None) -> Runner:
    """A loaded Runner: `runner.run({"train": True, "play": False})` trains by `context.train`.

    Every name of an algorithm, its own and rl_games', leads to our agent. Seeds the process, after the
    Runner has set its own switches.
    """
    runner = Runner(observer or AlgoObserver())
    for spec in algorithms():
        for name in (spec.name, *spec.rl_games_names):
            runner.algo_factory.register_builder(name, _builder(spec, context))
    runner.load({"params": _runner_params(config)})
    seed_everything(config.seed, config.torch_deterministic)
    return runner


def _builder(spec: Algorithm, context: Context) -> Callable[..., Any]:
    def build(base_name: str, params: dict[str, Any]) -> Any:
        return resolve(spec.agent)(params, context)

    return build


def _runner_params(config: Config) -> dict[str, Any]:
    """Plain data, as `Runner.load` deep-copies it. Our agents read the judged `Config` instead."""
    params = config.train.params.model_dump()
    # The Runner asks for a reward shaper whatever learns, leaves seed 0 unseeded and compiles by default;
    # seeding is ours, compiling is off.
    return {**params, "config": {"reward_shaper": {}, **params["config"], "torch_compile": False}}
