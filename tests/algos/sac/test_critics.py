"""Twin critics: the same numbers as rl_games' two modules, and gradients only where they are used."""

import torch

from algos.sac.critics import stack, unstack
from tests.algos.sac.making import batch, networks


def test_both_critics_at_once_equal_rl_games_two_modules() -> None:
    parts, data = networks(), batch()
    first, second = parts.model.sac_network.critic(data.obs, data.action)
    both = parts.critics(data.obs, data.action)
    torch.testing.assert_close(both, torch.cat([first, second], dim=1).T)


def test_the_policys_loss_gives_the_action_a_gradient_and_no_critic_one() -> None:
    parts, data = networks(), batch()
    action = data.action.clone().requires_grad_()
    values = parts.critics.frozen(data.obs, action)
    torch.testing.assert_close(values, parts.critics(data.obs, action))
    values.sum().backward()
    assert action.grad is not None and action.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in parts.critics.parameters())


def test_slow_critics_start_equal_and_follow_by_their_share() -> None:
    parts, data = networks(), batch()
    torch.testing.assert_close(parts.targets(data.obs, data.action), parts.critics(data.obs, data.action))
    with torch.no_grad():
        for weight in parts.critics.parameters():
            weight += 1.0
    before = [weight.detach().clone() for weight in parts.targets.parameters()]
    parts.targets.follow(parts.critics, 0.25)
    for old, new in zip(before, parts.targets.parameters(), strict=True):
        torch.testing.assert_close(new.detach(), old + 0.25)


def test_unstacking_gives_back_what_was_stacked() -> None:
    given = [torch.randn(shape) for _ in (1, 2) for shape in ((4, 3), (4,), (1, 4), (1,))]
    for before, after in zip(given, unstack(stack(given)), strict=True):
        assert torch.equal(before, after) and after.is_contiguous()
