"""What becomes of a training whose environments or workers fail. Restarts nothing itself."""

from typing import Literal

from cfg.schema.fields import Frozen, Natural, Patience


class FaultsConfig(Frozen):
    """The keys below `faults`; docs/faults.md explains them.

    Attributes:
        mode: end at the first fault, go on with the workers that are left, or start what failed anew.
        budget: how many restarts a run may take.
        step_timeout_s: how long a worker may take to step its rows.
        reset_timeout_s: how long it may take to reset or to make one of them.
        on_nonfinite: end where an observation or a reward is not finite, or make the environment anew.
    """

    mode: Literal["fatal", "ignore", "restart"] = "restart"
    budget: Natural = 10
    step_timeout_s: Patience = 60.0
    reset_timeout_s: Patience = 300.0
    on_nonfinite: Literal["stop", "reset"] = "stop"


FATAL = FaultsConfig(mode="fatal")
"""What fails is shown: for checks, and for whoever steps a vector environment by hand."""
