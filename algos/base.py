"""What an algorithm is to rlgx: six methods, on rl_games' `BaseAlgorithm`. The loop does all the rest.

An algorithm implements `setup act collect update state_dict load_state_dict`; training, logging, evaluation,
checkpoints, resume and play come from `algos.loop` and its neighbours. Knows no particular algorithm.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean as mean
from typing import Any

from rl_games.common import vecenv
from rl_games.interfaces.base_algorithm import BaseAlgorithm

from algos.episodes import EpisodeMeter
from cfg.errors import ConfigError
from cfg.schema import Config

State = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """What an agent is built with, besides rl_games' own `params`."""

    config: Config
    device: str
    train: Callable[["Agent"], None]


class Agent(BaseAlgorithm):
    """An algorithm at work on a vector environment.

    Attributes:
        vec_env: the training environments (an rl_games IVecEnv).
        episodes: meter of the finished training episodes.
        epoch_num: finished epochs. frame: agent steps taken (rl_games' names).
    """

    episodes: EpisodeMeter

    def __init__(self, params: State, context: Context) -> None:
        self.context = context
        self.config = context.config
        self.params = params
        self.settings = context.config.settings
        self.epoch_num = 0
        self.frame = 0
        self.vec_env = make_training_envs(context.config)
        self.env_info: State = self.vec_env.get_env_info()
        self.setup()

    @abstractmethod
    def setup(self) -> None:
        """Build networks and optimisers for `env_info`, and the meter `episodes`."""

    @abstractmethod
    def act(self, deterministic: bool) -> Any:
        """A policy (`algos.policy.Policy`) that acts with the current weights; it never changes them."""

    @property
    def rounds(self) -> int:
        """How often an epoch collects and updates by turns; more than once where learning is off-policy."""
        return 1

    @abstractmethod
    def collect(self) -> State:
        """Gather one round of experience and advance `frame`. Returns timings by name, in seconds."""

    @abstractmethod
    def update(self) -> State:
        """Learn from what was collected. Returns losses and rates by name, as floats."""

    @abstractmethod
    def state_dict(self) -> State:
        """Weights and optimisers, of plain types and tensors, under rl_games' names."""

    @abstractmethod
    def load_state_dict(self, state: State, with_optimizer: bool) -> None:
        """Take what `state_dict` gave. Raises CheckpointError where it does not fit."""

    @abstractmethod
    def describe(self) -> State:
        """Plain facts that a policy can be rebuilt from without the task: spaces and fitted params."""

    def resume_state(self) -> State:
        """What a resume needs beyond a checkpoint, e.g. a replay: plain types and tensors; {} for nothing."""
        return {}

    def load_resume_state(self, state: State) -> None:
        """Take what `resume_state` gave, if anything. Raises CheckpointError where it does not fit."""

    # From here on: rl_games' BaseAlgorithm in terms of the above.

    @property
    def device(self) -> str:
        """Where the networks live."""
        return self.context.device

    def train(self) -> None:
        """Called by rl_games' Runner."""
        self.context.train(self)

    def train_epoch(self) -> tuple[State, State]:
        """One epoch: timings of its rounds, summed, and losses, each a mean over the rounds that had it."""
        self.vec_env.set_train_info(self.frame, self)
        timings: list[State] = []
        losses: list[State] = []
        for _ in range(self.rounds):
            timings.append(self.collect())
            losses.append(self.update())
        self.epoch_num += 1
        return _by_name(timings, sum), _by_name(losses, mean)

    def progress(self) -> float:
        """Share of the budget used, in epochs or frames, whichever is nearer; 0 without a budget."""
        epochs, frames = self.config.max_iterations, self.config.max_frames
        by_epoch = (self.epoch_num + 1) / epochs if epochs else 0.0
        by_frame = self.frame / frames if frames else 0.0
        return max(by_epoch, by_frame)

    def clear_stats(self) -> None:
        """Forget the finished episodes."""
        self.episodes.clear()

    def get_weights(self) -> State:
        """The sections of a checkpoint."""
        return self.state_dict()

    def set_weights(self, weights: State) -> None:
        """Take the weights of a checkpoint's sections."""
        self.load_state_dict(weights, with_optimizer=False)

    def get_full_state_weights(self) -> State:
        """A stock rl_games checkpoint's sections."""
        return {**self.state_dict(), "epoch": self.epoch_num, "frame": self.frame, "env_state": None}

    def set_full_state_weights(self, weights: State, set_epoch: bool = True) -> None:
        """Take a whole checkpoint; counters too unless `set_epoch` is False."""
        self.load_state_dict(weights, with_optimizer=set_epoch)
        if set_epoch:
            self.epoch_num, self.frame = int(weights["epoch"]), int(weights["frame"])

    def get_param(self, param_name: str) -> Any:
        """A training parameter by rl_games' name."""
        return getattr(self.settings, param_name)

    def set_param(self, param_name: str, param_value: Any) -> None:
        """Refused: a judged configuration does not change under a run. Raises ConfigError."""
        raise ConfigError(
            f"{param_name}={param_value} cannot be set while training", "resume the run with the new value"
        )

    def close(self) -> None:
        """Release the environments."""
        self.vec_env.close()


def _by_name(parts: list[State], join: Callable[[list[float]], float]) -> State:
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: join([part[name] for part in parts if name in part]) for name in names}


def make_training_envs(config: Config) -> Any:
    """The configuration's training environments, through rl_games' registry."""
    return vecenv.create_vec_env(
        config.task.name,
        config.num_envs,
        seed=config.seed,
        role="train",
        vec_env=config.vec_env,
        num_workers=config.num_workers,
    )
