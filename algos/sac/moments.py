"""Adam's state of the stacked critics, as rl_games' checkpoints hold that of Q1 and Q2. Knows no network."""

from typing import Any

from algos.sac.critics import stack, unstack

State = dict[str, Any]
_MOMENTS = ("exp_avg", "exp_avg_sq")


def to_host(optimizer: State) -> State:
    """An optimizer's `state_dict` over n stacked tensors -> one over the 2n parameters of both critics."""
    (group,), state = optimizer["param_groups"], optimizer["state"]
    count = len(group["params"])
    moments = {name: unstack([state[k][name] for k in range(count)]) for name in _MOMENTS if state}
    spread = {
        k: {"step": state[k % count]["step"].clone(), **{name: moments[name][k] for name in _MOMENTS}}
        for k in range(2 * count)
        if state
    }
    return {"state": spread, "param_groups": [{**group, "params": list(range(2 * count))}]}


def from_host(optimizer: State) -> State:
    """The inverse of `to_host`."""
    (group,), state = optimizer["param_groups"], optimizer["state"]
    count = len(group["params"]) // 2
    moments = {name: stack([state[k][name] for k in range(2 * count)]) for name in _MOMENTS if state}
    gathered = {
        k: {"step": state[k]["step"].clone(), **{name: moments[name][k] for name in _MOMENTS}}
        for k in range(count)
        if state
    }
    return {"state": gathered, "param_groups": [{**group, "params": list(range(count))}]}
