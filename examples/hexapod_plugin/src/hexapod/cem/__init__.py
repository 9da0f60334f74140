"""The cross-entropy method (Rubinstein 1999; Mannor et al. 2003) for rlgx. Importing this loads no torch."""

from cfg.spec import Algorithm

SPEC = Algorithm(
    name="cem",
    description="Cross-entropy method: a search for the weights of a linear policy, without gradients",
    settings="hexapod.cem.settings:CEMSettings",
    rules="hexapod.cem.settings:RULES",
    agent="hexapod.cem.agent:CEMAgent",
    policy="hexapod.cem.policy:from_description",
)
