"""`--check` is the test of every shipped task: each keeps the contract under each vector environment."""

import pytest

from cfg.compose import load_task
from cfg.errors import ConfigError
from cfg.listing import available
from tasks.make import factory_of
from tests.ray_session import ray_session
from train import run

__all__ = ["ray_session"]

FIXED = [name for name, *_ in available("tasks") if not load_task(name).is_open]

# Four rows of a hundred steps: the ends of longer episodes are met under a time limit.
SHORT = ("num_envs=4", "max_frames=400")
# A game takes a tenth of a second to seed.
FEW = ("num_envs=2", "max_frames=200")


@pytest.mark.ray
@pytest.mark.usefixtures("ray_session")
@pytest.mark.parametrize("task", FIXED)
def test_a_shipped_task_keeps_the_contract_whoever_steps_it(task: str) -> None:
    try:
        factory_of(load_task(task))
    except ConfigError as error:
        if "pip install" in error.remedy:
            pytest.skip(str(error))
        raise
    is_game = (load_task(task).env or "").startswith("ale:")
    result = run("--check", f"task={task}", *(FEW if is_game else SHORT))
    assert {"sync", "process", "ray"} <= result["vec_envs"].keys()
    for kind, column in result["vec_envs"].items():
        assert column["failed"] == {}, kind
        # Few environments end by themselves in a hundred steps at random.
        assert column["unseen"].keys() <= {"terminations"}, kind
    assert result["exit_code"] == 0
