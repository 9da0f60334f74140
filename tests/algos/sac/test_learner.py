"""SAC's update: which part learns when, and what a checkpoint takes along."""

import copy
import dataclasses

import torch

from tests.algos.sac.making import batch, learner, networks


def test_the_policy_waits_its_turn_and_its_loss_is_told_only_then() -> None:
    ours = learner(networks(), policy_frequency=2)
    first, second = ours.update(batch()), ours.update(batch())
    assert first.keys() == {"c1_loss", "c2_loss"}
    assert second.keys() == {"c1_loss", "c2_loss", "a_loss", "entropy", "alpha", "alpha_loss"}


def test_a_fixed_temperature_stays() -> None:
    ours = learner(networks(), learnable_temperature=False, init_alpha=0.3)
    parts = ours.update(batch())
    assert "alpha_loss" not in parts
    torch.testing.assert_close(ours.log_alpha.exp().item(), 0.3, atol=1e-6, rtol=0.0)


def test_a_terminal_transition_is_worth_its_reward_alone() -> None:
    parts, data = networks(), dataclasses.replace(batch(), discount=torch.zeros(8))
    error = parts.critics(data.obs, data.action).detach() - data.reward
    told = learner(parts, gamma=1.0).update(data)
    torch.testing.assert_close(torch.stack([told["c1_loss"], told["c2_loss"]]), error.square().mean(dim=1))


def test_over_m_steps_the_value_after_them_counts_for_gamma_to_the_m() -> None:
    # Over two steps with gamma 0.5 that is 0.5 ** 2, as over one with gamma 0.25.
    over_two = dataclasses.replace(batch(), discount=0.5 * batch().discount)
    told = []
    for gamma, data in ((0.5, over_two), (0.25, batch()), (0.5, batch())):
        torch.manual_seed(0)
        told.append(learner(networks(), gamma=gamma).update(data)["c1_loss"].item())
    assert told[0] == told[1] != told[2]


def test_a_checkpoint_leaves_rates_and_betas_as_they_were_asked_for() -> None:
    ours, theirs = learner(networks()), learner(networks(), critic_lr=1e-5, critic_betas=[0.5, 0.9])
    ours.update(batch())
    theirs.load_state_dict(copy.deepcopy(ours.state_dict()))
    (group,) = theirs.state_dict()["critic_optimizer"]["param_groups"]
    assert (group["lr"], group["betas"]) == (1e-5, (0.5, 0.9))


def test_a_checkpoint_takes_temperature_moments_and_counter_along() -> None:
    torch.manual_seed(0)
    parts, other = networks(), networks()
    ours, theirs = learner(parts, policy_frequency=2), learner(other, policy_frequency=2)
    for seed in range(5):
        ours.update(batch(seed=seed))
    assert ours.log_alpha.item() != theirs.log_alpha.item()
    other.load(parts.weights())
    theirs.load_state_dict(copy.deepcopy(ours.state_dict()))
    assert theirs.log_alpha.item() == ours.log_alpha.item() and theirs.updates == 5
    for learns in (ours, theirs):
        torch.manual_seed(1)
        learns.update(batch(seed=9))
    for mine, copied in zip(parts.critics.parameters(), other.critics.parameters(), strict=True):
        assert torch.equal(mine, copied)
    for mine, copied in zip(parts.actor.parameters(), other.actor.parameters(), strict=True):
        assert torch.equal(mine, copied)


def test_before_the_first_update_a_checkpoint_has_no_moments() -> None:
    ours, theirs = learner(networks()), learner(networks())
    theirs.load_state_dict(ours.state_dict())
    assert theirs.updates == 0
