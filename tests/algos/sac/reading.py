"""What a finished run of SAC left: its metrics, its replay, and its agent as a resume would have it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from algos.base import Context
from algos.run_dir import RunDir
from algos.runner import build_runner
from algos.sac.agent import SACAgent
from algos.sac.replay import Replay
from algos.saving import Saver, read_whole
from cfg.compose import compose
from cfg.flags import parse
from tasks.registry import register


def metrics(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Every epoch's entry."""
    lines = Path(summary["run"], "metrics.jsonl").read_text().splitlines()
    return [entry for entry in map(json.loads, lines) if "evaluation" not in entry]


def replay_of(summary: dict[str, Any]) -> list[dict[str, float]]:
    """The saved transitions of toy environments that observe [time, episode]: their times and the rest."""
    names = ("obs", "episode", "action", "next_obs", "next_episode", "reward", "discount")
    replay = Replay(100_000, 2, 1, "cpu")
    run, _, beside = left_by(summary)
    Saver(run, 0, {}).load_rows(beside, {"replay": replay})
    return [dict(zip(names, row, strict=True)) for row in replay.read(*replay.held()).tolist()]


def left_by(summary: dict[str, Any]) -> tuple[RunDir, dict[str, Any], dict[str, Any]]:
    """A run's directory, its last checkpoint and what lies beside that."""
    run = RunDir(Path(summary["run"]), summary["task"])
    return run, *read_whole(run, run.last)


@contextmanager
def agent_of(summary: dict[str, Any]) -> Iterator[SACAgent]:
    """The agent that a resume of the run would go on with."""
    config = compose(parse([f"resume={summary['run']}"]))
    register(config)
    made: list[Any] = []
    build_runner(config, Context(config, "cpu", made.append)).run({"train": True, "play": False})
    agent: SACAgent = made[0]
    run, state, beside = left_by(summary)
    agent.set_full_state_weights(state)
    agent.load_resume_state(beside)
    Saver(run, 0, {}).load_rows(beside, agent.growing())
    yield agent
    agent.close()
