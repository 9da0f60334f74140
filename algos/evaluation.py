"""Evaluation: whole episodes on environments of their own, a fixed quota for every row.

Counting the first M episodes that end would favour short ones; a quota does not. Knows no algorithm.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from rl_games.common import vecenv

from algos.device import of_simulators
from algos.episodes import finished_episodes
from algos.policy import Policy
from cfg.errors import EnvFault
from cfg.schema import Config

MAX_ROWS = 32
"""Most rows an evaluation steps at once."""

MOST_ROWS = {"simulator": 1024}
"""The same for kinds to which a row more is no work."""

IN_THIS_PROCESS = {"process": "sync", "ray": "sync"}
"""What steps a few rows for a short while, or in a window, in place of what needs processes of its own."""

LONGEST_EPISODE = 120_000
"""Steps after which an episode is taken for one that never ends; ALE cuts its games off at 108,000 frames."""


@dataclass(frozen=True)
class Evaluation:
    """Statistics over whole episodes, as `eval.json` holds them; lengths in agent steps."""

    episodes: int
    return_mean: float
    return_std: float
    return_min: float
    return_max: float
    length_mean: float
    success_rate: float | None
    seed: int

    def as_dict(self) -> dict[str, Any]:
        """Plain types; `success_rate` only where the environment reports success."""
        plain = asdict(self)
        return (
            plain
            if self.success_rate is not None
            else {k: v for k, v in plain.items() if k != "success_rate"}
        )


def quotas(episodes: int, rows: int) -> np.ndarray:
    """Episodes each row has to finish, int64 [rows]; they differ by one at most."""
    return np.full(rows, episodes // rows) + (np.arange(rows) < episodes % rows)


def evaluation_envs(
    config: Config, episodes: int, seed: int, *, vec_env: str, render_mode: str | None
) -> Any:
    """Environments for an evaluation; never more rows than episodes, and a window shows a single one."""
    rows = 1 if render_mode == "human" else min(episodes, MOST_ROWS.get(vec_env, MAX_ROWS))
    workers = min(config.num_workers, rows) if config.num_workers else None
    return vecenv.create_vec_env(
        config.task.name,
        rows,
        seed=seed,
        role="eval",
        vec_env=vec_env,
        num_workers=workers,
        render_mode=render_mode,
        device=of_simulators(config),
    )


def shows_masks(config: Config, vec_env: Any) -> bool:
    """Whether a policy is shown what it may do, as in training: where there are masks, or a PPO asks."""
    return vec_env.has_action_masks() or bool(dict(config.settings).get("use_action_masks"))


def evaluate(
    policy: Policy,
    vec_env: Any,
    episodes: int,
    seed: int,
    masked: bool,
    watch: Callable[[], None] | None = None,
) -> Evaluation:
    """Play exactly `episodes` whole episodes; `watch` is called after the reset and after every step.

    Args:
        policy: acts.
        vec_env: is stepped.
        episodes: how many count.
        seed: what the result says it was played with.
        masked: whether the policy is shown masks, see `shows_masks`.
        watch: sees every step.

    Raises:
        EnvFault: where an episode does not end.
    """
    left = quotas(episodes, vec_env.num_envs)
    finished: list[tuple[float, int, float]] = []
    waited = 0  # steps since the last episode that counts
    for infos in rounds(policy, vec_env, masked):
        if watch is not None:
            watch()
        # A row may be done without its episode's end: a wrapper may cut the learner's episode at a lost life.
        for row, total, length, success in finished_episodes(infos):
            if left[row]:
                left[row] -= 1
                finished.append((total, length, success))
                waited = 0
        if not left.any():
            break
        if waited == LONGEST_EPISODE:
            raise EnvFault(
                f"{vec_env.name}: an episode of an evaluation has not ended in {waited:,} steps",
                "have the environment end it, or give it a time limit, e.g. task.max_episode_steps=1000",
            )
        waited += 1
    return _summarise(finished, seed)


def rounds(policy: Policy, vec_env: Any, masked: bool) -> Iterator[dict[str, Any]]:
    """Play for ever: gives {} after the reset, then the infos of every step."""
    obs = vec_env.reset()
    policy.reset()
    info = vec_env.get_env_info()
    has_states, device = "state_space" in info, info.get("device")
    yield {}
    while True:
        seen = obs["obs"] if has_states else obs
        action = policy.act(seen, vec_env.get_action_masks() if masked else None)
        # Baselines act in arrays, whatever they see.
        sent = action if device is None else torch.as_tensor(action, device=device)
        obs, _, done, infos = vec_env.step(sent)
        if done.any():
            policy.reset(done)
        yield infos


def _summarise(finished: list[tuple[float, int, float]], seed: int) -> Evaluation:
    returns, lengths, successes = (
        np.array(column, dtype=np.float64) for column in zip(*finished, strict=True)
    )
    told = successes[~np.isnan(successes)]
    return Evaluation(
        episodes=len(returns),
        return_mean=float(returns.mean()),
        return_std=float(returns.std()),
        return_min=float(returns.min()),
        return_max=float(returns.max()),
        length_mean=float(lengths.mean()),
        success_rate=float(told.mean()) if told.size else None,
        seed=seed,
    )
