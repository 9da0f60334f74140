"""Our PPO computes what rl_games' own agents do: same rollout and minibatches, same losses and weights.

Observations are not normalised here, because we read a batch with the statistics it was collected with and
rl_games with later ones; values are.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from rl_games.algos_torch import a2c_continuous, a2c_discrete
from rl_games.common.algo_observer import AlgoObserver

from algos.base import Context
from algos.ppo.rollout import Batch, flatten
from algos.runner import build_runner
from cfg.compose import compose
from cfg.errors import RlgxError
from cfg.flags import parse
from cfg.schema import Config
from tasks.registry import register

STOCK = {"a2c_discrete": a2c_discrete.DiscreteA2CAgent, "a2c_continuous": a2c_continuous.A2CAgent}
CASES = {
    "discrete": ("task=CartPole", "train.params.config.clip_value=False"),
    "continuous": ("task=Pendulum", "train.params.config.bounds_loss_coef=0.01"),
    "recurrent": ("task=CartPole", "network=lstm", "train.params.config.truncate_grads=False"),
}
COMMON = (
    "num_envs=4",
    "device=cpu",
    "train.params.config.horizon_length=16",
    "train.params.config.minibatch_size=32",
    "train.params.config.mini_epochs=3",
    "train.params.config.seq_length=4",
    "train.params.config.lr_schedule=adaptive",
    "train.params.config.kl_threshold=0.008",
    "train.params.config.entropy_coef=0.01",
    "train.params.config.normalize_input=False",
    "train.params.config.shuffle_minibatches=False",
)


@pytest.fixture(params=CASES)
def agents(request: pytest.FixtureRequest, tmp_path: Any, monkeypatch: Any) -> Iterator[tuple[Any, Any]]:
    monkeypatch.chdir(tmp_path)
    config = compose(parse([*COMMON, *CASES[request.param]]))
    register(config)
    made: list[Any] = []
    build_runner(config, Context(config, "cpu", made.append)).run({"train": True, "play": False})
    ours = made[0]
    stock = _stock_agent(config, ours)
    yield ours, stock
    ours.close()
    stock.vec_env.close()
    stock.writer.close()


def _stock_agent(config: Config, ours: Any) -> Any:
    """rl_games' own agent for the same configuration and with our weights."""
    fitted = ours.describe()
    settings = config.settings.model_dump(exclude_none=True)
    params = {
        "algo": {"name": fitted["algo"]},
        "model": {"name": fitted["model"]},
        "network": fitted["network"],
        "config": {
            **settings,
            "name": "stock",
            "env_name": config.task.name,
            "device": "cpu",
            "features": {"observer": AlgoObserver()},
            "reward_shaper": ours.params["config"]["reward_shaper"],
        },
    }
    stock = STOCK[fitted["algo"]](base_name="run", params=params)
    stock.init_tensors()
    stock.model.load_state_dict(ours.model.state_dict())
    return stock


def test_losses_and_weights_equal_the_stock_agents(agents: tuple[Any, Any]) -> None:
    ours, stock = agents
    stock.set_eval()
    ours.collect()
    batch = ours._learner._prepare(ours._rollout, flatten(ours._rollout.obs))
    _hand_over(batch, ours._rollout, stock)
    stock.set_train()
    for _ in range(ours.settings.mini_epochs):
        pieces = batch.minibatches(ours.settings.minibatch_size, ours._learner._seq_length, shuffle=False)
        for number, (index, piece) in enumerate(pieces):
            parts = ours._learner._learn(batch, index, piece)
            a_loss, c_loss, entropy, kl, *rest = stock.train_actor_critic(stock.dataset[number])
            expected = {"a_loss": a_loss, "c_loss": c_loss, "entropy": entropy, "kl": kl}
            for name, value in expected.items():
                assert torch.allclose(parts[name], value, atol=1e-5, rtol=1e-4), name
            if len(rest) > 2:
                stock.dataset.update_mu_sigma(rest[2], rest[3])
    theirs = stock.model.state_dict()
    for name, weight in ours.model.state_dict().items():
        assert torch.allclose(weight.float(), theirs[name].float(), atol=1e-4), name


def _hand_over(batch: Batch, rollout: Any, stock: Any) -> None:
    """Give the stock agent our rollout; it prepares advantages' scale, values and returns itself."""
    from algos.ppo.returns import advantages
    from algos.ppo.rollout import flatten, flatten_states, row_major

    value = torch.stack(rollout.value)
    gains = stock.discount_values(
        rollout.done[-1],
        rollout.last_value,
        rollout.first,
        value,
        rollout.reward,
    )
    ours = advantages(
        rollout.reward,
        value,
        rollout.done,
        rollout.last_value,
        stock.gamma,
        stock.tau,
    )
    assert torch.allclose(gains, ours, atol=1e-5)
    batch_dict = {
        "obses": flatten(rollout.obs),
        "returns": flatten(list(gains + value)),
        "values": flatten(rollout.value),
        "actions": flatten(rollout.action),
        "neglogpacs": flatten(rollout.neglogp),
        "dones": row_major(rollout.first),
        "mus": flatten(rollout.mean),
        "sigmas": flatten(rollout.sigma),
    }
    states = flatten_states(rollout.rnn_states)
    if states is not None:
        batch_dict |= {"rnn_states": states, "rnn_masks": torch.ones(len(batch))}
    stock.prepare_dataset(batch_dict)
    assert torch.allclose(stock.dataset.values_dict["old_values"], batch.value, atol=1e-5)
    assert torch.allclose(stock.dataset.values_dict["returns"], batch.returns, atol=1e-5)
    assert torch.allclose(stock.dataset.values_dict["advantages"], batch.advantage, atol=1e-4)


def test_unknown_algorithms_are_told() -> None:
    from cfg.spec import find

    with pytest.raises(RlgxError, match="did you mean"):
        find("ppoo")
