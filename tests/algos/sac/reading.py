"""What a finished run of SAC left: its metrics, its replay, and its agent as a resume would have it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from algos.base import Context
from algos.runner import build_runner
from algos.sac.agent import SACAgent
from cfg.compose import compose
from cfg.flags import parse
from tasks.registry import register


def metrics(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Every epoch's entry."""
    lines = Path(summary["run"], "metrics.jsonl").read_text().splitlines()
    return [entry for entry in map(json.loads, lines) if "evaluation" not in entry]


def replay_of(summary: dict[str, Any]) -> list[dict[str, float]]:
    """The saved transitions of toy environments that observe [time, episode]: their times and the rest."""
    (file,) = Path(summary["run"], "resume").iterdir()
    rows = torch.load(file, weights_only=True)["replay"]["rows"]
    names = ("obs", "episode", "action", "next_obs", "next_episode", "reward", "not_terminal")
    return [dict(zip(names, row, strict=True)) for row in rows.tolist()]


@contextmanager
def agent_of(summary: dict[str, Any]) -> Iterator[SACAgent]:
    """The agent that a resume of the run would go on with."""
    config = compose(parse([f"resume={summary['run']}"]))
    register(config)
    made: list[Any] = []
    build_runner(config, Context(config, "cpu", made.append)).run({"train": True, "play": False})
    agent: SACAgent = made[0]
    agent.set_full_state_weights(torch.load(summary["checkpoints"]["last"], weights_only=True))
    (file,) = Path(summary["run"], "resume").iterdir()
    agent.load_resume_state(torch.load(file, weights_only=True))
    yield agent
    agent.close()
