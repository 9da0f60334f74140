"""Trains and plays an algorithm that only a module of `imports=` knows, by rl_games' own loop and player.

What that loop prints stays on the screen. There is no evaluation, and no resume but by rl_games' own means.
"""

import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rl_games.common.algo_observer import AlgoObserver
from rl_games.torch_runner import Runner

from algos.evaluation import evaluation_envs
from algos.fit import fit
from algos.modes import Summary, headline, new_run, summary_of
from algos.observers import Observers, make_observers
from algos.run_dir import RunDir, write_json
from algos.runner import load_runner, make_runner
from algos.signals import Stopped
from algos.start import Start
from cfg.errors import ConfigError, foreign_code
from cfg.schema import Config
from cfg.schema.train import Algo, Model


class _Keeper(AlgoObserver):
    """Remembers the agent, which rl_games' Runner makes and gives to nobody else."""

    def __init__(self) -> None:
        super().__init__()
        self.agent: Any = None

    def after_init(self, algo: Any) -> None:
        """See `AlgoObserver`."""
        self.agent = algo


def train(config: Config, start: Start) -> Summary:
    """Train until rl_games' loop ends; returns what summary.json holds."""
    keeper = _Keeper()
    observers = Observers({**make_observers(config.observers).named, "rlgx": keeper})
    runner = make_runner(config, observers, {})
    run = new_run(config, config.train.params.algo.name)
    Console(file=sys.stdout, markup=False).print(
        headline(config, run, start.device), highlight=False, soft_wrap=True
    )
    status, began = "failed", time.monotonic()
    words = {"train": True, "play": False, "sigma": config.sigma}
    try:
        _run(runner, config, start, _training(config, run), words)
        status = "budget"
    except (Stopped, KeyboardInterrupt):
        status = "interrupted"
        raise
    finally:
        agent = keeper.agent
        if agent is not None:
            agent.vec_env.close()
        counters = (agent.epoch_num, agent.frame) if agent is not None else (0, 0)
        wall_s = time.monotonic() - began
        summary = summary_of(config, run, status, counters, wall_s)
        rotated = sorted(run.nn.glob("last_*.pth"), key=lambda file: file.stat().st_mtime)
        if rotated:
            summary["checkpoints"]["last"] = str(rotated[-1])
        write_json(run.summary, summary)
    return summary


def play(config: Config, start: Start) -> Summary:
    """Whole episodes by rl_games' own player, which prints what it reaches and returns nothing."""
    if start.file is None:
        raise ConfigError(
            f"{config.train.params.algo.name} plays a checkpoint only",
            "add --checkpoint runs/<run>/nn/<file>.pth",
        )
    words = {"train": False, "play": True, "sigma": config.sigma}
    runner = make_runner(config, make_observers(config.observers), {})
    _run(runner, config, start, _playing(config), words)
    return {"checkpoint": str(start.file), "episodes": config.episodes}


def evaluate(config: Config, start: Start) -> Summary:
    """Refused: nothing here knows how the agent acts. Raises ConfigError."""
    raise ConfigError(
        f"--eval cannot measure {config.train.params.algo.name}, which rl_games' own loop runs", "use --play"
    )


MODES = {"train": train, "play": play, "eval": evaluate}


def _run(runner: Runner, config: Config, start: Start, places: dict[str, Any], words: dict[str, Any]) -> None:
    name = config.train.params.algo.name
    remedy = "mend it or its settings; RLGX_DEBUG=1 shows where it fails"
    with foreign_code(f"algorithm {name} failed", remedy):
        load_runner(runner, config, _params(config, start.device, places))
        runner.run({**words, "checkpoint": str(start.file) if start.file else None})


def _params(config: Config, device: str, places: dict[str, Any]) -> dict[str, Any]:
    """rl_games' `params`, whole: what rlgx usually fits or says itself is written out for its own agents."""
    params = config.train.params
    envs = evaluation_envs(config, 1, config.seed, vec_env="sync", render_mode=None)
    try:
        as_ppo = params.model_copy(update={"algo": Algo(name="ppo"), "model": Model(name="auto")})
        fitted = fit(as_ppo, envs.get_env_info())
    finally:
        envs.close()
    return {
        "seed": config.seed,
        "torch_threads": params.torch_threads,
        "algo": {"name": params.algo.name},
        "model": {"name": fitted.model if params.model.name == "auto" else params.model.name},
        "network": fitted.network,
        "config": {
            "lr_schedule": None,
            "score_to_win": float("inf") if config.task.solve_at is None else config.task.solve_at,
            **config.settings.model_dump(exclude_none=True),
            "normalize_input": fitted.normalize_input,
            "name": config.run_name,
            "env_name": config.task.name,
            "device": device,
            "device_name": device,
            **places,
        },
    }


def _training(config: Config, run: RunDir) -> dict[str, Any]:
    envs = {"role": "train", "vec_env": config.vec_env, "num_workers": config.num_workers}
    path = Path(run.path)
    return {
        "train_dir": str(path.parent),
        "full_experiment_name": path.name,
        "env_config": {**envs, "seed": config.seed},
    }


def _playing(config: Config) -> dict[str, Any]:
    return {
        "num_actors": 1,
        "env_config": {"role": "play", "vec_env": "sync"},
        "player": {
            "games_num": config.episodes,
            "deterministic": config.deterministic,
            "use_vecenv": True,
        },
    }
