"""SAC's learning settings, `train.params.config`: rl_games' names, ranges and own defaults. Learns nothing.

What rl_games demands has no default here either; cfg/train/base/sac.yaml explains every key.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field

from cfg.schema.fields import Count, Fraction, Natural, NonNegative, Positive, Real, Steps, Whole, Within
from cfg.schema.settings import CommonSettings, RewardShaper

Betas = Annotated[
    list[Annotated[Real, Within(at_least=0, at_most=0.999999)]], Field(min_length=2, max_length=2)
]


def _read_no_clip(value: object) -> object:
    return 0.0 if value is None else value


class SACSettings(CommonSettings):
    """All that SAC reads.

    `num_updates_per_step` and `num_warmup_steps` are older names of `utd_ratio` and `num_warmup_frames` in
    other units, and null once settled.
    """

    gamma: Fraction = 0.99
    n_step: Annotated[Whole, Within(at_least=1, at_most=100)] = 1
    value_bootstrap: bool = True
    reward_shaper: RewardShaper

    num_steps_per_episode: Count = 1
    replay_buffer_size: Steps
    save_replay_buffer: bool = True
    num_warmup_frames: Natural | None = None
    num_warmup_steps: Natural | None = None
    exploration_correlation: Annotated[Real, Within(at_least=0, at_most=0.9999)] = 0.0

    utd_ratio: Positive = 1.0
    num_updates_per_step: Count | None = None
    batch_size: Count
    policy_frequency: Count = 2

    actor_lr: Positive
    actor_betas: Betas = [0.9, 0.999]
    critic_lr: Positive
    critic_betas: Betas = [0.9, 0.999]
    critic_tau: Fraction = 0.005
    critic_grad_clip: Annotated[NonNegative, BeforeValidator(_read_no_clip)] = 5.0
    mixed_precision: bool = False

    init_alpha: Positive
    learnable_temperature: bool
    alpha_lr: Positive
    alphas_betas: Betas = [0.9, 0.999]
    target_entropy_coef: Real = 1.0

    normalize_input: bool = False
