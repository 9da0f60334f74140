"""What an algorithm is to rlgx: four methods, on rl_games' `BaseAlgorithm`. The loop does all the rest.

An algorithm implements `setup act collect update`, and keeps what it learns in `model` and `optimizer` or
overrides `state_dict load_state_dict`; training, logging, evaluation, checkpoints, resume and play come from
`algos.loop` and its neighbours. docs/add_an_algorithm.md shows one. Knows no particular algorithm.
"""

import math
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import fmean as mean
from typing import Any

from rl_games.common import vecenv
from rl_games.interfaces.base_algorithm import BaseAlgorithm
from torch import Tensor

from algos.device import of_simulators
from algos.episodes import EpisodeMeter
from algos.finite import all_finite, first_not_finite
from algos.growing import Growing
from algos.observers import WatchedVecEnv
from algos.run_dir import RunDir
from algos.signals import Stopped, StopRequest
from cfg.errors import CheckpointError, ConfigError, NumericalFault
from cfg.schema import Config
from cfg.spec import algorithm_of, resolve

State = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """What an agent is built with, besides rl_games' own `params`.

    Attributes:
        train: the loop; called with the agent once rl_games' Runner starts it.
        run: the run's directory. writer: its TensorBoard writer. None outside a run.
        stop: what signals ask for.
    """

    config: Config
    device: str
    train: Callable[["Agent"], None]
    run: RunDir | None = None
    writer: Any = None
    stop: StopRequest = field(default_factory=StopRequest)


_TAME = "lower the learning rate, or mend what the environment gives"


