"""An empty directory to run in, one thread, and toy environments by a Gymnasium id."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium
import pytest
import torch


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _in_one_thread() -> None:
    # As a run has it: on networks this small, beside others that want the cores, two take many times as long.
    torch.set_num_threads(1)


@pytest.fixture
def toy() -> Iterator[Callable[..., tuple[str, str]]]:
    """Gives the overrides for a class of tests/toy_envs.py, made with arguments."""
    made: list[str] = []

    def register(name: str, **kwargs: Any) -> tuple[str, str]:
        env_id = f"rlgx-tests/{name}{len(made)}-v0"
        gymnasium.register(env_id, entry_point=f"tests.toy_envs:{name}", kwargs=kwargs)
        made.append(env_id)
        return "task=Gym", f"env={env_id}"

    yield register
    for env_id in made:
        gymnasium.registry.pop(env_id)
