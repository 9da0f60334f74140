"""When evaluations fall due, and what the end of a run leaves."""

import json
from pathlib import Path
from typing import Any

import pytest

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
