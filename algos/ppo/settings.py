"""PPO's learning settings, `train.params.config`: rl_games' names, ranges and own defaults. Learns nothing.

What rl_games demands has no default here either; cfg/train/base/ppo.yaml explains every key.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from cfg.schema.fields import Count, Fraction, Frozen, JudgedBy, NonNegative, Positive, Real
from cfg.schema.network import NetworkBlock
from cfg.schema.settings import CommonSettings, EndlessSchedule, RewardShaper, Schedule


def _read_schedule_type(value: object) -> object:
    """rl_games 2.0's word for legacy, which 1.6.5 takes for no schedule at all."""
    return "legacy" if value == "per_minibatch" else value


def _read_no_coefficient(value: object) -> object:
    return 0.0 if value is None else value


Coefficient = Annotated[NonNegative, BeforeValidator(_read_no_coefficient)]


SigmaSchedule = Annotated[list[Positive], Field(min_length=2, max_length=2)]


class CentralValueModel(Frozen):
    """rl_games has one model for it."""

    name: Literal["central_value"] = "central_value"


class CentralValue(Frozen):
    """A critic of its own, which sees the env's states; it has its own optimiser and minibatches."""

    network: NetworkBlock
    model: CentralValueModel = CentralValueModel()
    normalize_input: bool
    learning_rate: Positive
    lr_schedule: EndlessSchedule = "constant"
    mini_epochs: Count
    minibatch_size: Count | None = None
    minibatch_size_per_env: Count | None = None
    clip_value: bool
    e_clip: Positive = 0.2
    grad_norm: Positive = 1.0
    truncate_grads: bool = False
    weight_decay: NonNegative = 0.0
    mixed_precision: bool = False


class PPOSettings(CommonSettings):
    """All that PPO reads. `seq_len` and `minibatch_size_per_env` are other names and null once settled."""

    gamma: Fraction
    tau: Fraction
    value_bootstrap: bool = True
    normalize_advantage: bool
    reward_shaper: RewardShaper

    horizon_length: Count
    minibatch_size: Count | None = None
    minibatch_size_per_env: Count | None = None
    mini_epochs: Count
    shuffle_minibatches: bool = True
    seq_len: Count | None = None
    seq_length: Count = 4
    zero_rnn_on_done: bool = True

    learning_rate: Positive
    lr_schedule: Schedule
    kl_threshold: Positive | None = None
    schedule_type: Annotated[Literal["legacy", "standard"], BeforeValidator(_read_schedule_type)] = "legacy"
    min_lr: Positive = 1e-6
    max_lr: Positive = 1e-2
    schedule_entropy: bool = False
    max_sigma: SigmaSchedule | None = None

    e_clip: Positive
    clip_value: bool
    use_smooth_clamp: bool = False
    critic_coef: NonNegative
    entropy_coef: Real  # negative in one of rl_games' own files: it narrows the policy
    bounds_loss_coef: Coefficient = 0.0
    bound_loss_type: Literal["bound", "regularisation"] = "bound"
    grad_norm: Positive
    truncate_grads: bool = False
    weight_decay: NonNegative = 0.0
    mixed_precision: bool = False

    normalize_input: bool
    normalize_value: bool = False
    clip_actions: bool = True
    use_action_masks: bool = False
    central_value_config: Annotated[dict[str, Any], JudgedBy(CentralValue)] | None = None
