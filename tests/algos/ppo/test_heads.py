"""Action heads, against torch.distributions and numbers worked by hand."""

import math

import pytest
import torch
from torch.distributions import Categorical, Normal

from algos.ppo.heads import DiscreteHead, GaussianHead, MultiDiscreteHead


def test_discrete_head_agrees_with_torch() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0], [3.0, 0.0, -1.0]])
    action = torch.tensor([2, 1])
    neglogp, entropy = DiscreteHead().evaluate(logits, action, None)
    reference = Categorical(logits=logits)
    assert torch.allclose(neglogp, -reference.log_prob(action))
    assert torch.allclose(entropy, reference.entropy())
    assert DiscreteHead().greedy(logits, None).tolist() == [2, 0]


def test_a_masked_action_is_never_taken_and_has_no_share_in_the_entropy() -> None:
    logits = torch.tensor([[5.0, 0.0, 0.0]]).repeat(200, 1)
    mask = torch.tensor([[False, True, True]]).repeat(200, 1)
    action, neglogp = DiscreteHead().sample(logits, mask)
    assert 0 not in action.tolist()
    assert torch.allclose(neglogp, torch.full((200,), math.log(2.0)))
    _, entropy = DiscreteHead().evaluate(logits, action, mask)
    assert torch.allclose(entropy, torch.full((200,), math.log(2.0)))


def test_multi_discrete_masks_fit_heads_of_different_sizes() -> None:
    logits = [torch.zeros(1, 2), torch.zeros(1, 3)]
    mask = torch.tensor([[True, False, False, True, True]])
    action, neglogp = MultiDiscreteHead().sample(logits, mask)
    assert action.shape == (1, 2) and action[0, 0] == 0 and action[0, 1] in (1, 2)
    assert torch.allclose(neglogp, torch.tensor([math.log(2.0)]))  # log 1 + log 2
    assert torch.allclose(MultiDiscreteHead().evaluate(logits, action, mask)[0], neglogp)


def test_gaussian_head_agrees_with_torch() -> None:
    mean, log_sigma = torch.tensor([[0.5, -1.0]]), torch.tensor([[0.0, -0.5]])
    action = torch.tensor([[1.0, 0.0]])
    neglogp, entropy = GaussianHead().evaluate((mean, log_sigma), action, None)
    reference = Normal(mean, log_sigma.exp())
    assert torch.allclose(neglogp, -reference.log_prob(action).sum(-1))
    assert torch.allclose(entropy, reference.entropy().sum(-1))


@pytest.mark.parametrize(
    ("head", "output"),
    [
        (DiscreteHead(), torch.randn(1, 4)),
        (MultiDiscreteHead(), [torch.randn(1, 2), torch.randn(1, 3)]),
        (GaussianHead(), (torch.randn(1, 2), torch.zeros(1, 2))),
    ],
)
def test_a_sample_of_one_row_keeps_its_batch_and_its_probability(head: object, output: object) -> None:
    action, neglogp = head.sample(output, None)  # type: ignore[attr-defined]
    assert neglogp.shape == (1,) and len(action) == 1
    again, _ = head.evaluate(output, action, None)  # type: ignore[attr-defined]
    assert torch.allclose(neglogp, again, atol=1e-5)
