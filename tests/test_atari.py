"""Atari through the real entry: trains, resumes, evaluates whole games, plays; with each network and kind."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import torch

from cfg.errors import ConfigError
from tests.ray_session import ray_session
from train import run

__all__ = ["ray_session"]

SMALL = (
    "num_envs=2",
    "eval_every=0",
    "device=cpu",
    "train.params.torch_threads=1",
    "train.params.config.horizon_length=32",
    "train.params.config.minibatch_size=32",
    "train.params.config.mini_epochs=1",
)

SHORT_GAMES = "env_kwargs.max_num_frames_per_episode=100"


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def weights(summary: dict[str, Any]) -> str:
    model = torch.load(summary["checkpoints"]["last"], weights_only=True)["model"]
    return hashlib.sha256(b"".join(model[key].numpy().tobytes() for key in sorted(model))).hexdigest()


def test_pong_trains_resumes_evaluates_and_plays_on_its_own_engine() -> None:
    first = run("task=Pong", *SMALL, SHORT_GAMES, "max_iterations=2", "eval_every=2", "episodes=3")
    assert first["status"] == "budget" and first["frames"] == 2 * 2 * 32 and first["env"] == "ale:pong"
    assert first["best_eval"] is not None
    assert run(f"resume={first['run']}", "max_iterations=3")["epochs"] == 3
    result = run("mode=eval", f"checkpoint={first['run']}", "episodes=3")
    assert result["length_mean"] == 25, "100 frames are 25 steps"
    assert run("mode=play", f"checkpoint={first['run']}", "episodes=1", "headless=True")["episodes"] == 1


def test_the_same_seed_gives_the_same_weights() -> None:
    one, again = (weights(run("task=Pong", *SMALL, "max_iterations=2", "seed=1")) for _ in range(2))
    other = weights(run("task=Pong", *SMALL, "max_iterations=2", "seed=2"))
    assert one == again != other


def test_evaluation_counts_games_and_not_lives() -> None:
    games = run("task=Breakout", "mode=eval", "policy=zero", "episodes=2", "env_kwargs.noop_max=0")
    assert games["episodes"] == 2 and games["length_mean"] > 100, "a ball is missed after some 20 steps"


@pytest.mark.parametrize("network", ["cnn", "impala"])
def test_both_networks_see_the_pictures(network: str) -> None:
    summary = run("task=Breakout", f"network={network}", *SMALL, SHORT_GAMES, "max_iterations=1")
    result = run("mode=eval", f"checkpoint={summary['run']}", "episodes=1")
    assert result["episodes"] == 1


@pytest.mark.ray
@pytest.mark.usefixtures("ray_session")
def test_without_random_starts_every_kind_teaches_and_plays_the_same() -> None:
    whole = (*SMALL, "env_kwargs.noop_max=0", "max_iterations=1")
    summaries = [run("task=Breakout", *whole, f"vec_env={kind}") for kind in ("native", "sync", "ray")]
    assert len({weights(summary) for summary in summaries}) == 1
    trained = ("mode=eval", f"checkpoint={summaries[0]['run']}", "episodes=2")
    native, sync = (run(*trained, f"vec_env={kind}") for kind in ("native", "sync"))
    assert native == sync and native["length_mean"] > 100


def test_any_gymnasium_id_of_a_game_is_seen_the_same_way() -> None:
    for words in (("env=ALE/Freeway-v5",), ("env=ALE/Freeway-v5", "vec_env=native"), ("env=ale:freeway",)):
        summary = run("task=Gym", *words, "train=AtariPPO", *SMALL, "max_iterations=1")
        about = torch.load(summary["checkpoints"]["last"], weights_only=True)["rlgx"]["policy"]
        assert about["observation_space"]["shape"] == [4, 84, 84]
        assert not about["normalize_input"]


def test_a_network_for_vectors_is_refused() -> None:
    with pytest.raises(ConfigError, match="network: an MLP cannot read observations of shape"):
        run("task=Pong", *SMALL, "network=mlp", "max_iterations=1")
