"""When evaluations fall due, and what the end of a run leaves."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from train import run


def evaluated_epochs(summary: dict[str, Any]) -> list[int]:
    lines = [json.loads(line) for line in Path(summary["run"], "metrics.jsonl").read_text().splitlines()]
    return [line["epoch"] for line in lines if line.get("evaluation")]


@pytest.mark.parametrize(
    ("episodes", "epochs"),
    [
        (1, [10, 20]),  # 200 steps a time, 320 trained between
        (3, [10, 30]),  # 600 steps: put off from epoch 20 (320 trained since) to 30 (640)
    ],
)
def test_auto_puts_an_evaluation_off_until_as_many_steps_were_trained(
    episodes: int, epochs: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small = ("num_envs=2", "train.params.config.horizon_length=16", "train.params.config.mini_epochs=1")
    summary = run("task=Pendulum", *small, f"max_iterations={epochs[-1]}", f"episodes={episodes}")
    assert evaluated_epochs(summary) == epochs


@pytest.mark.parametrize("train", ["PPO", "SAC"])
@pytest.mark.parametrize(
    ("limit", "frames"), [("max_iterations=3", 48), ("max_frames=40", 48), ("max_wall_s=0.5", None)]
)
def test_a_run_whose_episodes_never_end_stops_at_its_budget_with_a_checkpoint(
    train: str, limit: str, frames: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # An epoch is 8 steps of 2 rows.
    steps = {
        "PPO": ("train.params.config.horizon_length=8", "train.params.config.minibatch_size=16"),
        "SAC": ("train.params.config.num_steps_per_episode=8", "train.params.config.num_warmup_frames=8"),
    }
    endless = (
        "task=Gym",
        "task.env=null",
        "task.entry_point=tests.toy_envs:Push",
        "+env_kwargs.length=1000000",
    )
    summary = run(
        *endless, f"train={train}", *steps[train], "num_envs=2", "device=cpu", "eval_every=0", limit
    )
    state = torch.load(summary["checkpoints"]["last"], weights_only=True)
    assert (summary["status"], state["frame"]) == ("budget", summary["frames"])
    assert summary["frames"] == frames if frames else summary["wall_s"] < 5
