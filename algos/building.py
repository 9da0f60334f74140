"""What algorithms ask of rl_games' modules alike: one line where a builder fails, or weights do not fit."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from torch import Tensor

from cfg.errors import CheckpointError, foreign_code

NETWORK = "train.params.network"


def building(network: Mapping[str, Any], shape: Any, key: str = NETWORK) -> AbstractContextManager[None]:
    """Around a builder, of rl_games' or of a plug-in, which may raise anything: that becomes a ConfigError.

    Args:
        network: the block it builds from, which stands at `key`.
        shape: of the observations that it is to read.
        key: where the user wrote it.
    """
    default = ", or use network=auto" if key == NETWORK else ""
    problem = f"{key}: {network['name']} fails for observations {shape}"
    return foreign_code(problem, f"mend {key}{default}; RLGX_DEBUG=1 shows where")


def require_fit(mine: Mapping[str, Tensor], theirs: Mapping[str, Tensor], section: str = "") -> None:
    """Raises CheckpointError naming the first tensor of a checkpoint's section whose shape differs."""
    for key in sorted(mine.keys() | theirs.keys()):
        here, there = _shape(mine, key), _shape(theirs, key)
        if here != there:
            raise CheckpointError(
                f"the checkpoint does not fit this network: {section}{key} is {there} there and {here} here",
                "use the task, train and network it was trained with (its run directory knows them)",
            )


def _shape(weights: Mapping[str, Tensor], key: str) -> str:
    return str(tuple(weights[key].shape)) if key in weights else "absent"
