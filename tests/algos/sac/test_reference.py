"""Our SAC computes what rl_games' own agent does, and checkpoints go both ways between them.

For actions in [-1, 1]: in other units rl_games' critics learn at another pace, as Adam's steps do not scale.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from rl_games.algos_torch import players, sac_agent

from algos import load_policy
from tests.algos.sac.reading import agent_of
from tests.stock_params import stock_params
from train import run

C = "train.params.config"
SHORT = (
    "train=SAC",
    "num_envs=4",
    "device=cpu",
    "eval_every=0",
    "max_iterations=4",
    "train.params.network={name: soft_actor_critic, mlp: {units: [16, 16], activation: elu, "
    "initializer: {name: default}}}",
    f"{C}.num_steps_per_episode=10",
    f"{C}.num_warmup_frames=40",
    f"{C}.batch_size=16",
    f"{C}.replay_buffer_size=1000",
    f"{C}.policy_frequency=2",
    f"{C}.critic_grad_clip=5.0",
)
Toy = Callable[..., tuple[str, str]]


@pytest.fixture
def stock() -> Iterator[Callable[..., Any]]:
    """Makes rl_games' own agent or player for a run of ours."""
    made: list[Any] = []

    def make(kind: Any, world: tuple[str, str], about: dict[str, Any], **names: Any) -> Any:
        params = stock_params((*world, *SHORT), "sac", "soft_actor_critic", about)
        made.append(kind(params=params, **names))
        return made[-1]

    yield make
    for each in made:
        (each.env if isinstance(each, players.SACPlayer) else each.vec_env).close()
        if isinstance(each, sac_agent.SACAgent):
            each.writer.close()


def _about(summary: dict[str, Any]) -> dict[str, Any]:
    policy: dict[str, Any] = torch.load(summary["checkpoints"]["last"], weights_only=True)["rlgx"]["policy"]
    return policy


def test_losses_and_weights_equal_the_stock_agents_after_several_updates(toy: Toy, stock: Any) -> None:
    world = toy("Push", length=7)
    summary = run(*world, *SHORT)
    theirs = stock(sac_agent.SACAgent, world, _about(summary), base_name="run")
    with agent_of(summary) as ours:
        theirs.restore(summary["checkpoints"]["last"])
        theirs.log_alpha.data.copy_(ours._learner.log_alpha)
        theirs.update_counter = ours._learner.updates
        for step in range(6):
            batch = ours._replay.sample(16)
            torch.manual_seed(step)
            mine = ours._learner.update(batch)
            torch.manual_seed(step)
            done = batch.discount[:, None] == 0
            rows = (batch.obs, batch.action, batch.reward[:, None], batch.next_obs, done)
            theirs.replay_buffer.sample = lambda _count, rows=rows: rows
            (a_loss, entropy, _, alpha_loss), c1_loss, c2_loss = theirs.update(step)
            expected = {"c1_loss": c1_loss, "c2_loss": c2_loss}
            if "a_loss" in mine:
                expected |= {"a_loss": a_loss, "entropy": entropy, "alpha_loss": alpha_loss}
            for name, value in expected.items():
                torch.testing.assert_close(mine[name], value.detach(), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(ours._learner.log_alpha, theirs.log_alpha)
        weights, host = ours._networks.weights(), theirs.get_weights()
    for section in ("actor", "critic", "critic_target"):
        for key, weight in weights[section].items():
            torch.testing.assert_close(weight, host[section][key], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("normalize_input", [False, True])
def test_stock_rl_games_plays_our_checkpoint_as_we_do(toy: Toy, stock: Any, normalize_input: bool) -> None:
    world = toy("Push", length=7)
    summary = run(*world, *SHORT, f"{C}.normalize_input={normalize_input}")
    player = stock(players.SACPlayer, world, _about(summary))
    player.restore(summary["checkpoints"]["last"])
    player.has_batch_dimension = True
    obs = np.random.default_rng(0).normal(size=(16, 2)).astype(np.float32)
    theirs = player.get_action(torch.from_numpy(obs), is_deterministic=True).detach().numpy()
    np.testing.assert_allclose(theirs, load_policy(summary["run"]).act(obs), atol=1e-6)


def test_a_stock_checkpoint_plays_and_warm_starts_here(toy: Toy, stock: Any) -> None:
    world = toy("Push", length=7)
    theirs = stock(sac_agent.SACAgent, world, _about(run(*world, *SHORT)), base_name="run")
    theirs.save("stock")
    result = run(*world, *SHORT, "mode=play", "checkpoint=stock.pth", "episodes=3", "headless=True")
    assert result["episodes"] == 3
    assert run(*world, *SHORT, "checkpoint=stock.pth")["epochs"] == 4
