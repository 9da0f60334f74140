"""SAC's gradients by hand are autograd's; a network that is written out nowhere is left to autograd."""

import pytest
import torch

from algos.gradients import FlatGradients
from algos.sac import losses, slopes
from algos.sac.by_autograd import GradientsByAutograd
from algos.sac.by_hand import GradientsByHand
from algos.sac.fit import Fitted
from algos.sac.learner import Learner
from algos.sac.networks import SoftActorCritic
from tests.cfg.composing import composed

ROWS, OBS, ACTIONS = 32, 5, 2


def networks_with(activation: str) -> SoftActorCritic:
    network = {
        "name": "soft_actor_critic",
        "separate": True,
        "space": {"continuous": None},
        "mlp": {"units": [16, 8], "activation": activation, "initializer": {"name": "default"}},
        "log_std_bounds": [-5, 2],
    }
    torch.manual_seed(0)
    fitted = Fitted(
        network=network,
        obs_size=OBS,
        action_low=(-1.0,) * ACTIONS,
        action_high=(2.0,) * ACTIONS,
        normalize_input=False,
    )
    made = SoftActorCritic(fitted, "cpu")
    with torch.no_grad():
        for parameter in (*made.actor.parameters(), *made.critics.parameters()):
            parameter.add_(0.3 * torch.randn_like(parameter))
    FlatGradients(made.actor.parameters())
    FlatGradients(made.critics.parameters())
    return made


def gradients_of(module: torch.nn.Module) -> list[torch.Tensor]:
    return [parameter.grad.clone() for parameter in module.parameters()]


@pytest.mark.parametrize("activation", ["relu", "tanh", "elu"])
def test_losses_and_gradients_are_autograds(activation: str) -> None:
    networks = networks_with(activation)
    obs, action, target = torch.randn(ROWS, OBS), torch.rand(ROWS, ACTIONS), torch.randn(ROWS)
    alpha = torch.tensor(0.3)
    by_hand = GradientsByHand.of(networks)
    assert by_hand is not None
    seen = []
    for gradients in (GradientsByAutograd(networks, "cpu", mixed_precision=False), by_hand):
        torch.manual_seed(1)
        critic_loss = gradients.of_critics(obs, action, target)
        actor_loss, log_prob = gradients.of_actor(obs, alpha)
        told = [critic_loss, actor_loss, log_prob]
        seen.append((told, gradients_of(networks.critics), gradients_of(networks.actor)))
    expected, found = seen
    assert all(gradient.abs().max() > 1e-4 for gradient in (*expected[1], *expected[2]))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_an_activation_that_is_not_written_out_is_left_to_autograd() -> None:
    networks = networks_with("gelu")
    assert GradientsByHand.of(networks) is None
    settings = composed("task=Pendulum", "train=PendulumSAC").settings
    assert isinstance(Learner(networks, settings, ACTIONS)._gradients, GradientsByAutograd)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_step_of_one_leaves_the_gradients_of_the_other_alone(activation: str) -> None:
    networks = networks_with(activation)
    by_hand = GradientsByHand.of(networks)
    gradients = by_hand or GradientsByAutograd(networks, "cpu", mixed_precision=False)
    assert (by_hand is None) == (activation == "gelu")
    obs, action, target = torch.randn(ROWS, OBS), torch.rand(ROWS, ACTIONS), torch.randn(ROWS)
    left_alone = (
        (lambda: gradients.of_critics(obs, action, target), (networks.actor, networks.targets)),
        (lambda: gradients.of_actor(obs, torch.tensor(0.3)), (networks.critics, networks.targets)),
    )
    for step, others in left_alone:
        for parameter in (each for other in others for each in other.parameters()):
            parameter.grad = torch.full_like(parameter, 7.0)
        step()
        assert all((grad == 7.0).all() for other in others for grad in gradients_of(other))
        FlatGradients(networks.actor.parameters())
        FlatGradients(networks.critics.parameters())


def test_only_the_smaller_value_moves_the_actor_and_equals_share() -> None:
    value = torch.tensor([[1.0, 3.0, 2.0], [2.0, 1.0, 2.0]])
    by_value, by_log_prob = slopes.actor_slopes(value, torch.tensor(0.6))
    # Of three samples each counts a third; the last one's two values are equal.
    assert torch.allclose(by_value, -torch.tensor([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]]) / 3)
    assert by_log_prob.item() == pytest.approx(0.2)


def test_the_slopes_of_a_squashed_action_are_autograds() -> None:
    torch.manual_seed(0)
    mean, spread = (
        torch.randn(ROWS, ACTIONS, requires_grad=True),
        torch.randn(ROWS, ACTIONS, requires_grad=True),
    )
    noise, by_action, by_log_prob = torch.randn(ROWS, ACTIONS), torch.randn(ROWS, ACTIONS), torch.tensor(0.4)
    low, high = -5.0, 2.0
    log_std = low + 0.5 * (high - low) * (spread.tanh() + 1.0)
    action, log_prob = losses.squash(mean, log_std, noise)
    ((action * by_action).sum() + by_log_prob * log_prob.sum()).backward()
    drawn = slopes.Drawn(log_std.detach(), noise, action.detach())
    by_mean, by_log_std = slopes.squash_slopes(drawn, by_action, by_log_prob)
    torch.testing.assert_close(by_mean, mean.grad)
    by_spread = slopes.spread_slope(by_log_std, log_std.detach(), low, high)
    torch.testing.assert_close(by_spread, spread.grad, rtol=1e-4, atol=1e-5)
