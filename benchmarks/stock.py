"""rl_games' own agents in the race: their configuration, their policies without noise. Trains nothing."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
import yaml

from algos.fit import fit
from algos.sac.fit import fit as fit_sac
from benchmarks.courses import Course
from cfg.compose import compose
from cfg.flags import parse
from cfg.schema import Config
from tasks.registry import register

NEVER = float("inf")


def stock_params(course: Course, seed: int, threads: int) -> dict[str, Any]:
    """`params` for rl_games' Runner, of its own YAML of the task, else rlgx' as far as it knows them."""
    config = register(compose(parse([*course.ours, "device=cpu", f"seed={seed}"])))
    params = own_params(course.stock) if course.stock else OURS[course.algo](config, spaces_of(course.env))
    settings = {
        **params["config"],
        "name": "stock",
        "env_name": config.task.name,
        "env_config": {"vec_env": config.vec_env, "num_workers": config.num_workers, "seed": seed},
        "device": "cpu",
        "device_name": "cpu",
        "score_to_win": NEVER,  # the race says when it is over
        "torch_compile": False,  # compiling would count
        "print_stats": False,
    }
    return {**params, "seed": seed, "torch_threads": threads, "config": settings}


def spaces_of(env_id: str) -> dict[str, Any]:
    """What networks are fitted to."""
    env = gymnasium.make(env_id)
    env.close()
    return {"observation_space": env.observation_space, "action_space": env.action_space}


def own_params(name: str) -> dict[str, Any]:
    """Those of a YAML of the installed rl_games."""
    package = find_spec("rl_games")
    assert package is not None and package.origin is not None
    path = Path(package.origin).parent / "configs" / name
    params: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["params"]
    return params


def our_ppo(config: Config, spaces: dict[str, Any]) -> dict[str, Any]:
    """Those of an rlgx train YAML, with what rlgx would choose by itself spelt out."""
    fitted = fit(config.train.params, spaces)
    parts = {"algo": {"name": fitted.algo}, "model": {"name": fitted.model}, "network": fitted.network}
    return {**parts, "config": config.settings.model_dump(exclude_none=True)}


def our_sac(config: Config, spaces: dict[str, Any]) -> dict[str, Any]:
    """The same for SAC, with as many gradient steps a frame as rlgx takes."""
    network = fit_sac(config.train.params, spaces).network
    settings = config.settings.model_dump(exclude_none=True)
    updates = {"num_updates_per_step": round(settings["utd_ratio"] * config.num_envs)}
    parts = {"algo": {"name": "sac"}, "model": {"name": "soft_actor_critic"}, "network": network}
    return {**parts, "config": {**settings, **updates}}


def ppo_action(agent: Any, obs: np.ndarray) -> np.ndarray:
    """The most likely action of a discrete policy, the mean of a continuous one."""
    with torch.random.fork_rng():  # the model draws an action as well, of which training knows nothing
        told = agent.get_action_values(agent.obs_to_tensors(obs.astype(np.float32)))
    if agent.is_discrete:
        return told["logits"].argmax(-1).numpy()
    return agent.preprocess_actions(told["mus"])


def sac_action(agent: Any, obs: np.ndarray) -> np.ndarray:
    """The mean, squashed."""
    with torch.no_grad():
        return agent.act(agent.cast_obs(obs), agent.env_info["action_space"].shape, sample=False).numpy()


OURS = {"PPO": our_ppo, "SAC": our_sac}
GREEDY = {"PPO": ppo_action, "SAC": sac_action}
