"""SAC learns a real task through the real entry."""

import pytest

from train import run


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pendulum_is_held_up_after_six_thousand_frames() -> None:
    short = ("max_frames=6000", "eval_every=0", "device=cpu", "seed=1")
    summary = run("task=Pendulum", "train=PendulumSAC", *short)
    result = run("mode=eval", f"checkpoint={summary['checkpoints']['last']}", "episodes=50")
    assert result["return_mean"] > -300.0, "random play gets about -1200"
