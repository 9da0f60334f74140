"""Adam's state in a checkpoint: one entry for each parameter of both critics, none shared."""

import torch

from algos.sac.moments import from_host, to_host
from tests.algos.sac.making import batch, learner, networks


def test_a_stock_adam_over_both_critics_takes_the_moments_of_the_stacked_ones() -> None:
    parts = networks()
    ours = learner(parts)
    for _ in range(3):
        ours.update(batch())
    saved = ours.state_dict()["critic_optimizer"]
    host = list(parts.model.sac_network.critic.parameters())
    stock = torch.optim.Adam(host, lr=1e-3, fused=True)
    stock.load_state_dict(saved)
    for weight in host:
        assert stock.state[weight]["exp_avg"].shape == weight.shape
        assert stock.state[weight]["step"].item() == 3
    steps = {id(stock.state[weight]["step"]) for weight in host}
    assert len(steps) == len(host), "a shared counter would count every step many times"


def test_there_and_back_is_what_was_there() -> None:
    ours = learner(networks())
    ours.update(batch())
    there = ours.state_dict()["critic_optimizer"]
    again = to_host(from_host(there))
    assert again["param_groups"] == there["param_groups"]
    for k, state in there["state"].items():
        for name, value in state.items():
            assert torch.equal(value, again["state"][k][name]), (k, name)
