"""What a simulator has to bring: N copies of one world as tensors on one device. Knows no episodes, no agent.

A subclass says in plain functions of tensors how an episode starts, goes on, is seen and ends. When rows are
reset, their statistics, and what an agent is told is the business of `tasks.vec_env.simulator_env`.
docs/simulators.md shows one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar, TypeAlias

import torch
from gymnasium import spaces
from torch import Tensor

from cfg.errors import EnvFault, foreign_code

MEND = "mend the simulator; docs/simulators.md says what each of its functions gives"

State: TypeAlias = dict[str, Tensor]
"""Name -> tensor [N, ...]: all that a world remembers from one step to the next."""

Term: TypeAlias = Callable[[State, Tensor, State], Tensor]
"""A reward term: (state before, actions, state after) -> [N]."""


@dataclass(frozen=True)
class Options:
    """What a task's `env_kwargs` may say of a simulator.

    Attributes:
        rewards: reward term -> weight; a term that is not named counts once.
        parameters: parameter -> number, in place of the class's own.
        randomise: parameter -> [low, high], drawn for each row at the start of each episode.
    """

    rewards: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    randomise: Mapping[str, tuple[float, float]] = field(default_factory=dict)


class Simulator(ABC):
    """N rows of one world. Its functions get and give tensors of all rows, and look at no single number.

    So nothing waits for the device, every step is the same list of operations, and the state stays in the
    same memory: what CUDA graphs and `torch.compile` ask for.

    Args:
        num_envs: N.
        device: where all tensors are.
        generator: of that device; all that is random is drawn from it.
        options: what the task's YAML says.

    Attributes:
        observation_space: a Box, or a Dict of Box. action_space: a Discrete, Tuple of Discrete or 1-D Box.
        parameters: numbers of the world by name, which the YAML may change or randomise.
        rewards: the reward's terms by name. The reward is their weighted sum.
        world: `parameters` in force and what `derive` makes of them, as attributes: tensors [], or [N] where
            something is randomised.
        state: what `start` and `advance` gave last, always in the same memory.
    """

    observation_space: ClassVar[spaces.Space[Any]]
    action_space: ClassVar[spaces.Space[Any]]
    parameters: ClassVar[Mapping[str, float]] = {}
    rewards: ClassVar[Mapping[str, Term]] = {}

    def __init__(self, num_envs: int, device: str, generator: torch.Generator, options: Options) -> None:
        self.num_envs = num_envs
        self.device = torch.device(device)
        self.weights = {name: float(options.rewards.get(name, 1.0)) for name in self.rewards}
        self._generator = generator
        self._ranges = dict(options.randomise)
        # Tensors even where they are plain numbers: arithmetic with those takes twice the time on the CPU.
        numbers = {**self.parameters, **options.parameters}
        fixed = {name: torch.tensor(float(number), device=device) for name, number in numbers.items()}
        drawn = {name: self.uniform(*bounds) for name, bounds in self._ranges.items()}
        self.world = SimpleNamespace(**{**fixed, **drawn})
        with foreign_code(f"{type(self).__name__}: derive failed", MEND, EnvFault):
            vars(self.world).update(self.derive(self.world))
        self.state: State = {name: value.clone() for name, value in self.start().items()}

    def derive(self, world: SimpleNamespace) -> dict[str, Tensor]:
        """Further numbers of the world, by names of their own, that follow from its parameters alone.

        They are made when those are drawn, and not in each step: arithmetic with single numbers takes nearly
        as long as with all rows.
        """
        return {}

    @abstractmethod
    def start(self) -> State:
        """First states of new episodes in all rows; the base takes those of rows that begin one."""

    @abstractmethod
    def advance(self, state: State, action: Tensor) -> State:
        """The next state of all rows, as new tensors.

        Actions are int64 [N] or [N, choices], or float32 [N, A] within the bounds of a Box.
        """

    @abstractmethod
    def observe(self, state: State) -> Any:
        """What the agent sees, as a new tensor [N, ...], or a dict of such."""

    @abstractmethod
    def terminated(self, state: State) -> Tensor:
        """Where the world has come to its own end, bool [N]; time limits are the task's."""

    def succeeded(self, state: State) -> Tensor | None:
        """Where an episode that ends in this state counts as a success, bool [N]; None: nobody says."""
        return None

    def reward_terms(self, before: State, action: Tensor, after: State) -> dict[str, Tensor]:
        """The weighted terms [N] of one step."""
        return {
            name: _weighted(term(before, action, after), self.weights[name])
            for name, term in self.rewards.items()
        }

    def reset_rows(self, mask: Tensor, others: State | None = None) -> None:
        """Start new episodes where `mask` (bool [N]) is true; all other rows go on from `others`.

        Without `others` they stay as they are. Rows are drawn for whether they begin or not: that costs less
        than to look which do, and keeps the number of draws, and so all results, free of them.
        """
        for name, bounds in self._ranges.items():
            value = getattr(self.world, name)
            torch.where(mask, self.uniform(*bounds), value, out=value)
        self._derive_anew()
        fresh, going = self.start(), self.state if others is None else others
        # All of them before the first is written: a state may hold another one's old value.
        merged = {
            name: torch.where(_beside(mask, value), fresh[name], value) for name, value in going.items()
        }
        for name, value in merged.items():
            self.state[name].copy_(value)

    def get_state(self) -> dict[str, State]:
        """A copy of all that the world holds: of episodes, and of parameters that differ by row."""
        drawn = {name: getattr(self.world, name) for name in self._ranges}
        return {"state": _cloned(self.state), "world": _cloned(drawn)}

    def set_state(self, held: Mapping[str, State]) -> None:
        """Go on from what `get_state` gave. Raises ValueError where it is of another world."""
        mine = {"state": self.state, "world": {name: getattr(self.world, name) for name in self._ranges}}
        if _shapes(mine) != _shapes(held):
            raise ValueError(f"{type(self).__name__} held {_shapes(held)}, not {_shapes(mine)}")
        for part, values in mine.items():
            for name, value in values.items():
                value.copy_(held[part][name])
        self._derive_anew()

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Uniform numbers [N, *shape], float32."""
        return self._empty(*shape).uniform_(low, high, generator=self._generator).movedim(-1, 0)

    def normal(self, mean: float, deviation: float, *shape: int) -> Tensor:
        """Normal numbers [N, *shape], float32."""
        return self._empty(*shape).normal_(mean, deviation, generator=self._generator).movedim(-1, 0)

    def _derive_anew(self) -> None:
        if self._ranges:
            for name, value in self.derive(self.world).items():
                getattr(self.world, name).copy_(value)

    def _empty(self, *shape: int) -> Tensor:
        # With the rows last each column is contiguous, and arithmetic on one is several times as fast.
        return torch.empty((*shape, self.num_envs), device=self.device)


def columns(*values: Tensor) -> Tensor:
    """K tensors [N] as an observation [N, K]: `torch.stack(values, dim=1)` at a tenth of its time."""
    return torch.stack(values).T


def _beside(mask: Tensor, value: Tensor) -> Tensor:
    return mask if value.ndim == 1 else mask.view(-1, *[1] * (value.ndim - 1))


def _weighted(term: Tensor, weight: float) -> Tensor:
    return term if weight == 1.0 else term * weight


def _cloned(values: State) -> State:
    return {name: value.clone() for name, value in values.items()}


def _shapes(held: Mapping[str, State]) -> dict[str, Any]:
    return {
        part: {name: tuple(value.shape) for name, value in values.items()} for part, values in held.items()
    }
