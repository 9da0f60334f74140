"""What every algorithm's learning settings, `train.params.config`, have in common.

rl_games' names and defaults. Each algorithm's own settings are beside it, e.g. `algos/ppo/settings.py`.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from cfg.schema.fields import Bound, Count, Frozen, Limit, Natural, Real

# rl_games takes None, "None" and null for a constant rate, each in other places.
_CONSTANT = (None, "None", "none", "null", "identity")


def _read_schedule(value: object) -> object:
    return "constant" if value in _CONSTANT else value


Schedule = Annotated[Literal["adaptive", "linear", "constant"], BeforeValidator(_read_schedule)]
EndlessSchedule = Annotated[Literal["linear", "constant"], BeforeValidator(_read_schedule)]


class RewardShaper(Frozen):
    """What is learned from: (reward + shift_value) * scale_value, clipped, perhaps its logarithm."""

    scale_value: Real = 1.0
    shift_value: Real = 0.0
    min_val: Bound = float("-inf")
    max_val: Bound = float("inf")
    log_val: bool = False
    is_torch: bool = True


class CommonSettings(Frozen):
    """What the loop reads of every algorithm.

    `num_actors`, `max_epochs` and `max_frames` mirror the top-level keys; `max_steps` is an older name of
    `max_frames` and null once settled.
    """

    num_actors: Count | None = None
    max_epochs: Limit = -1
    max_steps: Limit | None = None
    max_frames: Limit = -1
    save_frequency: Natural = 0
    save_best_after: Natural = 100
    games_to_track: Count = 100
