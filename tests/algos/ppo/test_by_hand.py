"""A gradient by hand is autograd's, for whole networks and losses; what it cannot do, autograd does."""

from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces

from algos.fit import fit
from algos.ppo.actor_critic import ActorCritic
from algos.ppo.by_hand import GradientByHand
from algos.ppo.learner import Learner
from algos.ppo.rollout import Batch
from tests.cfg.composing import composed

ROWS = 64
ACTIONS = {
    "discrete": spaces.Discrete(3),
    "multi_discrete": spaces.Tuple([spaces.Discrete(2), spaces.Discrete(4)]),
    "one_of_many": spaces.Tuple([spaces.Discrete(3)]),
    "continuous": spaces.Box(-1.0, 1.0, (2,), np.float32),
}
MLP = "train.params.network.mlp"
CONFIG = "train.params.config"


def actor_critic_of(actions: str, *words: str) -> tuple[ActorCritic, Any]:
    config = composed("task=Gym", "env=CartPole-v1", "train=PPO", *words)
    info = {
        "observation_space": spaces.Box(-np.inf, np.inf, (3,), np.float32),
        "action_space": ACTIONS[actions],
        "value_size": 2,
    }
    torch.manual_seed(0)
    made = ActorCritic(fit(config.train.params, info), info, ROWS, normalize_value=False, device="cpu")
    with torch.no_grad():
        for parameter in made.model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return made, config.settings


def batch_for(actions: str, use_mask: bool) -> Batch:
    space = ACTIONS[actions]
    space.seed(0)
    action = torch.tensor(np.array([space.sample() for _ in range(ROWS)]))
    return Batch(
        obs=torch.randn(ROWS, 3),
        action=action,
        neglogp=torch.rand(ROWS),
        advantage=torch.randn(ROWS),
        value=torch.randn(ROWS, 2),
        returns=torch.randn(ROWS, 2),
        first=torch.zeros(ROWS),
        # The third choice is forbidden to nobody who took it.
        mask=torch.nn.functional.one_hot(action, 3).bool() | (torch.rand(ROWS, 3) > 0.5)
        if use_mask
        else None,
    )


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ("discrete", [f"{MLP}.activation=tanh", "train.params.network.separate=True"]),
        ("discrete", [f"{MLP}.activation=relu", f"{CONFIG}.clip_value=False"]),
        ("masked", [f"{MLP}.activation=elu"]),
        ("multi_discrete", [f"{MLP}.activation=elu", "train.params.network.separate=True"]),
        ("one_of_many", [f"{MLP}.units=[8]"]),
        ("continuous", [f"{MLP}.activation=elu", f"{CONFIG}.bounds_loss_coef=0.1"]),
        (
            "continuous",
            [
                f"{CONFIG}.bounds_loss_coef=0.1",
                f"{CONFIG}.bound_loss_type=regularisation",
                "train.params.network.separate=True",
            ],
        ),
    ],
)
def test_losses_and_gradients_are_autograds(actions: str, words: list[str]) -> None:
    use_mask, actions = actions == "masked", actions.replace("masked", "discrete")
    made, settings = actor_critic_of(actions, "network=mlp", f"{CONFIG}.entropy_coef=0.05", *words)
    piece = batch_for(actions, use_mask)
    learner = Learner(made, None, settings)
    parameters = dict(made.model.named_parameters())

    output, neglogp, parts = learner._by_autograd(piece.obs, piece, 0.05)
    expected = {name: parameter.grad.clone() for name, parameter in parameters.items()}
    by_hand = GradientByHand.of(made, settings)
    assert by_hand is not None and isinstance(learner._gradient, GradientByHand)
    found_output, found_neglogp, found = by_hand(piece.obs, piece, 0.05)

    torch.testing.assert_close(found_neglogp, neglogp.detach())
    torch.testing.assert_close(list(found_output), list(output))
    assert parts.keys() == found.keys()
    for name, part in parts.items():
        torch.testing.assert_close(found[name], part)
    assert any(gradient.abs().max() > 1e-3 for gradient in expected.values())
    for name, parameter in parameters.items():
        torch.testing.assert_close(parameter.grad, expected[name], rtol=1e-4, atol=1e-6, msg=name)


@pytest.mark.parametrize(
    "words",
    [
        ["network=lstm"],
        ["network=mlp", f"{MLP}.activation=gelu"],
        ["network=mlp", f"+{MLP}.d2rl=True"],
        ["network=mlp", "+train.params.network.normalization=layer_norm"],
        ["network=residual_mlp"],
        ["network=mlp", f"{CONFIG}.use_smooth_clamp=True"],
    ],
)
def test_what_is_not_written_out_is_left_to_autograd(words: list[str]) -> None:
    made, settings = actor_critic_of("discrete", *words)
    assert GradientByHand.of(made, settings) is None


def test_only_float32_is_written_out() -> None:
    made, settings = actor_critic_of("discrete", "network=mlp", f"{CONFIG}.mixed_precision=True")
    assert GradientByHand.of(made, settings) is not None, "a CPU learns in float32 all the same"
    made.device = "cuda:0"
    assert GradientByHand.of(made, settings) is None


def test_a_state_dependent_or_bounded_sigma_is_left_to_autograd() -> None:
    head = "train.params.network.space.continuous"
    for word in (f"{head}.fixed_sigma=False", f"{head}.min_sigma=0.1"):
        made, _ = actor_critic_of("continuous", "network=mlp", word)
        assert made.plain is None
