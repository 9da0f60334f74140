"""An rl_games recurrent network, read through `ActorCritic`, says of a sequence what it says step by step."""

import math
from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces
from rl_games.algos_torch import model_builder
from rl_games.algos_torch.network_builder import NetworkBuilder
from torch import nn

from algos.fit import Fitted, fit
from algos.ppo.actor_critic import ActorCritic
from cfg.errors import ConfigError
from tests.cfg.composing import composed

STEPS = 6


@pytest.mark.parametrize("network", ["lstm", "gru"])
@pytest.mark.parametrize("sequences", [1, 2])
@pytest.mark.parametrize("first", [(), (0,), (1,), (5,), (1, 2, 5)])
def test_a_sequence_with_new_episodes_in_it_reads_as_its_steps_do(
    network: str, sequences: int, first: tuple[int, ...]
) -> None:
    """Of one sequence alone, rl_games' LSTMWithDones drops every mark but the first step's."""
    torch.manual_seed(0)
    params = composed("task=CartPole", f"network={network}").train.params
    info = {
        "observation_space": spaces.Box(-np.inf, np.inf, (3,), np.float32),
        "action_space": spaces.Discrete(2),
    }
    actor_critic = ActorCritic(fit(params, info), info, sequences, normalize_value=False, device="cpu")
    obs = torch.randn(sequences, STEPS, 3)
    marks = torch.zeros(sequences, STEPS)
    marks[:, list(first)] = 1.0
    start = actor_critic.initial_states(sequences)
    assert start is not None
    start = tuple(torch.randn_like(state) for state in start)

    whole = actor_critic.sequence(obs.flatten(0, 1), start, marks.flatten().unsqueeze(1), STEPS)

    states, values, outputs = start, [], []
    for time in range(STEPS):
        going = (1.0 - marks[:, time]).view(1, -1, 1)
        step = actor_critic.step(obs[:, time], tuple(state * going for state in states))
        assert step.states is not None
        states = step.states
        values.append(step.value)
        outputs.append(step.output)
    torch.testing.assert_close(whole.value, torch.stack(values, dim=1).flatten(0, 1))
    torch.testing.assert_close(whole.output, torch.stack(outputs, dim=1).flatten(0, 1))


VECTOR = spaces.Box(-np.inf, np.inf, (3,), np.float32)
IMAGE = spaces.Box(0, 255, (3, 36, 36), np.uint8)
HEAD = "train.params.network.space.continuous"
GAUSSIAN = "continuous_a2c_logstd"


def continuous(network: str, obs_space: spaces.Space[Any], *words: str) -> ActorCritic:
    torch.manual_seed(0)
    params = composed("task=Pendulum", f"network={network}", *words).train.params
    info = {"observation_space": obs_space, "action_space": spaces.Box(-1.0, 1.0, (2,), np.float32)}
    return ActorCritic(fit(params, info), info, 4, normalize_value=False, device="cpu")


def log_sigma_of(actor_critic: ActorCritic, obs_space: spaces.Space[Any]) -> torch.Tensor:
    """What it says of four random observations."""
    obs = gym.vector.utils.batch_space(obs_space, 4)
    obs.seed(0)
    with torch.no_grad():
        read = actor_critic.reader.read(actor_critic.to_tensors(dict_of(obs.sample())))
        log_sigma: torch.Tensor = actor_critic.step(read, None).output[1]
    return log_sigma


def dict_of(obs: Any) -> Any:
    return dict(obs) if isinstance(obs, Mapping) else obs


@pytest.mark.parametrize(
    ("network", "obs_space"),
    [("mlp", VECTOR), ("mlp", spaces.Dict({"a": VECTOR, "b": VECTOR})), ("impala", IMAGE)],
)
def test_a_sigma_of_the_state_starts_where_it_is_told(network: str, obs_space: spaces.Space[Any]) -> None:
    """rl_games 1.6.5 fills the weights with the -1 and leaves the bias 0."""
    start = f"{HEAD}.sigma_init={{name: const_initializer, val: -1}}"
    made = continuous(network, obs_space, f"{HEAD}.fixed_sigma=False", start)
    assert (log_sigma_of(made, obs_space) == -1.0).all()


def test_a_sigma_is_set_where_it_is_a_parameter_and_refused_elsewhere() -> None:
    made = continuous("mlp", VECTOR)
    made.set_sigma(-1.5)
    assert (log_sigma_of(made, VECTOR) == -1.5).all()
    with pytest.raises(ConfigError, match=r"sigma=-1.5: this policy has no sigma that is the same"):
        continuous("mlp", VECTOR, f"{HEAD}.fixed_sigma=False").set_sigma(-1.5)


