"""The `params` with which stock rl_games builds what a run of ours has."""

from typing import Any

from rl_games.common.algo_observer import AlgoObserver
from rl_games.common.tr_helpers import DefaultRewardsShaper

from cfg.compose import compose
from cfg.flags import parse
from tasks.registry import register


def stock_params(words: tuple[str, ...], algo: str, model: str, about: dict[str, Any]) -> dict[str, Any]:
    """For the command line `words`, whose task is registered, and a checkpoint that says `about` itself."""
    config = compose(parse(words))
    register(config)
    return {
        "algo": {"name": algo},
        "model": {"name": model},
        "network": about["network"],
        "config": {
            **config.settings.model_dump(exclude_none=True),
            "normalize_input": about["normalize_input"],
            "name": "stock",
            "env_name": config.task.name,
            "device": "cpu",
            "device_name": "cpu",
            "player": {"use_vecenv": True},
            "reward_shaper": DefaultRewardsShaper(),
            "features": {"observer": AlgoObserver()},
        },
    }
