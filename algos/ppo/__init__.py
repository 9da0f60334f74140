"""PPO: rl_games' algorithm with its defects mended. The SPEC names everything; nothing is imported yet."""

from cfg.spec import Algorithm

SPEC = Algorithm(
    name="ppo",
    description="Proximal policy optimisation: discrete and continuous actions, recurrent, asymmetric",
    rl_games_names=("a2c_discrete", "a2c_continuous"),
    settings="algos.ppo.settings:PPOSettings",
    settle="algos.ppo.geometry:settle",
    rules="algos.ppo.rules:RULES",
    models=("discrete_a2c", "multi_discrete_a2c", "continuous_a2c_logstd"),
    fit="algos.ppo.fit:fit",
    agent="algos.ppo.agent:PPOAgent",
    describe="algos.ppo.policy:describe",
    policy="algos.ppo.policy:from_description",
)
