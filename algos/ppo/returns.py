"""Advantages of a rollout. Pure functions; rows that ended are cut, time limits are not ends."""

import torch
from torch import Tensor


def advantages(
    reward: Tensor, value: Tensor, done: Tensor, last_value: Tensor, gamma: float, lam: float
) -> Tensor:
    """Generalised advantages. Schulman et al. 2016, eq. 16.

    `reward`, `value` are [T, N, K]; `done` is float [T, N], 1 where step t ended the row's episode;
    `last_value` [N, K] is the value after the last step. Returns [T, N, K]. A truncated step counts as
    done here: its bootstrap is already in `reward` (see `bootstrap_truncations`).
    """
    going = (1.0 - done).unsqueeze(-1)
    next_value = torch.cat((value[1:], last_value.unsqueeze(0)))
    delta = torch.addcmul(reward - value, next_value, going, value=gamma)
    decay = going * (gamma * lam)
    result = torch.empty_like(delta)
    running = torch.zeros_like(last_value)
    for t in range(delta.shape[0] - 1, -1, -1):
        running = torch.addcmul(delta[t], decay[t], running, out=result[t])
    return result


def bootstrap_truncations(reward: Tensor, final_value: Tensor, time_outs: Tensor, gamma: float) -> Tensor:
    """Reward [N, K] plus gamma * V(final observation) where a time limit cut the row (Pardo et al. 2018).

    `final_value` is [M, K] for the M truncated rows, in their order; `time_outs` is bool [N]. All steps of a
    rollout at once have [T, N] in place of [N].
    """
    bootstrapped = reward.clone()
    bootstrapped[time_outs] += gamma * final_value
    return bootstrapped
