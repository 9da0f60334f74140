"""rl_games' SAC network, read by its parts: the actor as it is, the critics as one. Knows no loss.

rl_games builds the module, so that weights start as in rl_games and checkpoints have its names. Two things
differ inside: the critics are stacked (`algos.sac.critics`), and they read actions in [-1, 1], where those of
rl_games read them in the environment's units, as checkpoints do: the first layer's weights are converted.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from rl_games.algos_torch.model_builder import ModelBuilder
from torch import Tensor, nn

from algos.building import building, require_fit
from algos.normaliser import Normaliser, ObservationReader
from algos.sac.critics import TwinCritics, unstack
from algos.sac.fit import Fitted

State = dict[str, Any]
_CRITICS = ("critic", "critic_target")


class SoftActorCritic:
    """Actor, critics and their slow copies for a fitted configuration.

    Attributes:
        model: rl_games' module; of its critics only names and shapes are used.
        reader: normalises observations where asked for.
        log_std_bounds: of the log of the policy's standard deviation.
    """

    def __init__(self, fitted: Fitted, device: str) -> None:
        self.device = device
        self.model: Any = _build(fitted).to(device)
        self.actor = self.model.sac_network.actor
        self.log_std_bounds: tuple[float, float] = tuple(self.actor.log_std_bounds)
        host_critic = self.model.sac_network.critic
        activation = self.actor.trunk[1]
        self.critics, self.targets = (
            TwinCritics(list(host_critic.parameters()), activation).to(device) for _ in _CRITICS
        )
        self._names = [name for name, _ in host_critic.named_parameters()]
        self._range = _ActionRange(fitted, device)
        statistics = self.model.running_mean_std if fitted.normalize_input else None
        self.reader = ObservationReader({} if statistics is None else {None: Normaliser(statistics)})

    def policy(self, read_obs: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation [B, A] before the tanh; `read_obs` has been through `reader`."""
        return self.read_policy(self.actor.trunk(read_obs))

    def read_policy(self, said: Tensor) -> tuple[Tensor, Tensor]:
        """The same of what the actor's layers said, [B, 2A]."""
        low, high = self.log_std_bounds
        mean, spread = said.chunk(2, dim=-1)
        return mean, low + 0.5 * (high - low) * (spread.tanh() + 1.0)

    def weights(self) -> State:
        """The sections of a stock checkpoint that hold weights."""
        state = {
            "actor": self.actor.state_dict(),
            "critic": self._to_host(self.critics),
            "critic_target": self._to_host(self.targets),
        }
        if self.model.normalize_input:
            state["running_mean_std"] = self.model.running_mean_std.state_dict()
        return state

    def load(self, weights: Mapping[str, Any]) -> None:
        """Take those sections of a checkpoint. Raises CheckpointError naming a tensor that differs."""
        mine = self.weights()
        theirs = {section: _plain_names(weights.get(section, {})) for section in mine}
        for section in mine:
            require_fit(mine[section], theirs[section], f"{section}.")
        self.actor.load_state_dict(theirs["actor"])
        for section, critics in zip(_CRITICS, (self.critics, self.targets), strict=True):
            critics.load(
                self._range.from_env([theirs[section][name].to(self.device) for name in self._names])
            )
        if "running_mean_std" in mine:
            self.model.running_mean_std.load_state_dict(theirs["running_mean_std"])
            self.reader.refresh()

    def exact_state(self) -> State:
        """The critics to the bit: to the environment's units and back, weights differ by a rounding."""
        both = {"critic": self.critics, "critic_target": self.targets}
        return {name: list(critics.state_dict().values()) for name, critics in both.items()}

    def load_exact(self, state: State) -> None:
        """Take what `exact_state` gave."""
        for name, critics in (("critic", self.critics), ("critic_target", self.targets)):
            critics.load_state_dict(dict(zip(critics.state_dict(), state[name], strict=True)))

    def _to_host(self, critics: TwinCritics) -> dict[str, Tensor]:
        parameters = self._range.to_env(unstack(list(critics.layers)))
        return dict(zip(self._names, parameters, strict=True))


class _ActionRange:
    """Converts critics that read actions in [-1, 1] to ones that read the environment's, and back.

    env = middle + half * action, so W action + b = (W / half) env + (b - (W / half) middle).
    """

    def __init__(self, fitted: Fitted, device: str) -> None:
        low, high = (torch.tensor(bound, device=device) for bound in (fitted.action_low, fitted.action_high))
        self._middle = (low + high) / 2.0
        half = (high - low) / 2.0
        self._half = torch.where(half > 0, half, 1.0)  # an action that cannot vary tells a critic nothing
        self._obs_size = fitted.obs_size

    def to_env(self, parameters: list[Tensor]) -> list[Tensor]:
        """Weights and biases of Q1 and Q2 in rl_games' order, changed in the first layer of each."""
        converted = [part.clone() for part in parameters]
        for weight, bias in self._first_layers(converted):
            weight /= self._half
            bias -= weight @ self._middle
        return converted

    def from_env(self, parameters: list[Tensor]) -> list[Tensor]:
        """The inverse of `to_env`."""
        converted = [part.clone() for part in parameters]
        for weight, bias in self._first_layers(converted):
            bias += weight @ self._middle
            weight *= self._half
        return converted

    def _first_layers(self, parameters: list[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        """The weights of the actions, as views, and the biases."""
        for first in (0, len(parameters) // 2):
            yield parameters[first][:, self._obs_size :], parameters[first + 1]


def _build(fitted: Fitted) -> Any:
    params = {"model": {"name": "soft_actor_critic"}, "network": fitted.network}
    sizes = {
        "obs_dim": fitted.obs_size,
        "action_dim": len(fitted.action_low),
        "actions_num": len(fitted.action_low),
    }
    shapes = {"input_shape": (fitted.obs_size,), "normalize_input": fitted.normalize_input}
    with building(fitted.network, shapes["input_shape"]):
        module: nn.Module = ModelBuilder().load(params).build({**sizes, **shapes})
    return module.eval()


def _plain_names(section: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix("_orig_mod."): value for key, value in section.items()}
