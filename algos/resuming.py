"""Going on exactly where a run stopped: what that takes besides the policy's file, taken and put back.

Nothing here draws a random number, so saving changes no result. Knows no particular algorithm and no file.
"""

import random
from typing import Any

import numpy as np
import torch

from algos.base import Agent
from algos.plain import pack, unpack
from algos.seeding import derived_seed
from cfg.errors import CheckpointError

State = dict[str, Any]

FRESH_NOTE = "this checkpoint has no state to go on from exactly: all episodes begin anew"


def snapshot(agent: Agent) -> State:
    """All that an agent needs to go on besides its checkpoint: plain types and tensors."""
    return {
        **agent.resume_state(),
        "random": pack(random_state()),
        "envs": pack(agent.vec_env.get_env_state()),
    }


def go_on(agent: Agent, state: State) -> str | None:
    """Put back what `snapshot` gave; {} or what an older version wrote begins new episodes.

    Returns a note where all begins anew; of single rows the environments tell. Raises CheckpointError where
    the state does not fit.
    """
    agent.load_resume_state(state)
    # For rows that cannot be restored: with the seeds of the run they would play their first episodes again.
    seed = derived_seed(agent.config.seed, "resumed", agent.epoch_num)
    if "envs" not in state:
        agent.vec_env.seed(seed)
        return FRESH_NOTE
    try:
        envs, generators = unpack(state["envs"]), unpack(state["random"])
        if envs["obs"] is not None:  # else the run was stopped before its first step
            agent.vec_env.seed(seed)
            obs, is_new = agent.vec_env.set_env_state(envs)
            agent.take_up(obs, is_new)
        restore_random_state(generators)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"the state of this run does not fit: {type(error).__name__}: {error}",
            "start anew from its weights with checkpoint=",
        ) from error
    return None


def random_state() -> State:
    """Where the process's generators are: torch's on each device, NumPy's and Python's."""
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": np.random.get_state(legacy=False),
        "python": random.getstate(),
    }


def restore_random_state(state: State) -> None:
    """Put back what `random_state` gave; devices that were not there before keep their own."""
    torch.set_rng_state(state["torch"])
    for device, held in enumerate(state["cuda"][: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(held, device)
    np.random.set_state(state["numpy"])
    random.setstate(state["python"])