def test_a_sigma_of_the_state_is_what_stock_rl_games_makes_of_the_same_weights() -> None:
    made = continuous("mlp", VECTOR, f"{HEAD}.fixed_sigma=False")
    with torch.no_grad():
        made.network.sigma.weight.normal_()
    obs = torch.randn(4, 3)
    step = made.step(made.reader.read(obs), None)
    stock = made.model({"obs": obs, "is_train": False})
    torch.testing.assert_close(stock["mus"], step.output[0])
    torch.testing.assert_close(stock["sigmas"], step.output[1].exp())


def test_bounds_of_sigma_leave_the_weights_names_as_they_are() -> None:
    plain, bounded = (continuous("mlp", VECTOR, *words) for words in ((), (f"{HEAD}.min_sigma=0.2",)))
    bounded.load(plain.model.state_dict())
    assert (log_sigma_of(bounded, VECTOR).exp() - 1.2).abs().max() < 1e-6  # e^0 + 0.2


def test_a_bound_moves_the_parameter_which_then_learns_on() -> None:
    made = continuous("mlp", VECTOR)
    made.limit_sigma(0.5)
    assert made.raw_sigma is not None
    assert made.raw_sigma.tolist() == pytest.approx([math.log(0.5)] * 2)
    assert made.model.state_dict()["a2c_network.sigma"].tolist() == made.raw_sigma.tolist()
    made.limit_sigma(0.8)
    assert made.raw_sigma.tolist() == pytest.approx([math.log(0.5)] * 2), "a bound raises nothing"


@pytest.mark.parametrize(
    "words", [(f"{HEAD}.fixed_sigma=False",), (f"{HEAD}.sigma_parametrization=softplus",)]
)
def test_a_bound_cuts_off_what_no_parameter_holds(words: tuple[str, ...]) -> None:
    made = continuous("mlp", VECTOR, *words)
    before = {name: weight.clone() for name, weight in made.model.state_dict().items()}
    made.limit_sigma(0.5)
    assert log_sigma_of(made, VECTOR).flatten().tolist() == pytest.approx([math.log(0.5)] * 8)
    assert all(torch.equal(weight, before[name]) for name, weight in made.model.state_dict().items())


def test_each_part_of_a_dict_is_normalised_by_its_own_statistics() -> None:
    made = continuous("cnn_small", spaces.Dict({"a": VECTOR, "b": VECTOR, "image": IMAGE}))
    seen = {"a": torch.randn(4096, 3) * 5.0 + 2.0, "b": torch.randn(4096, 3) * 0.5 - 1.0}
    images = torch.randint(0, 256, (4096, *IMAGE.shape), dtype=torch.uint8)
    made.reader.update({**seen, "image": images})
    for key, read in made.reader.read({**seen, "image": images}).items():
        zeros = torch.zeros(read.shape[1:])
        torch.testing.assert_close(read.mean(dim=0), zeros, atol=0.02, rtol=0.0, msg=key)
        torch.testing.assert_close(read.std(dim=0), zeros + 1.0, atol=0.02, rtol=0.0, msg=key)


class Narrow(NetworkBuilder):
    """A network of somebody else's, whose policy has `width` outputs."""

    def load(self, params: dict[str, Any]) -> None:
        self.width = params["width"]

    def build(self, name: str, **sizes: Any) -> nn.Module | None:
        return NarrowNetwork(sizes["input_shape"][0], self.width) if self.width else None


class NarrowNetwork(NetworkBuilder.BaseNetwork):
    """What it builds."""

    def __init__(self, obs_size: int, width: int) -> None:
        super().__init__()
        self.policy, self.critic = nn.Linear(obs_size, width), nn.Linear(obs_size, 1)

    def forward(self, inputs: dict[str, Any]) -> tuple[Any, ...]:
        return self.policy(inputs["obs"]), self.critic(inputs["obs"]), None

    def is_rnn(self) -> bool:
        return False


def narrow(width: int, actions: spaces.Space[Any]) -> ActorCritic:
    model_builder.register_network("narrow", Narrow)
    info = {"observation_space": VECTOR, "action_space": actions}
    names = (
        ("a2c_discrete", "discrete_a2c")
        if isinstance(actions, spaces.Discrete)
        else ("a2c_continuous", GAUSSIAN)
    )
    fitted = Fitted(*names, {"name": "narrow", "width": width, "space": {}}, normalize_input=False)
    return ActorCritic(fitted, info, 2, normalize_value=False, device="cpu")


def test_somebody_elses_network_is_tried_out_before_it_is_trained() -> None:
    narrow(2, spaces.Discrete(2))
    line = (
        r"narrow: its forward\(\) gives \[\(2, 1\), \(2, 1\)\] for 2 .* \[\(2, 2\), \(2, 1\)\] were expected"
    )
    with pytest.raises(ConfigError, match=line):
        narrow(1, spaces.Discrete(2))
    with pytest.raises(ConfigError, match="narrow fails for observations .*expected 2, got 1"):
        narrow(2, spaces.Box(-1.0, 1.0, (2,)))  # which has no sigma
    with pytest.raises(ConfigError, match="narrow fails for observations .*NoneType"):
        narrow(0, spaces.Discrete(2))
