"""A run as a SIGKILL leaves it: copied in the middle, with all that is written and nothing more."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from rl_games.common.algo_observer import AlgoObserver
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SAVED, STOPPED, WHOLE = 2, 3, 5
"""Epochs: the last save before the stop, the one that is reported last, and the end."""

LIVES = (
    "observers=[tests.stopped_run:Stopped]",
    f"max_iterations={WHOLE}",
    f"train.params.config.save_frequency={SAVED}",
    "device=cpu",
)
"""Overrides of a run that can be stopped."""


class Stopped(AlgoObserver):
    """Copies the directory of the run once an epoch is reported that is not saved."""

    def after_init(self, algo: Any) -> None:
        self._path = algo.context.run.path

    def after_print_stats(self, frame: int, epoch_num: int, total_time: float) -> None:
        copy = copy_of(self._path)
        if epoch_num == STOPPED and not copy.exists() and not self._path.name.endswith("stopped"):
            shutil.copytree(self._path, copy)


def copy_of(path: Path) -> Path:
    """Where the stopped copy of a run is."""
    return path.with_name(f"{path.name}_stopped")


def digest(summary: dict[str, Any]) -> str:
    """sha256 of all that the last checkpoint holds of weights and optimisers."""
    state = torch.load(summary["checkpoints"]["last"], weights_only=True)
    sha = hashlib.sha256()
    for section in sorted(state.keys() - {"rlgx"}):
        _add(sha, state[section])
    return sha.hexdigest()


def told(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Every line of metrics.jsonl without what the clock says."""
    lines = Path(summary["run"], "metrics.jsonl").read_text().splitlines()
    return [{key: value for key, value in json.loads(line).items() if key not in CLOCK} for line in lines]


def tags(summary: dict[str, Any]) -> dict[str, list[int]]:
    """The steps at which TensorBoard was told each number that does not count seconds."""
    events = EventAccumulator(str(Path(summary["run"], "summaries"))).Reload()
    names = [name for name in events.Tags()["scalars"] if not name.endswith("/time")]
    return {name: [event.step for event in events.Scalars(name)] for name in names}


CLOCK = ("wall_s", "fps")


def _add(sha: Any, part: Any) -> None:
    if isinstance(part, torch.Tensor):
        sha.update(part.numpy().tobytes())
    elif isinstance(part, dict):
        for key in sorted(part, key=str):
            sha.update(str(key).encode())
            _add(sha, part[key])
    elif isinstance(part, list | tuple):
        for each in part:
            _add(sha, each)
    else:
        sha.update(repr(part).encode())
