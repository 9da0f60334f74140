"""Advantages, against numbers worked by hand."""

import torch

from algos.ppo.returns import advantages, bootstrap_truncations


def _column(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(-1, 1, 1)


def test_advantage_without_an_end_sums_discounted_errors() -> None:
    reward, value = _column(1.0, 1.0), _column(0.5, 0.5)
    done = torch.zeros(2, 1)
    result = advantages(reward, value, done, torch.tensor([[2.0]]), gamma=0.5, lam=0.5)
    # delta_1 = 1 + 0.5 * 2 - 0.5 = 1.5; delta_0 = 1 + 0.5 * 0.5 - 0.5 = 0.75; A_0 = 0.75 + 0.25 * 1.5.
    assert torch.allclose(result, _column(1.125, 1.5))


def test_an_end_cuts_both_the_bootstrap_and_the_sum() -> None:
    reward, value = _column(1.0, 1.0), _column(0.5, 0.5)
    done = torch.tensor([[1.0], [0.0]])
    result = advantages(reward, value, done, torch.tensor([[2.0]]), gamma=0.5, lam=0.5)
    # Row ended after step 0: delta_0 = 1 - 0.5, and nothing of step 1 reaches it.
    assert torch.allclose(result, _column(0.5, 1.5))


def test_rows_and_value_heads_are_independent() -> None:
    reward = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])  # T=1, N=2, K=2
    zeros = torch.zeros(1, 2, 2)
    last = torch.tensor([[1.0, 1.0], [10.0, 10.0]])
    result = advantages(reward, zeros, torch.tensor([[0.0, 1.0]]), last, gamma=1.0, lam=1.0)
    assert torch.equal(result, torch.tensor([[[2.0, 3.0], [3.0, 4.0]]]))


def test_truncation_bootstraps_but_termination_does_not() -> None:
    reward = torch.tensor([[1.0], [1.0], [1.0]])
    time_outs = torch.tensor([False, True, False])  # row 2 terminated
    result = bootstrap_truncations(reward, torch.tensor([[10.0]]), time_outs, gamma=0.9)
    assert torch.allclose(result, torch.tensor([[1.0], [10.0], [1.0]]))
    assert reward[1] == 1.0, "the argument is left alone"
