"""Every schedule and loss of the update acts: on the rate of the gradient steps, and with any budget."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from algos.ppo.learner import Learner
from algos.ppo.rollout import Batch, Rollout
from tests.algos.ppo.test_by_hand import CONFIG, ROWS, actor_critic_of, batch_for
from train import run

MINIBATCHES = 4


def learner_and_batch(actions: str, *words: str) -> tuple[Learner, Batch]:
    made, settings = actor_critic_of(
        actions, "network=mlp", *words, f"{CONFIG}.minibatch_size={ROWS // MINIBATCHES}"
    )
    batch = batch_for(actions, use_mask=False)
    if actions == "continuous":
        batch = replace(batch, mean=torch.zeros(ROWS, 2), sigma=torch.ones(ROWS, 2))
    return Learner(made, None, settings), batch


def weights_of(learner: Learner) -> torch.Tensor:
    return torch.cat([each.detach().flatten() for each in learner._actor_critic.model.parameters()])


def test_a_gradient_step_is_taken_at_the_rate_in_force() -> None:
    learner, batch = learner_and_batch("discrete")
    before = weights_of(learner)
    learner.set_learning_rate(0.0)
    learner._mini_epoch(batch)
    assert torch.equal(weights_of(learner), before)
    learner.set_learning_rate(1e-3)
    learner._learn(batch, slice(None), batch)
    # Adam moves each weight that has a gradient by the rate, or a little less.
    assert (weights_of(learner) - before).abs().max().item() == pytest.approx(1e-3, rel=0.05)


@pytest.mark.parametrize(
    ("actions", "schedule_type", "changes"),
    [
        ("continuous", "legacy", MINIBATCHES),
        ("continuous", "standard", 1),
        ("discrete", "legacy", 1),  # as in rl_games
    ],
)
def test_the_adaptive_rate_rises_below_its_threshold_and_falls_above(
    actions: str, schedule_type: str, changes: int
) -> None:
    for threshold, factor in ((1e9, 1.5), (1e-9, 1 / 1.5)):
        learner, batch = learner_and_batch(
            actions,
            f"{CONFIG}.lr_schedule=adaptive",
            f"{CONFIG}.schedule_type={schedule_type}",
            f"{CONFIG}.kl_threshold={threshold}",
            f"{CONFIG}.learning_rate=1e-4",
        )
        learner._mini_epoch(batch)
        assert learner.learning_rate == pytest.approx(1e-4 * factor**changes)
        assert learner.optimizer.param_groups[0]["lr"] == learner.learning_rate


def test_a_constant_rate_stays() -> None:
    words = (f"{CONFIG}.lr_schedule=constant", f"{CONFIG}.learning_rate=2e-4", f"{CONFIG}.entropy_coef=0.01")
    learner, batch = learner_and_batch("continuous", *words)
    learner._mini_epoch(batch)
    learner._anneal(0.9)
    assert learner.rates() == {"last_lr": 2e-4, "entropy_coef": 0.01}


@pytest.mark.parametrize(
    ("schedule", "asked", "rate"),
    [
        ("constant", 1e-3, 1e-3),
        ("constant", 5e-4, 5e-4),
        ("adaptive", 1e-3, 2e-4),
        ("adaptive", 5e-4, 5e-4),
        ("linear", 5e-4, 2e-4),  # the next epoch's is on the new line
    ],
)
def test_a_resume_goes_on_at_the_rate_it_had_reached_or_at_another_that_is_asked_for(
    schedule: str, asked: float, rate: float
) -> None:
    words = (f"{CONFIG}.lr_schedule={schedule}", f"{CONFIG}.entropy_coef=0.01")
    before, _ = learner_and_batch("discrete", *words, f"{CONFIG}.learning_rate=1e-3")
    before.set_learning_rate(2e-4)
    other = (f"{CONFIG}.learning_rate={asked}", f"{CONFIG}.entropy_coef=0.03", f"{CONFIG}.weight_decay=0.1")
    after, _ = learner_and_batch("discrete", *words[:1], *other)
    after.load(before.state_dict())
    assert after.rates() == {"last_lr": rate, "entropy_coef": 0.03}
    (group,) = after.optimizer.param_groups
    assert (group["lr"], group["weight_decay"]) == (rate, 0.1)


@pytest.mark.parametrize(
    ("normalises", "advantage"),
    # Mean 7 and deviation sqrt((36 + 4 + 4 + 36) / 3) = 5.164.
    [("False", [1.0, 9.0, 5.0, 13.0]), ("True", [-1.1619, 0.3873, -0.3873, 1.1619])],
)
def test_advantages_are_normalised_where_it_is_asked_for(normalises: str, advantage: list[float]) -> None:
    """Two steps of two rows, each the end of its episode: reward less value 1, of both heads together."""
    learner, _ = learner_and_batch("discrete", f"{CONFIG}.normalize_advantage={normalises}")
    zeros, ones = torch.zeros(2), torch.ones(2, 2)
    parts = {"obs": torch.zeros(2, 3), "action": zeros.long(), "neglogp": zeros, "value": ones}
    rollout = Rollout(**{name: [part, part] for name, part in parts.items()})
    rollout.reward = torch.arange(1.0, 9.0).view(2, 2, 2)
    rollout.done, rollout.first, rollout.last_value = ones, ones, ones
    batch = learner._prepare(rollout, torch.zeros(4, 3))
    assert batch.advantage.tolist() == pytest.approx(advantage, abs=1e-3)


@pytest.mark.parametrize(("clip_value", "loss"), [("True", 0.64), ("False", 0.01)])
def test_a_value_is_clipped_where_it_is_asked_for(clip_value: str, loss: float) -> None:
    """Old 0, new 0.9, return 1: within 0.2 of the old one it is 0.2, and (0.2 - 1)^2 is the worse."""
    learner, batch = learner_and_batch(
        "discrete", f"{CONFIG}.clip_value={clip_value}", f"{CONFIG}.e_clip=0.2"
    )
    batch = replace(batch, value=torch.zeros(1, 1), returns=torch.ones(1, 1))
    assert learner._value_loss(torch.tensor([[0.9]]), batch).item() == pytest.approx(loss)


@pytest.mark.parametrize("actions", ["discrete", "continuous"])
def test_bfloat16_leaves_losses_and_gradients_in_float32(actions: str) -> None:
    """On the CPU's own autocast, which nobody gets from the settings: a GPU has the same code to run."""
    words = (f"{CONFIG}.lr_schedule=adaptive", f"{CONFIG}.mixed_precision=True")
    learner, batch = learner_and_batch(actions, *words)
    index, piece = next(batch.minibatches(ROWS // 2, 1, shuffle=True))
    found = {}
    for is_mixed in (False, True):
        learner._mixed_precision = is_mixed
        output, neglogp, parts = learner._by_autograd(piece.obs, piece, 0.05)
        found[is_mixed] = torch.cat(
            [each.grad.flatten() for each in learner._actor_critic.model.parameters()]
        )
        said = output if isinstance(output, tuple) else (output,)
        assert {each.dtype for each in (*said, neglogp, found[is_mixed])} == {torch.float32}
        learner._kl(batch, index, piece, output, neglogp)
    difference = (found[True] - found[False]).norm() / found[False].norm()
    assert 0.0 < difference < 0.05  # eight bits of mantissa


SMALL = (
    *(
        "num_envs=4",
        "eval_every=0",
        "device=cpu",
        f"{CONFIG}.horizon_length=16",
        f"{CONFIG}.minibatch_size=32",
    ),
    *(f"{CONFIG}.mini_epochs=1", f"{CONFIG}.lr_schedule=linear"),
    *(f"{CONFIG}.learning_rate=1e-3", f"{CONFIG}.min_lr=2e-4"),
    *(f"{CONFIG}.schedule_entropy=True", f"{CONFIG}.entropy_coef=0.0401", f"{CONFIG}.max_sigma=[0.9,0.1]"),
)


@pytest.mark.parametrize("budget", ["max_iterations=4", "max_frames=256"])  # 4 epochs of 4 * 16
def test_linear_schedules_end_with_a_budget_of_epochs_as_of_frames(
    budget: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """rl_games 1.6.5 never anneals under max_frames: it hands its schedule 0 frames."""
    monkeypatch.chdir(tmp_path)
    summary = run("task=Pendulum", *SMALL, budget)
    told: list[dict[str, Any]] = [
        json.loads(line) for line in Path(summary["run"], "metrics.jsonl").read_text().splitlines()
    ]
    assert [each["last_lr"] for each in told] == pytest.approx([8e-4, 6e-4, 4e-4, 2e-4])
    assert [each["entropy_coef"] for each in told] == pytest.approx([0.0301, 0.0201, 0.0101, 0.0001])
    assert [each["max_sigma"] for each in told] == pytest.approx([0.7, 0.5, 0.3, 0.1])
    state = torch.load(summary["checkpoints"]["last"], weights_only=True)
    assert state["model"]["a2c_network.sigma"].item() == pytest.approx(math.log(0.1))
    assert state["max_sigma"] == pytest.approx(0.1)


def test_mixed_precision_on_the_cpu_is_told_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    weights = []
    for wanted in (True, False):
        summary = run("task=Pendulum", *SMALL, "max_iterations=1", f"{CONFIG}.mixed_precision={wanted}")
        weights.append(torch.load(summary["checkpoints"]["last"], weights_only=True)["model"])
        line = "note: mixed_precision=True has no effect on cpu: networks learn in float32"
        assert (line in capsys.readouterr().out) == wanted
    assert all(torch.equal(weight, weights[1][name]) for name, weight in weights[0].items())
