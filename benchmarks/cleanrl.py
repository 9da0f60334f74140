"""Runs a script of CleanRL's as it is and tells a race's clock of its frames. Knows no other library.

The scripts are written for Gymnasium 0.29. What they use of it that has changed since is put back in this
process: a vector environment that resets in the same step and tells of it by the older names, and an
observation wrapper that keeps its space.
"""

import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from benchmarks.stopwatch import Clock

CLIPPED = 10.0
"""To which ppo_continuous_action.py clips what it has normalised."""

Namespace = dict[str, Any]


def mode(names: Namespace, obs: np.ndarray) -> np.ndarray:
    """ppo.py's most likely action."""
    return names["agent"].actor(torch.Tensor(obs)).argmax(-1).numpy()


def mean(names: Namespace, obs: np.ndarray) -> np.ndarray:
    """ppo_continuous_action.py's mean action; observations are normalised as its first environment has it."""
    env = names["envs"].envs[0]
    while not isinstance(env, gymnasium.wrappers.NormalizeObservation):
        env = env.env
    seen = (obs - env.obs_rms.mean) / np.sqrt(env.obs_rms.var + env.epsilon)
    actions = names["agent"].actor_mean(torch.Tensor(np.clip(seen, -CLIPPED, CLIPPED))).numpy()
    space = names["envs"].single_action_space
    return np.clip(actions, space.low, space.high)


def squashed_mean(names: Namespace, obs: np.ndarray) -> np.ndarray:
    """sac_continuous_action.py's mean action, squashed."""
    actor = names["actor"]
    return (torch.tanh(actor(torch.Tensor(obs))[0]) * actor.action_scale + actor.action_bias).numpy()


@dataclass(frozen=True)
class Script:
    """What the clock has to know of one: its policy without noise, and whether it learns every step."""

    act: Callable[[Namespace, np.ndarray], np.ndarray]
    learns_each_step: bool = False

    def horizon(self, names: Namespace) -> int:
        """Steps of all environments from one update to the next."""
        return 1 if self.learns_each_step else names["args"].num_steps


SCRIPTS = {
    "ppo.py": Script(mode),
    "ppo_continuous_action.py": Script(mean),
    "sac_continuous_action.py": Script(squashed_mean, learns_each_step=True),
}


def race(path: Path, env_id: str, seed: int, clock: Clock) -> None:
    """Runs the script at `path` in this process, until it ends or the clock ends it."""
    script = SCRIPTS[path.name]

    def names() -> Namespace:
        return vars(sys.modules["__main__"])

    def act(obs: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return script.act(names(), obs)

    def passed(steps: int, rows: int) -> None:
        if steps % script.horizon(names()) == 0:
            clock.passed(steps * rows, act)

    transform = gymnasium.wrappers.TransformObservation
    gymnasium.vector.SyncVectorEnv = older_vector(clock, passed)
    gymnasium.wrappers.TransformObservation = lambda env, change: transform(env, change, None)
    sys.path.insert(0, str(path.parents[1]))  # its cleanrl_utils
    sys.argv = [str(path), "--env-id", env_id, "--seed", str(seed), "--no-cuda"]
    runpy.run_path(str(path), run_name="__main__")


def older_vector(clock: Clock, passed: Callable[[int, int], None]) -> type[SyncVectorEnv]:
    """Gymnasium 0.29's SyncVectorEnv, which tells of its steps before the next one and at its end."""

    class OlderVector(SyncVectorEnv):
        def __init__(self, env_fns: list[Any]) -> None:
            self._steps = self._told = 0
            clock.start()
            super().__init__(env_fns, autoreset_mode=AutoresetMode.SAME_STEP)

        def step(self, actions: Any) -> Any:
            self._tell()
            self._steps += 1
            *results, infos = super().step(actions)
            return *results, older_infos(infos, self.num_envs)

        def close_extras(self, **kwargs: Any) -> None:
            self._tell()
            super().close_extras(**kwargs)

        def _tell(self) -> None:
            if self._steps > self._told:  # it is closed once more where the clock has ended it
                self._told = self._steps
                passed(self._steps, self.num_envs)

    return OlderVector


def older_infos(infos: dict[str, Any], rows: int) -> dict[str, Any]:
    """The infos of a step with rows that ended, under 0.29's names: a list with each row's own, or None."""
    if "final_info" not in infos:
        return infos
    ended, final = infos["_final_info"], infos["final_info"]
    lists = [row_of(final, row) if ended[row] else None for row in range(rows)]
    return {**infos, "final_observation": infos["final_obs"], "final_info": lists}


def row_of(infos: dict[str, Any], row: int) -> dict[str, Any]:
    """One row's infos, out of those of all."""
    return {
        name: row_of(value, row) if isinstance(value, dict) else value[row]
        for name, value in infos.items()
        if not name.startswith("_")
    }
