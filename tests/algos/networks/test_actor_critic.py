"""What a network block says is in the module that is built, and does what it says."""

from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch import nn

from algos.fit import fit
from algos.networks.actor_critic import _ResidualBlock
from algos.ppo.actor_critic import ActorCritic
from algos.ppo.central_value import CentralValue
from tests.cfg.composing import composed

VECTOR = spaces.Box(-np.inf, np.inf, (3,), np.float32)
PICTURE = spaces.Box(0, 255, (2, 8, 8), np.uint8)
ACTIONS = {
    "discrete": spaces.Discrete(2),
    "multi_discrete": spaces.Tuple([spaces.Discrete(2), spaces.Discrete(3)]),
    "continuous": spaces.Box(-1.0, 1.0, (2,), np.float32),
}
NETWORK = "train.params.network"
LAYER_NORM = f"+{NETWORK}.normalization=layer_norm"


def built(obs_space: spaces.Space, *words: str, actions: str = "discrete") -> Any:
    """The network that a command line asks for, as its module."""
    config = composed("task=Gym", "env=CartPole-v1", "train=PPO", *words)
    info = {"observation_space": obs_space, "action_space": ACTIONS[actions]}
    torch.manual_seed(0)
    fitted = fit(config.train.params, info)
    return ActorCritic(fitted, info, 1, normalize_value=False, device="cpu").network


def kinds_in(module: nn.Module) -> list[type]:
    return [type(part) for part in module]


def is_normalised(features: torch.Tensor) -> bool:
    """Whether each observation's features have mean 0 and variance 1."""
    rows = features.flatten(1)
    mean, variance = rows.mean(dim=1), rows.var(dim=1, unbiased=False)
    near = {"rtol": 0.0, "atol": 1e-2}
    return torch.allclose(mean, torch.zeros(()), **near) and torch.allclose(variance, torch.ones(()), **near)


@pytest.mark.parametrize("separate", [False, True])
def test_layer_norm_acts_behind_every_plain_layer(separate: bool) -> None:
    """rl_games 1.6.5 builds no norm here, whatever `normalization` says."""
    words = (
        f"{NETWORK}.mlp.units=[16, 8]",
        f"{NETWORK}.mlp.activation=elu",
        f"{NETWORK}.separate={separate}",
    )
    network = built(VECTOR, "network=mlp", LAYER_NORM, *words)
    mlps = [network.actor_mlp, network.critic_mlp] if separate else [network.actor_mlp]
    for mlp in mlps:
        assert kinds_in(mlp) == [nn.Linear, nn.ELU, nn.LayerNorm] * 2
        assert is_normalised(mlp(10.0 * torch.randn(5, 3)))


def test_only_the_first_layer_is_normalised_where_that_is_said() -> None:
    """rl_games takes all layers behind the first for as wide as that one."""
    words = (f"{NETWORK}.mlp.units=[16, 8, 4]", f"+{NETWORK}.mlp.norm_only_first_layer=True")
    network = built(VECTOR, "network=mlp", LAYER_NORM, *words)
    pair = [nn.Linear, nn.Tanh]
    assert kinds_in(network.actor_mlp) == [*pair, nn.LayerNorm, *pair, *pair]
    assert network.actor_mlp(torch.randn(5, 3)).shape == (5, 4)


def test_layer_norm_acts_within_d2rl() -> None:
    network = built(VECTOR, "network=mlp", LAYER_NORM, f"+{NETWORK}.mlp.d2rl=True")
    assert kinds_in(network.actor_mlp.norm_layers) == [nn.LayerNorm] * 2
    # The second layer reads the observation of 3 once more, beside the 64 of the first.
    assert [layer.in_features for layer in network.actor_mlp.linears] == [3, 67]


def test_layer_norm_of_images_reads_each_alike_in_any_company() -> None:
    """rl_games' `LayerNorm2d` takes its statistics over the batch, and has nothing that learns."""
    network = built(PICTURE, "network=cnn_small", LAYER_NORM)
    assert kinds_in(network.actor_cnn) == [nn.Conv2d, nn.ReLU, nn.GroupNorm] * 2
    images = torch.rand(6, 2, 8, 8)
    together = network.actor_cnn(images)
    torch.testing.assert_close(together[:1], network.actor_cnn(images[:1]))
    assert is_normalised(together)
    assert {"actor_cnn.2.weight", "actor_cnn.2.bias"} <= {name for name, _ in network.named_parameters()}


def test_layer_norm_acts_in_a_central_critic() -> None:
    network = f"{{name: actor_critic, normalization: layer_norm, mlp: {_mlp('[8]')}}}"
    config = composed(
        "task=CartPole",
        "num_envs=4",
        "train.params.config.horizon_length=8",
        "train.params.config.central_value_config={normalize_input: False, learning_rate: 0.001, "
        f"mini_epochs: 1, clip_value: True, minibatch_size: 32, network: {network}}}",
    )
    states = {"state_space": spaces.Box(-1.0, 1.0, (5,), np.float32)}
    critic = CentralValue(config.settings, states, "cpu")
    assert sum(isinstance(part, nn.LayerNorm) for part in critic._net.modules()) == 1


