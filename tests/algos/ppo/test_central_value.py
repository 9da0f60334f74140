"""A critic of its own: its rate falls as asked, its memory ends where told, a resume takes both along."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from algos.ppo.central_value import CentralValue
from algos.ppo.rollout import Batch
from cfg.errors import CheckpointError, ConfigError
from tests.cfg.composing import composed

CONFIG = "train.params.config"
UPSIDE_DOWN = "{name: random_uniform_initializer, a: 3, b: 1}"
CENTRAL = (
    f"{CONFIG}.central_value_config={{normalize_input: False, learning_rate: 0.001, mini_epochs: 1, %s"
    "clip_value: False, minibatch_size: 8, network: {name: actor_critic, %s"
    "mlp: {units: [8], activation: elu, initializer: {name: default}}}}"
)
GRU = "rnn: {name: gru, units: 8, layers: 1}, "
SMALL = ("train=PPO", "num_envs=4", f"{CONFIG}.horizon_length=4", f"{CONFIG}.seq_length=2")
STATES = spaces.Box(-np.inf, np.inf, (2,), np.float32)
ROWS = 16


def critic(*words: str, keys: str = "", layers: str = "", rate: float = 0.001) -> CentralValue:
    block = (CENTRAL % (keys, layers)).replace("0.001", str(rate))
    settings = composed("task=CartPole", *SMALL, block, *words).settings
    torch.manual_seed(0)
    return CentralValue(settings, {"state_space": STATES}, "cpu")


def trained(central: CentralValue, first: torch.Tensor) -> float:
    draw = torch.Generator().manual_seed(1)
    column, returns = torch.zeros(ROWS), torch.randn(ROWS, 1, generator=draw)
    batch = Batch(column[:, None], column, column, column, column[:, None], returns, first)
    return central.train(batch, torch.randn(ROWS, 2, generator=draw))


def rate_of(central: CentralValue) -> float:
    rate: float = central.state_dict()["assymetric_vf_optimizer"]["param_groups"][0]["lr"]
    return rate


def test_a_linear_rate_falls_to_the_end_of_the_budget() -> None:
    central = critic("max_iterations=4", keys="lr_schedule: linear, ")
    rates = []
    for _ in range(4):
        trained(central, torch.zeros(ROWS))
        rates.append(rate_of(central))
    # rl_games' end is 1e-6: 1e-6 + (1e-3 - 1e-6) * 3/4, 2/4, 1/4 and 0.
    assert rates == pytest.approx([7.5025e-4, 5.005e-4, 2.5075e-4, 1e-6])


@pytest.mark.parametrize("forgets", [True, False])
def test_marks_of_new_episodes_cut_its_memory_only_where_acting_does_too(forgets: bool) -> None:
    losses = []
    for first in (torch.zeros(ROWS), torch.tensor([0.0, 1.0]).repeat(ROWS // 2)):
        central = critic(f"{CONFIG}.zero_rnn_on_done={forgets}", layers=GRU)
        losses.append(trained(central, first))
    assert (losses[0] != losses[1]) == forgets


@pytest.mark.parametrize(
    ("schedule", "asked", "rate"),
    # One epoch of four at 1e-3 is behind it; a linear rate is where it was until its next epoch is over.
    [("constant", 1e-3, 1e-3), ("constant", 5e-4, 5e-4), ("linear", 5e-4, 7.5025e-4)],
)
def test_a_resume_goes_on_at_the_rate_of_a_schedule_or_at_the_one_asked_for(
    schedule: str, asked: float, rate: float
) -> None:
    keys = f"lr_schedule: {schedule}, "
    before, after = (critic("max_iterations=4", keys=keys, rate=start) for start in (0.001, asked))
    trained(before, torch.zeros(ROWS))
    after.load_state_dict(before.state_dict(), with_optimizer=True)
    after.load_resume_state(before.resume_state())
    assert rate_of(after) == pytest.approx(rate)


def test_weights_alone_leave_the_optimiser_as_it_was_made() -> None:
    before, after = critic(), critic()
    trained(before, torch.zeros(ROWS))
    after.load_state_dict(before.state_dict(), with_optimizer=False)
    state = after.state_dict()
    assert state["assymetric_vf_optimizer"]["state"] == {}
    for key, weight in before.state_dict()["assymetric_vf_nets"].items():
        assert torch.equal(state["assymetric_vf_nets"][key], weight)


def test_a_critic_of_another_size_is_refused_by_its_first_tensor() -> None:
    before, after = critic(), critic(layers="value_activation: relu, ", rate=0.002)
    state = before.state_dict()
    name = next(key for key in sorted(state["assymetric_vf_nets"]) if key.endswith("actor_mlp.0.weight"))
    state["assymetric_vf_nets"][name] = torch.zeros(16, 2)
    with pytest.raises(CheckpointError, match=rf"assymetric_vf_nets.{name} is \(16, 2\) there and \(8, 2\)"):
        after.load_state_dict(state, with_optimizer=True)


def test_what_its_builder_raises_is_one_line() -> None:
    block = (CENTRAL % ("", "")).replace("{name: default}", UPSIDE_DOWN)
    settings = composed("task=CartPole", *SMALL, block).settings
    with pytest.raises(ConfigError, match="central_value_config.network: actor_critic fails for"):
        CentralValue(settings, {"state_space": STATES}, "cpu")
