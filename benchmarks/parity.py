"""The trainings whose last policies are compared with published scores. Trains nothing."""

from dataclasses import dataclass, replace

EPISODES = 100
"""Of the deterministic evaluation at the end."""
CONFIG = "train.params.config"

ZOO = "rl-baselines3-zoo, benchmark.md (22e3ff2)"
CLEANRL = "CleanRL, docs.cleanrl.dev"


@dataclass(frozen=True)
class Anchor:
    """A published score.

    Attributes:
        score: mean return.
        source: who published it, and of how many frames where that is not the row's budget.
        spread: what its source gives as its own; None for a single tuned run: a twentieth of the way there
            from random play.
    """

    score: float
    source: str
    spread: float | None = None


@dataclass(frozen=True)
class Row:
    """A training, repeated with several seeds.

    Attributes:
        task: words that choose the environment, for random play too.
        train: words that choose how it learns.
        frames: environment steps.
        anchor: what is to be reached; None where nothing is published.
        seeds: the seeds.
        of: the row that this one differs from in `change`, for ablations.
        change: what is different, in words for a table.
    """

    task: tuple[str, ...]
    train: tuple[str, ...]
    frames: int
    anchor: Anchor | None = None
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    of: str = ""
    change: str = ""

    def words(self) -> tuple[str, ...]:
        """Of the training without its seed, which spends its budget and evaluates nothing meanwhile."""
        budget = (
            f"max_frames={self.frames}",
            f"{CONFIG}.max_epochs=-1",
            "task.solve_at=null",
            "eval_every=0",
        )
        return (*self.task, *self.train, *budget)

    def floor(self, random: float) -> float | None:
        """What the lower end of the interval has to reach, given the score of random play."""
        if self.anchor is None:
            return None
        spread = self.anchor.spread
        return self.anchor.score - (0.05 * (self.anchor.score - random) if spread is None else spread)


def _gym(env: str) -> tuple[str, ...]:
    return ("task=Gym", f"env={env}")


def _critics(units: int) -> tuple[str, ...]:
    """SAC's networks with two layers of so many units in place of 256."""
    return ("network=soft_actor_critic", f"train.params.network.mlp.units=[{units},{units}]")


THREE = (1, 2, 3)
ALONE = "vec_env=sync"
"""Where it would have worker processes: several trainings at a time share the cores. It learns the same."""

PUBLISHED = {
    # The YAML is tuned for the time to a first policy that solves it; with these the last one is steadier.
    "cartpole_ppo": Row(
        ("task=CartPole",),
        (
            "train=CartPolePPO", "num_envs=16", f"{CONFIG}.horizon_length=32", f"{CONFIG}.minibatch_size=128",
            f"{CONFIG}.learning_rate=3e-3",
        ),
        100_000, Anchor(500.0, ZOO),
    ),
    "pendulum_ppo": Row(("task=Pendulum",), ("train=PendulumPPO",), 100_000, Anchor(-172.225, ZOO)),
    "pendulum_sac": Row(("task=Pendulum",), ("train=PendulumSAC",), 20_000, Anchor(-156.995, ZOO)),
    "acrobot_ppo": Row(("task=Acrobot",), ("train=AcrobotPPO",), 500_000, Anchor(-86.4, CLEANRL, spread=1.3)),
    "mountain_car_ppo": Row(
        ("task=MountainCar",), ("train=MountainCarPPO",), 1_000_000, Anchor(-110.423, ZOO)
    ),
    "mountain_car_continuous_sac": Row(
        ("task=MountainCarContinuous",), ("train=MountainCarContinuousSAC",), 50_000, Anchor(94.679, ZOO)
    ),
    "lunar_lander_ppo": Row(
        ("task=LunarLander",), ("train=LunarLanderPPO",), 1_000_000, Anchor(242.119, f"{ZOO}; v2")
    ),
    "lunar_lander_continuous_ppo": Row(
        ("task=LunarLanderContinuous",), ("train=LunarLanderContinuousPPO",), 1_000_000,
        Anchor(270.863, f"{ZOO}; v2"),
    ),
    "cartpole_no_velocity_lstm": Row(
        ("task=CartPoleNoVelocity",), ("train=CartPoleNoVelocityPPO",), 300_000,
        Anchor(500.0, f"{ZOO}; 100,000 frames"),
    ),
    "pendulum_no_velocity_lstm": Row(
        ("task=PendulumNoVelocity",), ("train=PendulumNoVelocityPPO",), 300_000,
        Anchor(-217.933, f"{ZOO}; 100,000 frames"),
    ),
    "bipedal_walker_ppo": Row(
        ("task=BipedalWalker",), ("train=BipedalWalkerPPO",), 5_000_000, Anchor(287.939, ZOO), seeds=THREE
    ),
    "hopper_ppo": Row(
        ("task=Hopper",), ("train=HopperPPO", ALONE), 1_000_000,
        Anchor(2382.9, f"{CLEANRL}; v4", spread=271.7),
    ),
    "halfcheetah_ppo": Row(
        ("task=HalfCheetah",), ("train=HalfCheetahPPO", ALONE), 1_000_000,
        Anchor(1442.6, f"{CLEANRL}; v4", spread=46.0),
    ),
    # Smaller networks and fewer frames than the anchors have.
    "inverted_pendulum_sac": Row(
        _gym("InvertedPendulum-v5"), ("train=SAC", ALONE, *_critics(64)), 30_000,
        Anchor(909.0, f"{CLEANRL}; v4, 1,000,000 frames"),
    ),
    "hopper_sac": Row(
        ("task=Hopper",), ("train=HopperSAC", ALONE, *_critics(128)), 600_000,
        Anchor(2310.0, f"{CLEANRL}; v4, 1,000,000 frames", 343.0), seeds=THREE,
    ),
    "pong_ppo": Row(
        ("task=Pong",), ("train=PongPPO", "num_workers=1"), 1_000_000,
        Anchor(20.36, f"{CLEANRL}; 10,000,000 frames", 0.2), seeds=THREE,
    ),
}  # fmt: skip
"""Environments of gymnasium 1.4: LunarLander-v3 repairs v2, MuJoCo's v5 differ from v4 a little."""

CHANGES = {
    "unshuffled": ("minibatches in one order", "shuffle_minibatches=false"),
    "time_limits_as_ends": ("a time limit counts as an end", "value_bootstrap=false"),
    "value_unclipped": ("value loss not clipped", "clip_value=false"),
    "rate_constant": ("constant learning rate", "lr_schedule=constant"),
    "rate_adaptive": ("learning rate after the KL divergence", "lr_schedule=adaptive"),
}
"""What is taken away or done otherwise: in words, and the setting of PPO."""
CHANGED = ("cartpole_ppo", "pendulum_ppo", "acrobot_ppo", "lunar_lander_ppo")

ABLATIONS = {
    f"{of}_{name}": replace(
        PUBLISHED[of], train=(*PUBLISHED[of].train, f"{CONFIG}.{setting}"), anchor=None, of=of, change=change
    )
    for of in CHANGED
    for name, (change, setting) in CHANGES.items()
}

ROWS = {**PUBLISHED, **ABLATIONS}
