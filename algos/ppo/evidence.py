"""What PPO has of an epoch in which numbers ran away: for the message, and for a file. Learns nothing."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from algos.finite import first_not_finite, leaves, on_host
from algos.ppo.rollout import Feedback, Rollout

Losses = list[dict[str, Tensor]]
_LARGE = 1e15  # the square of a larger one loses its end in single precision


def blame_rollout(rollout: Rollout, feedback: Feedback, last_obs: Any) -> str | None:
    """The first number that came from the environments and is not finite, None where all are.

    The rollout may have been left at any step.
    """
    for t, named in _in_order(rollout, feedback, last_obs):
        found = first_not_finite([named])
        if found is not None:
            return f"{found[0]} of row {found[1][0]} is {found[2]} at step {t} of the rollout"
    return None


def blame_size(rollout: Rollout, feedback: Feedback, last_obs: Any) -> str | None:
    """The first number that is finite, but too large to learn from."""
    for t, (name, values) in _in_order(rollout, feedback, last_obs):
        array = np.abs(on_host(values))
        if array.dtype.kind == "f" and array.max() > _LARGE:
            row = np.unravel_index(array.argmax(), array.shape)[0]
            return f"{name} of row {row} is as large as {array.max():g} at step {t} of the rollout"
    return None


def blame_losses(losses: Losses) -> str | None:
    """The first loss of an update that is not finite."""
    for number, parts in enumerate(losses, 1):
        found = first_not_finite(parts.items())
        if found is not None:
            return f"{found[0]} of minibatch {number} of the epoch is {found[2]}"
    return None


def blame_weights(model: torch.nn.Module) -> str | None:
    """A gradient, weight or statistic that is not finite."""
    gradients = (
        (f"the gradient of {name}", each.grad)
        for name, each in model.named_parameters()
        if each.grad is not None
    )
    for named in (gradients, model.state_dict().items()):
        found = first_not_finite(named)
        if found is not None:
            return f"{found[0]} is {found[2]} at {list(found[1])}"
    return None


def as_tensors(rollout: Rollout, feedback: Feedback, last_obs: Any, losses: Losses) -> dict[str, Any]:
    """All of it as tensors, the rollout's [T, N, ...] by step and row, the losses' [minibatches]."""
    parts = {
        "obs": rollout.obs,
        "states": rollout.states,
        "action": rollout.action,
        "value": rollout.value,
        "neglogp": rollout.neglogp,
        "reward": feedback.reward,
        "done": feedback.done,
    }
    stacked = {name: _stacked(steps) for name, steps in parts.items() if steps}
    names = losses[0] if losses else {}
    return {
        "rollout": {**stacked, "last_obs": _stacked([last_obs])},
        "losses": {name: torch.stack([each[name] for each in losses]).cpu() for name in names},
    }


def _in_order(rollout: Rollout, feedback: Feedback, last_obs: Any) -> Iterator[tuple[int, tuple[str, Any]]]:
    """What came from the environments, in the order of events: (t, (name, [N, ...]))."""
    for t, obs in enumerate([*rollout.obs, last_obs]):
        seen = [("obs", obs)]
        seen += [("states", rollout.states[t])] if t < len(rollout.states) else []
        seen += [("reward", feedback.reward[t])] if t < len(feedback.reward) else []
        # The shaper makes its rewards once the rollout is complete.
        is_shaped = "reward" in vars(rollout) and t < len(rollout.reward)
        seen += [("the shaped reward", rollout.reward[t])] if is_shaped else []
        for name, values in seen:
            for leaf, part in leaves(name, values):
                yield t, (leaf, part)


def _stacked(steps: list[Any]) -> Any:
    if isinstance(steps[0], dict):
        return {key: _stacked([step[key] for step in steps]) for key in steps[0]}
    return torch.stack([torch.as_tensor(step).cpu() for step in steps])
