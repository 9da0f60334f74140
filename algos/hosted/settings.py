"""The settings of an algorithm that rlgx does not know: rl_games' keys, handed on as they are."""

from typing import Any

from pydantic import ConfigDict

from cfg.schema import Config
from cfg.schema.batch import fitted_size
from cfg.schema.settings import CommonSettings
from cfg.schema.settle import SETTINGS


class HostedSettings(CommonSettings):
    """What rlgx itself reads; all other keys are the agent's own and are not judged."""

    model_config = ConfigDict(extra="allow")

    normalize_input: bool = False


def settle(config: Config[HostedSettings], explicit: frozenset[str]) -> dict[str, Any]:
    """A minibatch that divides the batch, where there is one and nobody named it: agents derived from PPO."""
    given = config.settings.model_extra or {}
    horizon, wanted = given.get("horizon_length"), given.get("minibatch_size")
    if (
        not isinstance(horizon, int)
        or not isinstance(wanted, int)
        or f"{SETTINGS}.minibatch_size" in explicit
    ):
        return {}
    multiple = given.get("seq_length", 4)  # rl_games 1.6.5 demands whole sequences, recurrent or not
    if not isinstance(multiple, int) or multiple < 1:
        return {}  # what rl_games says of it comes out as one line
    return {"minibatch_size": fitted_size(horizon * config.num_envs, multiple, wanted)}
