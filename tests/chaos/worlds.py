"""The small trainings that trials disturb: seconds long, with a save every epoch or two. Starts nothing."""

from dataclasses import dataclass

COMMON = (
    "seed=7", "device=cpu", "task.solve_at=null", "episodes=2", "eval_every=5", "keep_last=2",
    "observers=[tests.chaos.watch:EpochMark]",
)  # fmt: skip
PPO = ("train.params.config.horizon_length=32", "train.params.config.mini_epochs=2")


@dataclass(frozen=True)
class World:
    """A training: its words, its epochs, and the epochs between two saves."""

    words: tuple[str, ...]
    epochs: int
    save_every: int

    def command(self, *more: str) -> list[str]:
        """The words after `train.py`."""
        return [
            *self.words, *COMMON, f"max_iterations={self.epochs}",
            f"train.params.config.save_frequency={self.save_every}", *more,
        ]  # fmt: skip


WORLDS = {
    "discrete": World(("task=CartPole", "num_envs=8", *PPO), 20, 2),
    "continuous": World(("task=Pendulum", "train=PendulumPPO", "num_envs=8", *PPO), 20, 1),
    "recurrent": World(
        ("task=CartPoleNoVelocity", "train=PPO", "network=lstm", "num_envs=4",
         "train.params.network.rnn.units=16", *PPO), 16, 2,
    ),
    "sac": World(
        ("task=Pendulum", "train=PendulumSAC", "num_envs=4", "train.params.config.num_steps_per_episode=16",
         "train.params.config.num_warmup_steps=2", "train.params.config.batch_size=32", "max_frames=null",
         "train.params.config.max_frames=-1", "train.params.config.replay_buffer_size=2000"), 16, 2,
    ),
}  # fmt: skip
