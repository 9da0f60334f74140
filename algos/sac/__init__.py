"""SAC: rl_games' algorithm with its defects mended. The SPEC names everything; nothing is imported yet."""

from cfg.spec import Algorithm

SPEC = Algorithm(
    name="sac",
    description="Soft actor-critic: continuous actions, learns from a replay of all it has seen",
    settings="algos.sac.settings:SACSettings",
    settle="algos.sac.rules:settle",
    rules="algos.sac.rules:RULES",
    models=("soft_actor_critic",),
    fit="algos.sac.fit:fit",
    agent="algos.sac.agent:SACAgent",
    describe="algos.sac.policy:describe",
    policy="algos.sac.policy:from_description",
)
