"""An rl_games actor-critic read by its parts: network, normalisers, action head, recurrent state.

rl_games builds the module (so any registered network works, and its checkpoints fit); the distribution is
ours, which is faster and right for a batch of one. Knows no environment and no loss.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from gymnasium import spaces
from gymnasium.vector.utils import batch_space
from rl_games.algos_torch.model_builder import ModelBuilder
from rl_games.algos_torch.running_mean_std import RunningMeanStd
from torch import Tensor, nn

from algos.building import building, require_fit
from algos.fit import Fitted
from algos.networks import ACTOR_CRITIC, module_key, register_networks
from algos.normaliser import Normaliser, ObservationReader
from algos.ppo.heads import HEADS
from algos.ppo.plain_network import PlainNetwork
from algos.ppo.sigma import SIGMA_KEYS, SigmaRule
from cfg.errors import ConfigError
from cfg.schema.network import BUILDERS

States = tuple[Tensor, ...] | None


@dataclass
class Step:
    """What the network says of a batch: policy output for the head, denormalised value [B, K], states."""

    output: Any
    value: Tensor
    states: States


class ActorCritic:
    """The module of a fitted configuration. `num_seqs` is the number of rows that act at once."""

    def __init__(
        self, fitted: Fitted, env_info: Mapping[str, Any], num_seqs: int, normalize_value: bool, device: str
    ) -> None:
        self.head = HEADS[fitted.model]()
        self.device = device
        self.model: Any = _build(fitted, env_info, num_seqs, normalize_value).to(device)
        self.network: Any = self.model.a2c_network
        self.is_rnn = bool(self.network.is_rnn())
        self._sigma = _begin_sigma(fitted.network, self.network)
        self.plain = PlainNetwork.of(self.network) if self._sigma.is_plain else None
        self.reader = ObservationReader(_observation_normalisers(self.model, env_info["observation_space"]))
        self.value_normaliser = Normaliser(self.model.value_mean_std) if normalize_value else None
        self.obs_space: spaces.Space[Any] = env_info["observation_space"]
        if fitted.network["name"] not in (*BUILDERS, ACTOR_CRITIC):
            with building(fitted.network, self.obs_space):
                self._try_out(fitted, env_info)

    @torch.no_grad()
    def _try_out(self, fitted: Fitted, env_info: Mapping[str, Any]) -> None:
        """One forward pass of somebody else's network. Raises ConfigError where it says something else."""
        rows = 2
        obs = batch_space(self.obs_space, rows).sample()
        step = self.step(self.reader.read(self.to_tensors(obs)), self.initial_states(rows))
        sizes = _actions_num(env_info["action_space"])
        widths = sizes if isinstance(sizes, list) else [sizes]
        said = step.output if isinstance(step.output, list | tuple) else [step.output]
        parts = [*said[: len(widths)], step.value]  # sigma, the second of a Box, may be the same for all rows
        wanted = [(rows, width) for width in (*widths, env_info.get("value_size", 1))]
        shapes = [tuple(part.shape) for part in parts]
        if shapes != wanted:
            raise ConfigError(
                f"network {fitted.network['name']}: its forward() gives {shapes} for {rows} observations, "
                f"policy before value, where {wanted} were expected",
                "see docs/add_a_network.md",
            )

    def to_tensors(self, obs: Any) -> Any:
        """Arrays or tensors [B, ...] (or a dict of them) -> tensors on the device, float32 or uint8."""
        if isinstance(obs, dict):
            return {key: self.to_tensors(value) for key, value in obs.items()}
        tensor = torch.as_tensor(obs, device=self.device)
        return tensor if tensor.dtype == torch.uint8 else tensor.float()

    def initial_states(self, rows: int) -> States:
        """Zero recurrent state for `rows` rows, None without a recurrent network."""
        if not self.is_rnn:
            return None
        shapes = [(state.shape[0], rows, state.shape[2]) for state in self.network.get_default_rnn_state()]
        return tuple(torch.zeros(shape, device=self.device) for shape in shapes)

    def step(self, read_obs: Any, states: States) -> Step:
        """One time step of every row: `read_obs` has been through `reader`."""
        if self.plain is not None:
            return self._plain_step(self.plain, read_obs)
        *output, value, states = self.network({"obs": read_obs, "rnn_states": states, "seq_length": 1})
        return Step(self._said(output), self.denormalise(value), states)

    def _plain_step(self, plain: PlainNetwork, read_obs: Tensor) -> Step:
        heads, value, _ = plain.forward(read_obs)
        return Step(plain.output(heads), self.denormalise(value), None)

    def sequence(self, read_obs: Any, states: States, first: Tensor | None, seq_length: int) -> Step:
        """Sequences [S * seq_length, ...], row-major; `first` marks steps that begin an episode.

        The value is the network's own (normalised) one, as the losses want it.
        """
        count = None
        if first is not None and states is not None and len(first) == seq_length:
            # rl_games misreads the marks of a lone sequence: a copy beside it, thrown away again, mends that.
            count = seq_length
            read_obs, first = _twice(read_obs), _twice(first)
            states = tuple(torch.cat([state, state], dim=1) for state in states)
        inputs = {"obs": read_obs, "rnn_states": states, "seq_length": seq_length, "dones": first}
        *output, value, states = self.network(inputs)
        return Step(self._said([_rows(part, count) for part in output]), _rows(value, count), states)

    def _said(self, output: list[Any]) -> Any:
        """The policy's output as its head reads it."""
        if not self.head.is_continuous:
            return output[0]
        mean, raw = output
        return mean, self._sigma(raw)

    def denormalise(self, value: Tensor) -> Tensor:
        """Network value -> the environment's return scale."""
        return value if self.value_normaliser is None else self.value_normaliser.denormalise(value)

    @property
    def raw_sigma(self) -> Tensor | None:
        """The parameter [A] of a sigma that depends on no observation; None where there is none."""
        sigma = getattr(self.network, "sigma", None)
        return sigma if isinstance(sigma, nn.Parameter) else None

    @torch.no_grad()
    def limit_sigma(self, max_sigma: float) -> None:
        """Let sigma be no larger from now on.

        A parameter is moved, so that it learns on from there and checkpoints hold it; what a network says of
        sigma is cut off.
        """
        raw, most = self.raw_sigma, self._sigma.raw_of(max_sigma)
        if raw is None or most is None or type(self.network.sigma_act) is not nn.Identity:
            self._sigma.log_max = math.log(max_sigma)
        else:
            raw.clamp_(max=most)

    @torch.no_grad()
    def set_sigma(self, log_sigma: float) -> None:
        """Have sigma be this (rl_games' `sigma`: the logarithm), to learn on from there.

        Raises ConfigError where it is no parameter.
        """
        raw = self.raw_sigma
        if raw is None:
            raise ConfigError(
                f"sigma={log_sigma}: this policy has no sigma that is the same in all states",
                "leave sigma out",
            )
        raw.fill_(float(log_sigma))

    def load(self, weights: dict[str, Tensor]) -> None:
        """Take a checkpoint's `model` section. Raises CheckpointError naming a tensor that differs."""
        weights = {key.removeprefix("_orig_mod."): value for key, value in weights.items()}
        mine = self.model.state_dict()
        require_fit(mine, weights)
        self.model.load_state_dict(weights)
        self.reader.refresh()
        if self.value_normaliser is not None:
            self.value_normaliser.refresh()


