"""Noise over time: normal in every step, and as correlated as asked for."""

import pytest
import torch

from algos.sac.exploration import CorrelatedNoise, uniform


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_noise_is_standard_normal_and_correlated_from_step_to_step(correlation: float) -> None:
    torch.manual_seed(0)
    noise = CorrelatedNoise(4000, 1, correlation, "cpu")
    steps = torch.stack([noise.draw() for _ in range(21)])[..., 0]
    for step in (0, 20):
        assert steps[step].mean().abs() < 0.05 and steps[step].std() == pytest.approx(1.0, abs=0.05)
    assert torch.corrcoef(steps[:2])[0, 1].item() == pytest.approx(correlation, abs=0.05)
    assert torch.corrcoef(steps[[0, 3]])[0, 1].item() == pytest.approx(correlation**3, abs=0.05)


def test_uniform_actions_fill_the_whole_range_evenly() -> None:
    torch.manual_seed(0)
    actions = uniform(torch.randn(20_000))
    shares = torch.histc(actions, bins=4, min=-1.0, max=1.0) / len(actions)
    assert shares.tolist() == pytest.approx([0.25] * 4, abs=0.02)
    assert uniform(torch.tensor([-9.0, 0.0, 9.0])).tolist() == [-1.0, 0.0, 1.0]
