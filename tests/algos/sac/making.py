"""Small networks and transitions for tests of SAC's parts."""

from typing import Any

import torch

from algos.sac.fit import Fitted
from algos.sac.learner import Learner
from algos.sac.networks import SoftActorCritic
from algos.sac.replay import Batch
from algos.sac.settings import SACSettings
from cfg.schema import RewardShaper

OBS, ACTIONS = 3, 2


def networks(low: float = -1.0, high: float = 1.0, normalize_input: bool = False) -> SoftActorCritic:
    mlp = {"units": [16, 16], "activation": "relu", "initializer": {"name": "default"}}
    block = {
        "name": "soft_actor_critic",
        "separate": True,
        "space": {"continuous": None},
        "mlp": mlp,
        "log_std_bounds": [-5.0, 2.0],
    }
    return SoftActorCritic(Fitted(block, normalize_input, OBS, [low] * ACTIONS, [high] * ACTIONS), "cpu")


def learner(parts: SoftActorCritic, **changes: Any) -> Learner:
    rates = dict.fromkeys(("actor_lr", "critic_lr", "alpha_lr"), 1e-3)
    sizes = {"batch_size": 8, "replay_buffer_size": 100, "init_alpha": 0.5, "learnable_temperature": True}
    values = {**rates, **sizes, "reward_shaper": RewardShaper(), "policy_frequency": 1, **changes}
    return Learner(parts, SACSettings(**values), ACTIONS)


def batch(count: int = 8, seed: int = 0) -> Batch:
    draw = torch.Generator().manual_seed(seed)
    obs, next_obs = (torch.randn(count, OBS, generator=draw) for _ in range(2))
    action = torch.rand(count, ACTIONS, generator=draw) * 2 - 1
    ends = torch.arange(count) % 3 == 0
    return Batch(obs, action, torch.randn(count, generator=draw), next_obs, (~ends).float())
