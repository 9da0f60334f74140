"""Checkpoints go both ways between rlgx and stock rl_games."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rl_games.algos_torch import a2c_discrete, players

from algos import load_policy
from tests.stock_params import stock_params
from train import run

SHORT = ("task=CartPole", "num_envs=8", "eval_every=0", "max_iterations=3", "device=cpu")
OBS = np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32)


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _stock_params(about: dict[str, Any]) -> dict[str, Any]:
    return stock_params(SHORT, about["algo"], about["model"], about)


def test_stock_rl_games_plays_our_checkpoint_as_we_do() -> None:
    file = run(*SHORT)["checkpoints"]["last"]
    about = torch.load(file, weights_only=True)["rlgx"]["policy"]
    player = players.PpoPlayerDiscrete(_stock_params(about))
    player.restore(file)
    player.has_batch_dimension = True
    theirs = player.get_action(torch.from_numpy(OBS), is_deterministic=True)
    player.env.close()
    assert theirs.tolist() == load_policy(file).act(OBS).tolist()


def test_stock_rl_games_goes_on_training_from_our_checkpoint() -> None:
    file = run(*SHORT)["checkpoints"]["last"]
    about = torch.load(file, weights_only=True)["rlgx"]["policy"]
    agent = a2c_discrete.DiscreteA2CAgent(base_name="run", params=_stock_params(about))
    agent.restore(file)
    assert agent.epoch_num == 3 and agent.frame == 3 * 8 * 16
    agent.vec_env.close()
    agent.writer.close()


def test_a_stock_checkpoint_plays_and_warm_starts_here() -> None:
    summary = run(*SHORT)
    about = torch.load(summary["checkpoints"]["last"], weights_only=True)["rlgx"]["policy"]
    agent = a2c_discrete.DiscreteA2CAgent(base_name="run", params=_stock_params(about))
    agent.save("stock")
    agent.vec_env.close()
    agent.writer.close()
    result = run("task=CartPole", "mode=play", "checkpoint=stock.pth", "episodes=3", "headless=True")
    assert result["episodes"] == 3 and result["checkpoint"] == "stock.pth"
    assert run(*SHORT, "checkpoint=stock.pth")["epochs"] == 3
