"""The tasks of the race: what is to be reached, and with which settings everybody trains. Runs nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.stopwatch import Rules


@dataclass(frozen=True)
class Zoo:
    """Stable-Baselines3's settings, as rl-baselines3-zoo has them in hyperparams/{ppo,sac}.yml (22e3ff2).

    Attributes:
        algo: PPO or SAC.
        frames: `n_timesteps`, over which what is "lin_x" falls from x to 0.
        settings: keyword arguments of the algorithm.
        num_envs: `n_envs`, in one process, as the zoo has them.
        normalize: whether observations and rewards are, by VecNormalize.
    """

    algo: str
    frames: int
    settings: Mapping[str, Any]
    num_envs: int = 1
    normalize: bool = False


@dataclass(frozen=True)
class Course:
    """A task of the race.

    Attributes:
        algo: PPO or SAC.
        env: its Gymnasium id.
        ours: words of train.py.
        cleanrl: CleanRL's script, which has its own settings.
        stock: of rl_games' own YAMLs the task's, below rl_games/configs; None: rlgx' settings.
    """

    algo: str
    env: str
    rules: Rules
    ours: tuple[str, ...]
    zoo: Zoo
    cleanrl: str
    stock: str | None = None

    @property
    def title(self) -> str:
        """As a table calls it."""
        return f"{self.algo} on {self.env} to {self.rules.target:g}"


COURSES = {
    "CartPole": Course(
        "PPO",
        "CartPole-v1",
        Rules(target=475, every=5_000, budget=500_000),
        ours=("task=CartPole",),
        zoo=Zoo(
            "PPO",
            100_000,
            {
                "n_steps": 32,
                "batch_size": 256,
                "gae_lambda": 0.8,
                "gamma": 0.98,
                "n_epochs": 20,
                "ent_coef": 0.0,
                "learning_rate": "lin_0.001",
                "clip_range": "lin_0.2",
            },
            num_envs=8,
        ),
        cleanrl="ppo.py",
        stock="ppo_cartpole.yaml",
    ),
    "Acrobot": Course(
        "PPO",
        "Acrobot-v1",
        Rules(target=-100, every=10_000, budget=500_000),
        ours=("task=Acrobot",),
        zoo=Zoo(
            "PPO",
            1_000_000,
            {"n_steps": 256, "gae_lambda": 0.94, "gamma": 0.99, "n_epochs": 4, "ent_coef": 0.0},
            num_envs=16,
            normalize=True,
        ),
        cleanrl="ppo.py",
    ),
    "Pendulum": Course(
        "PPO",
        "Pendulum-v1",
        Rules(target=-200, every=5_000, budget=200_000),
        ours=("task=Pendulum",),
        zoo=Zoo(
            "PPO",
            100_000,
            {
                "n_steps": 1024,
                "gae_lambda": 0.95,
                "gamma": 0.9,
                "n_epochs": 10,
                "ent_coef": 0.0,
                "learning_rate": 1e-3,
                "clip_range": 0.2,
                "use_sde": True,
                "sde_sample_freq": 4,
            },
            num_envs=4,
        ),
        cleanrl="ppo_continuous_action.py",
        stock="ppo_pendulum_torch.yaml",
    ),
    "LunarLander": Course(
        "PPO",
        "LunarLander-v3",
        Rules(target=200, every=20_000, budget=1_000_000),
        ours=("task=LunarLander",),
        zoo=Zoo(
            "PPO",
            1_000_000,
            {
                "n_steps": 1024,
                "batch_size": 64,
                "gae_lambda": 0.98,
                "gamma": 0.999,
                "n_epochs": 4,
                "ent_coef": 0.01,
            },
            num_envs=16,
        ),
        cleanrl="ppo.py",
        stock="ppo_lunar_discrete.yaml",
    ),
    "MountainCarContinuous": Course(
        "SAC",
        "MountainCarContinuous-v0",
        Rules(target=90, every=2_000, budget=50_000),
        ours=("task=MountainCarContinuous",),
        zoo=Zoo(
            "SAC",
            50_000,
            {
                "learning_rate": 3e-4,
                "buffer_size": 50_000,
                "batch_size": 512,
                "ent_coef": 0.1,
                "train_freq": 32,
                "gradient_steps": 32,
                "gamma": 0.9999,
                "tau": 0.01,
                "learning_starts": 0,
                "use_sde": True,
                "policy_kwargs": {"log_std_init": -3.67, "net_arch": [64, 64]},
            },
        ),
        cleanrl="sac_continuous_action.py",
    ),
    "PendulumSAC": Course(
        "SAC",
        "Pendulum-v1",
        Rules(target=-200, every=2_000, budget=50_000),
        ours=("task=Pendulum", "train=PendulumSAC"),
        zoo=Zoo("SAC", 20_000, {"learning_rate": 1e-3}),
        cleanrl="sac_continuous_action.py",
    ),
}
"""By the name that `--tasks` takes. Targets are Gymnasium's own thresholds; Pendulum has none."""