def _twice(batch: Any) -> Any:
    if isinstance(batch, dict):
        return {key: _twice(part) for key, part in batch.items()}
    return torch.cat([batch, batch])


def _rows(output: Any, count: int | None) -> Any:
    """The first `count` rows as float32, whatever the network computed in."""
    if isinstance(output, list | tuple):
        return [part[:count].float() for part in output]
    return output[:count].float()


def _build(fitted: Fitted, env_info: Mapping[str, Any], num_seqs: int, normalize_value: bool) -> Any:
    """The rl_games model for these spaces, in eval mode. Raises ConfigError where its builder fails."""
    register_networks(fitted.network["name"])
    obs_space, action_space = env_info["observation_space"], env_info["action_space"]
    is_dict = isinstance(obs_space, spaces.Dict)
    shape = {key: space.shape for key, space in obs_space.items()} if is_dict else obs_space.shape
    params = {"model": {"name": fitted.model}, "network": fitted.network}
    sizes = {
        "actions_num": _actions_num(action_space),
        "input_shape": shape,
        "num_seqs": num_seqs,
        "value_size": env_info.get("value_size", 1),
        "normalize_value": normalize_value,
        # 1.6.5 cannot script a normaliser for a Dict; ours below has HEAD's names for its buffers.
        "normalize_input": fitted.normalize_input and not is_dict,
    }
    with building(fitted.network, shape):
        model = ModelBuilder().load(params).build(sizes)
        model.a2c_network.is_rnn()  # a builder may have given nothing at all
    if is_dict and fitted.normalize_input:
        parts = {module_key(key): RunningMeanStd(dims) for key, dims in shape.items()}
        model.running_mean_std = nn.Module()
        model.running_mean_std.running_mean_std = nn.ModuleDict(parts)
    return model.eval()


@torch.no_grad()
def _begin_sigma(block: Mapping[str, Any], network: Any) -> SigmaRule:
    """How sigma is read; one that depends on the state starts as the block says.

    1.6.5 writes the constant it should start from into the weights instead. A builder from outside starts
    its own, and HEAD's base class has read the keys of the rule for it.
    """
    if block["name"] not in (*BUILDERS, ACTOR_CRITIC):
        return SigmaRule({key: getattr(network, key) for key in SIGMA_KEYS if hasattr(network, key)})
    head = block["space"].get("continuous") or {}
    sigma, start = getattr(network, "sigma", None), head.get("sigma_init", {})
    if isinstance(sigma, nn.Linear) and start["name"] == "const_initializer":
        sigma.weight.zero_()
        sigma.bias.fill_(float(start["val"]))
    return SigmaRule(head)


def _actions_num(space: Any) -> int | list[int]:
    if isinstance(space, spaces.Tuple):
        return [int(choice.n) for choice in cast(Any, space.spaces)]
    return int(space.n) if isinstance(space, spaces.Discrete) else int(space.shape[0])


def _observation_normalisers(model: nn.Module, obs_space: Any) -> dict[str | None, Normaliser]:
    module = getattr(model, "running_mean_std", None)
    if module is None:
        return {}
    inner = getattr(module, "running_mean_std", None)
    if inner is None:
        return {None: Normaliser(module)}
    names = {key: module_key(key) for key in obs_space.spaces}
    return {key: Normaliser(inner[name]) for key, name in names.items() if name in inner}
