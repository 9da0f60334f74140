"""The small trainings that trials disturb: seconds long, with a save every epoch or two. Starts nothing."""

from dataclasses import dataclass

SEED = 7
COMMON = (
    f"seed={SEED}", "device=cpu", "task.solve_at=null", "episodes=2", "eval_every=5", "keep_last=2",
    "observers=[tests.chaos.watch:EpochMark]",
)  # fmt: skip
CONFIG = "train.params.config"
PPO = (f"{CONFIG}.horizon_length=32", f"{CONFIG}.mini_epochs=2")


@dataclass(frozen=True)
class World:
    """A training: its words, its rows, its epochs, its steps an epoch, and the epochs between two saves."""

    words: tuple[str, ...]
    num_envs: int
    epochs: int
    steps: int
    save_every: int

    def command(self, *more: str) -> list[str]:
        """The words after `train.py`."""
        return [
            *self.words, *COMMON, f"num_envs={self.num_envs}", f"max_iterations={self.epochs}",
            f"{CONFIG}.save_frequency={self.save_every}", *more,
        ]  # fmt: skip


WORLDS = {
    "discrete": World(("task=CartPole", *PPO), 8, 20, 32, 2),
    "continuous": World(("task=Pendulum", "train=PendulumPPO", *PPO), 8, 20, 32, 1),
    "recurrent": World(
        ("task=CartPoleNoVelocity", "train=PPO", "network=lstm", "train.params.network.rnn.units=16", *PPO),
        4, 16, 32, 2,
    ),
    "sac": World(
        ("task=Pendulum", "train=PendulumSAC", f"{CONFIG}.num_steps_per_episode=16",
         f"{CONFIG}.num_warmup_steps=2", f"{CONFIG}.batch_size=32", f"{CONFIG}.max_frames=-1",
         f"{CONFIG}.replay_buffer_size=2000"),
        4, 16, 16, 2,
    ),
}  # fmt: skip
"""Four algorithms: PPO with discrete, continuous actions and memory, and SAC."""

WORKERS = World(("task=CartPole", "num_workers=4", *PPO), 8, 24, 32, 2)
"""Four workers of two rows each."""