class Agent(BaseAlgorithm):
    """An algorithm at work on a vector environment.

    Attributes:
        vec_env: the training environments (an rl_games IVecEnv).
        episodes: meter of the finished training episodes.
        epoch_num: finished epochs. frame: agent steps taken (rl_games' names).
        faults: restarts and lost rows so far; empty where nothing failed.
        model: an `nn.Module` with all that is learned, set by `setup`; rl_games' name.
        optimizer: its optimiser, where there is one.
        is_whole: whether no round is under way, so that what is saved now can be gone on from.
        notes: lines for the screen before training begins, from `setup`.
        algo_observer, writer, games_to_track, num_agents, ppo_device: what rl_games' observers read.
    """

    model: Any
    optimizer: Any = None
    num_agents = 1
    notes: tuple[str, ...] = ()

    def __init__(self, params: State, context: Context) -> None:
        self.context = context
        self.config = context.config
        self.params = params
        self.settings = context.config.settings
        self.writer = context.writer
        self.games_to_track = self.settings.games_to_track
        self.ppo_device = context.device
        self.epoch_num = 0
        self.frame = 0
        self.is_whole = True
        self._timings: list[State] = []  # of the rounds of the epoch so far
        self._losses: list[State] = []
        self.faults: dict[str, float] = {}
        self.algo_observer = params["config"]["features"]["observer"]  # where rl_games' Runner puts it
        run_name = context.run.path.name if context.run else context.config.run_name
        self.algo_observer.before_init("run", params["config"], run_name)
        self.vec_env: Any = WatchedVecEnv(make_training_envs(context.config), self.algo_observer)
        self.env_info: State = self.vec_env.get_env_info()
        self.episodes = EpisodeMeter(self.games_to_track)
        self.setup()
        self._refuse_sigma()
        self.algo_observer.after_init(self)

    @abstractmethod
    def setup(self) -> None:
        """Build `model` and `optimizer` for `env_info`, on `device`."""

    @abstractmethod
    def act(self, deterministic: bool) -> Any:
        """A policy (`algos.policy.Policy`) that acts with the current weights; it never changes them."""

    @property
    def rounds(self) -> int:
        """How often an epoch collects and updates by turns; more than once where learning is off-policy."""
        return 1

    @abstractmethod
    def collect(self) -> None:
        """Gather one round of experience, with `step_envs`."""

    @abstractmethod
    def update(self) -> State:
        """Learn from what was collected. Returns losses and rates by name, as floats."""

    def step_envs(self, actions: Any) -> tuple[Any, Any, Any, State]:
        """One step of every training environment, counted and recorded: obs, reward, done, infos."""
        obs, reward, done, infos = self.vec_env.step(actions)
        self.frame += self.config.num_envs
        self.episodes.record(infos)
        if "restarts" in infos:
            lost = self.faults.get("faults/lost_rows", 0.0) + float(infos["lost"].sum())
            self.faults = {"faults/restarts": float(infos["restarts"]), "faults/lost_rows": lost}
        return obs, reward, done, infos

    def state_dict(self) -> State:
        """Weights and optimisers, of plain types and tensors, under rl_games' names."""
        state = {"model": self.model.state_dict()}
        return state if self.optimizer is None else {**state, "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: State, with_optimizer: bool) -> None:
        """Take what `state_dict` gave. Raises CheckpointError where it does not fit."""
        try:
            self.model.load_state_dict(state["model"])
            if self.optimizer is not None and with_optimizer:
                self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError, KeyError) as cause:
            raise CheckpointError(
                f"the checkpoint does not fit this {type(self).__name__}: {cause}",
                "use the task, train and network it was trained with (its run directory knows them)",
            ) from cause

    def describe(self) -> State:
        """Plain facts that a policy can be rebuilt from without the task: what the SPEC's `describe` says."""
        describe = resolve(algorithm_of(self.config).describe)
        description: State = describe(self.config.train.params, self.env_info)
        return description

    def _refuse_sigma(self) -> None:
        """Refuse `sigma` where rl_games' Runner would look for it in vain. Raises ConfigError."""
        if self.config.sigma is not None and "a2c_network" not in dict(self.model.named_children()):
            name = algorithm_of(self.config).name
            raise ConfigError(
                f"sigma={self.config.sigma}: {name} has no such action noise", "leave sigma out"
            )

    def resume_state(self) -> State:
        """What going on needs beyond a checkpoint: plain types and tensors; {} for nothing.

        The environments' state and the process's random generators are kept by `algos.resuming`.
        """
        return {}

    def load_resume_state(self, state: State) -> None:
        """Take what `resume_state` gave, or {}. Raises CheckpointError where it does not fit."""

    def take_up(self, obs: Any, is_new: Any) -> None:
        """Go on with these observations [N, ...]; rows where `is_new` (bool [N]) have begun another episode.

        Called after `load_resume_state`. An agent that does nothing here resets its environments again.
        """

    def growing(self) -> dict[str, Growing]:
        """By name what a resume needs and only grows, e.g. a replay: saved by what was added since."""
        return {}

    # From here on: rl_games' BaseAlgorithm in terms of the above.

    @property
    def device(self) -> str:
        """Where the networks live."""
        return self.context.device

    def train(self) -> None:
        """Called by rl_games' Runner."""
        self.context.train(self)

    def train_epoch(self) -> tuple[State, State]:
        """One epoch: timings of its rounds, summed, and losses, each a mean over the rounds that had it.

        Raises:
            Stopped: between two rounds, where a signal has asked to stop; a resumed run finishes the epoch.
            NumericalFault: where a number is not finite, in a loss, a weight or what it comes from.
        """
        try:
            return self._train_epoch()
        except Exception as error:
            # Many a fault, of the sampler or of the environment, is what numbers that ran away led to.
            blamed = self.blame()
            if blamed is None:
                raise
            told = "" if isinstance(error, NumericalFault) else f" (and {type(error).__name__}: {error})"
            raise NumericalFault(f"{blamed}{told}", _TAME) from error

    def _train_epoch(self) -> tuple[State, State]:
        self.vec_env.set_train_info(self.frame, self)
        while len(self._losses) < self.rounds:
            if self._losses and self.context.stop.signum is not None:
                self._judge_numbers(self._losses[-1])
                raise Stopped
            self.is_whole = False
            timings, losses = self._timed_collect(), self.update()
            self._timings.append(timings)
            self._losses.append(losses)
            self.is_whole = len(self._losses) < self.rounds
        sums = _by_name(self._timings, sum), {**_by_name(self._losses, mean), **self.faults}
        self._judge_numbers(sums[1])
        self.epoch_num += 1
        self._timings, self._losses = [], []
        self.is_whole = True
        return sums

    def _judge_numbers(self, losses: State) -> None:
        wrong = {name: value for name, value in losses.items() if not math.isfinite(value)}
        if wrong or not all_finite(self.watched()):
            name, value = next(iter(wrong.items()), ("a weight", "not finite"))
            raise NumericalFault(f"{name} is {value}", _TAME)

    def watched(self) -> Iterable[Tensor]:
        """Tensors that an epoch must leave finite: weights and statistics, and what else an agent keeps."""
        return (*self.model.parameters(), *self.model.buffers())

    def blame(self) -> str | None:
        """In words the number that was not finite first, as far as one can tell; None where all are."""
        found = first_not_finite(self.model.state_dict().items())
        return f"{found[0]} is {found[2]} at {list(found[1])}" if found else None

    def evidence(self) -> State:
        """What to look at after a NumericalFault: plain types and tensors."""
        return {"model": self.model.state_dict()}

    def rounds_done(self) -> State:
        """What an epoch that was left between two rounds is gone on with: plain types."""
        return {"timings": list(self._timings), "losses": list(self._losses)}

    def load_rounds_done(self, state: State) -> None:
        """Take what `rounds_done` gave."""
        self._timings, self._losses = list(state["timings"]), list(state["losses"])

    def _timed_collect(self) -> State:
        self.vec_env.step_s, began = 0.0, time.perf_counter()
        self.collect()
        self.algo_observer.after_steps()
        return {"step_s": self.vec_env.step_s, "play_s": time.perf_counter() - began}

    def progress(self) -> float:
        """Share of the budget used, in epochs or frames, whichever is nearer; 0 without a budget."""
        epochs, frames = self.config.max_iterations, self.config.max_frames
        by_epoch = (self.epoch_num + 1) / epochs if epochs else 0.0
        by_frame = self.frame / frames if frames else 0.0
        return max(by_epoch, by_frame)

    def clear_stats(self) -> None:
        """Forget the finished episodes."""
        self.episodes.clear()
        self.algo_observer.after_clear_stats()

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
        device=of_simulators(config),
    )