def _mlp(units: str) -> str:
    return f"{{units: {units}, activation: elu, initializer: {{name: default}}}}"


def test_a_residual_block_adds_to_what_it_reads() -> None:
    block = _ResidualBlock(2, nn.ReLU())
    with torch.no_grad():
        for layer, factor in ((block.inner, 1.0), (block.outer, 3.0)):
            layer.weight.copy_(factor * torch.eye(2))
            layer.bias.zero_()
    # The norm of [1, 5] is [-1, 1], of that relu leaves [0, 1], times 3 and added to it: [1, 8].
    torch.testing.assert_close(block(torch.tensor([[1.0, 5.0]])), torch.tensor([[1.0, 8.0]]))


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("actions", ACTIONS)
def test_residual_layers_are_blocks_between_a_first_map_and_a_last_norm(actions: str, separate: bool) -> None:
    words = (f"{NETWORK}.mlp.units=[16, 16, 8]", f"{NETWORK}.separate={separate}")
    network = built(VECTOR, "network=residual_mlp", *words, actions=actions)
    mlp = network.critic_mlp if separate else network.actor_mlp
    narrower = [nn.Linear, _ResidualBlock]
    assert kinds_in(mlp) == [nn.Linear, _ResidualBlock, _ResidualBlock, *narrower, nn.LayerNorm]
    assert is_normalised(mlp(torch.randn(5, 3)))
    *_, value, _ = network({"obs": torch.randn(5, 3)})
    assert value.shape == (5, 1)


MIXED = spaces.Dict({"speed": VECTOR, "camera": PICTURE, "near": PICTURE})


def read(network: Any, obs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    logits, value, _ = network({"obs": obs})
    return logits, value


def observed(rows: int = 4) -> dict[str, torch.Tensor]:
    pictures = {key: torch.rand(rows, 2, 8, 8) for key in ("camera", "near")}
    return {"speed": torch.randn(rows, 3), **pictures}


def test_each_part_of_a_dict_has_a_branch_of_its_own_size() -> None:
    tiny = "{convs: [{filters: 4, kernel_size: 3, strides: 2, padding: 0}], units: [10, 7]}"
    words = (f"+{NETWORK}.inputs={{camera: {tiny}, speed: {{units: [5]}}}}", f"{NETWORK}.mlp.units=[6]")
    network = built(MIXED, "network=cnn_small", *words)
    branches = network.actor_cnn.branches
    assert kinds_in(branches["camera"][0]) == [nn.Conv2d, nn.ReLU]
    # 4 filters of 3 x 3: (8 - 3) // 2 + 1 = 3 pixels a side, 36 numbers.
    assert [layer.in_features for layer in branches["camera"] if isinstance(layer, nn.Linear)] == [36, 10]
    assert kinds_in(branches["speed"]) == [nn.Flatten, nn.Linear, nn.ReLU]
    # The camera's 7; of the other image 32 filters of 4 x 4; of the vector 5.
    assert network.actor_mlp[0].in_features == 7 + 32 * 16 + 5
    logits, value = read(network, observed())
    assert (logits.shape, value.shape) == ((4, 2), (4, 1))


@pytest.mark.parametrize("key", ["camera", "near", "speed"])
def test_every_part_of_a_dict_is_seen(key: str) -> None:
    network = built(MIXED, "network=cnn_small")
    obs = observed()
    answers = zip(read(network, obs), read(network, {**obs, key: obs[key] + 1.0}), strict=True)
    assert all((before - after).abs().min() > 1e-6 for before, after in answers)


def test_a_separate_critic_has_branches_of_its_own() -> None:
    network = built(MIXED, "network=cnn_small", f"{NETWORK}.separate=True")
    obs = observed()
    logits, value = read(network, obs)
    with torch.no_grad():
        for parameter in network.critic_cnn.parameters():
            parameter.add_(1.0)
    changed_logits, changed_value = read(network, obs)
    assert torch.equal(logits, changed_logits)
    assert (value - changed_value).abs().min() > 1e-6


def test_the_cnn_of_a_dict_has_the_activation_norm_and_start_that_the_block_says() -> None:
    words = (
        f"{NETWORK}.cnn.activation=elu",
        f"{NETWORK}.cnn.initializer={{name: const_initializer, val: 0.25}}",
        f"+{NETWORK}.inputs={{speed: {{units: [5]}}}}",
        LAYER_NORM,
    )
    branches = built(MIXED, "network=cnn_small", *words).actor_cnn.branches
    assert kinds_in(branches["camera"][0]) == [nn.Conv2d, nn.ELU, nn.GroupNorm] * 2
    assert bool((branches["camera"][0][0].weight == 0.25).all())
    assert kinds_in(branches["speed"]) == [nn.Flatten, nn.Linear, nn.ReLU, nn.LayerNorm]
