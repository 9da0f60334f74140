"""SAC's networks: rl_games' names and units in checkpoints, and refusals that name the tensor."""

import pytest
import torch

from cfg.errors import CheckpointError
from tests.algos.sac.making import batch, networks


def test_checkpoints_have_exactly_the_tensors_of_rl_games_module() -> None:
    parts = networks(normalize_input=True)
    host, ours = parts.model.sac_network, parts.weights()
    theirs = {name: getattr(host, name).state_dict() for name in ("actor", "critic", "critic_target")}
    theirs["running_mean_std"] = parts.model.running_mean_std.state_dict()
    shapes = {
        name: {key: weight.shape for key, weight in section.items()} for name, section in theirs.items()
    }
    assert shapes == {
        name: {key: weight.shape for key, weight in section.items()} for name, section in ours.items()
    }


def test_in_a_checkpoint_the_critics_read_actions_in_the_environments_units() -> None:
    parts, data = networks(low=-1.0, high=5.0), batch()
    host = parts.model.sac_network.critic
    host.load_state_dict(parts.weights()["critic"])
    first, second = host(data.obs, 2.0 + 3.0 * data.action)
    torch.testing.assert_close(parts.critics(data.obs, data.action), torch.cat([first, second], dim=1).T)


def test_another_network_takes_over_all_of_it() -> None:
    parts, other, data = networks(-2.0, 3.0), networks(-2.0, 3.0), batch()
    parts.targets.follow(networks().critics, 0.5)
    other.load(parts.weights())
    for name in ("critics", "targets"):
        mine, theirs = getattr(parts, name), getattr(other, name)
        torch.testing.assert_close(theirs(data.obs, data.action), mine(data.obs, data.action))
    for mine, theirs in zip(parts.policy(data.obs), other.policy(data.obs), strict=True):
        assert torch.equal(mine, theirs)


def test_the_deviation_stays_within_its_bounds() -> None:
    parts = networks()
    log_std = parts.policy(1e6 * batch().obs)[1]
    assert log_std.min() >= -5.0 and log_std.max() <= 2.0


def test_a_checkpoint_that_does_not_fit_names_the_tensor() -> None:
    parts = networks()
    weights = parts.weights()
    weights["critic"] = {**weights["critic"], "Q2.0.weight": torch.zeros(1, 1)}
    with pytest.raises(CheckpointError, match=r"critic.Q2.0.weight is \(1, 1\) there and \(16, 5\) here"):
        parts.load(weights)
    with pytest.raises(CheckpointError, match="actor.trunk.0.bias is absent there"):
        parts.load({"model": {}})
