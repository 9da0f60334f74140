"""SAC through the real entry: each defect of rl_games' SAC that ours must not have, and its life."""

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from algos import load_policy
from cfg.errors import CheckpointError, ConfigError
from tests.algos.sac.reading import agent_of, metrics, replay_of
from train import run

C = "train.params.config"
SMALL = (
    "train=SAC",
    "num_envs=4",
    "device=cpu",
    "eval_every=0",
    "train.params.network={name: soft_actor_critic, mlp: {units: [16], activation: relu, "
    "initializer: {name: default}}}",
    f"{C}.num_steps_per_episode=10",
    f"{C}.num_warmup_frames=40",
    f"{C}.replay_buffer_size=1000",
    f"{C}.batch_size=16",
)
Toy = Callable[..., tuple[str, str]]


def _state(summary: dict[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(summary["checkpoints"]["last"], weights_only=True)
    return state


def _digest(summary: dict[str, Any], *sections: str) -> str:
    state = _state(summary)
    parts = [state[section][key] for section in sections for key in sorted(state[section])]
    return hashlib.sha256(b"".join(part.numpy().tobytes() for part in parts)).hexdigest()


def test_the_same_seed_gives_the_same_weights_and_another_differs(toy: Toy) -> None:
    push = toy("Push", length=7)
    first, again, other = (run(*push, *SMALL, "max_iterations=4", f"seed={seed}") for seed in (1, 1, 2))
    sections = ("actor", "critic", "critic_target")
    assert _digest(first, *sections) == _digest(again, *sections) != _digest(other, *sections)


def test_evaluations_do_not_change_training(toy: Toy) -> None:
    push = toy("Push", length=7)
    without = run(*push, *SMALL, "max_iterations=4")
    assert _digest(run(*push, *SMALL, "max_iterations=4", "eval_every=2"), "actor") == _digest(
        without, "actor"
    )


def test_a_truncated_step_is_not_terminal_and_leads_to_its_true_final_observation(toy: Toy) -> None:
    rows = replay_of(run(*toy("Push", length=1000, limit=3), *SMALL, "max_iterations=2"))
    # The third step of every episode is cut off at time 3; the next episode begins at 0.
    assert {(row["obs"], row["next_obs"], row["discount"]) for row in rows} == {
        (0.0, 1.0, 1.0),
        (1.0, 2.0, 1.0),
        (2.0, 3.0, 1.0),
    }


def test_an_episodes_own_end_is_terminal(toy: Toy) -> None:
    rows = replay_of(run(*toy("Push", length=3, limit=3), *SMALL, "max_iterations=2"))
    assert {(row["obs"], row["next_obs"], row["discount"]) for row in rows} == {
        (0.0, 1.0, 1.0),
        (1.0, 2.0, 1.0),
        (2.0, 3.0, 0.0),
    }


def test_without_value_bootstrap_a_time_limit_is_an_end(toy: Toy) -> None:
    push = toy("Push", length=1000, limit=3)
    rows = replay_of(run(*push, *SMALL, f"{C}.value_bootstrap=False", "max_iterations=2"))
    assert {row["discount"] for row in rows if row["obs"] == 2.0} == {0.0}


def test_the_temperature_is_in_the_checkpoint_and_comes_back_in_a_resume(toy: Toy) -> None:
    half = run(*toy("Push"), *SMALL, "max_iterations=4", f"{C}.init_alpha=0.5", f"{C}.alpha_lr=0.01")
    learned = _state(half)["log_alpha"].item()
    assert learned != pytest.approx(math.log(0.5), abs=1e-3)
    with agent_of(half) as agent:
        assert agent._learner.log_alpha.item() == learned


def test_a_resume_has_the_replay_and_every_counter_back(toy: Toy) -> None:
    half = run(*toy("Push", length=7), *SMALL, "max_iterations=4")
    with agent_of(half) as agent:
        assert len(agent._replay) == agent.frame == 160 and agent.epoch_num == 4
        assert agent._learner.updates == 160 - 40 + 4
    whole = run(f"resume={half['run']}", "max_iterations=6")
    assert whole["run"] == half["run"] and whole["epochs"] == 6 and whole["frames"] == 240
    assert len(replay_of(whole)) == 240
    assert [entry["epoch"] for entry in metrics(whole)] == [1, 2, 3, 4, 5, 6]


def test_a_replay_is_saved_by_what_was_added_and_lies_there_once(toy: Toy) -> None:
    summary = run(*toy("Push"), *SMALL, "max_iterations=6", f"{C}.save_frequency=1", "keep_last=2")
    resume = Path(summary["run"], "resume")
    names = ["ep_5_200.pth", "ep_6_240.pth", "replay_000000000000.rows"]
    assert sorted(file.name for file in resume.iterdir()) == names
    assert _state(summary)["rlgx"]["beside"] == "ep_6_240.pth"
    # 6 epochs of 40 transitions of 2 + 1 + 2 + 1 + 1 float32
    assert (resume / names[2]).stat().st_size == 240 * 7 * 4
    (part,) = torch.load(resume / "ep_5_200.pth", weights_only=True)["growing"]["replay"]["parts"]
    assert (part["first"], part["end"]) == (0, 200)


@pytest.mark.parametrize("name", ["ep_2_80.pth", "replay_000000000000.rows"])
def test_a_damaged_or_missing_replay_is_refused(toy: Toy, name: str) -> None:
    summary = run(*toy("Push"), *SMALL, "max_iterations=2")
    file = Path(summary["run"], "resume", name)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        run(f"resume={summary['run']}", "max_iterations=3")
    file.unlink()
    with pytest.raises(CheckpointError, match=f"{name} is missing"):
        run(f"resume={summary['run']}", "max_iterations=3")


def test_without_a_saved_replay_a_resume_gathers_a_warm_up_first(toy: Toy) -> None:
    half = run(*toy("Push"), *SMALL, "max_iterations=4", f"{C}.save_replay_buffer=False")
    (file,) = Path(half["run"], "resume").iterdir()
    assert torch.load(file, weights_only=True)["growing"] == {}
    whole = run(f"resume={half['run']}", "max_iterations=6")
    learned = ["c1_loss" in entry for entry in metrics(whole)]
    assert learned == [True] * 6 and _state(whole)["update_counter"] == 124 + (80 - 40 + 4)


def test_greedy_play_reaches_the_environments_own_bounds(toy: Toy) -> None:
    push = toy("Push", length=20, bound=10.0)
    summary = run(*push, *SMALL, "max_iterations=20", f"{C}.actor_lr=0.01", f"{C}.critic_lr=0.01")
    action = load_policy(summary["run"]).act(np.zeros((1, 2), np.float32))
    assert 3.0 < action.item() < 7.0, "half of the bound is best"
    played = run("mode=play", f"checkpoint={summary['run']}", "episodes=2", "headless=True")
    assert played["return_mean"] > 20 * (1 - 0.2**2)


def test_a_run_stops_on_its_budget_without_any_finished_episode(toy: Toy) -> None:
    forever = toy("Push", length=10**9)
    epochs = run(*forever, *SMALL, "max_iterations=3")
    assert epochs["status"] == "budget" and epochs["epochs"] == 3
    frames = run(*forever, *SMALL, "max_frames=100")
    assert frames["status"] == "budget" and frames["frames"] == 120
    assert metrics(frames)[-1]["reward_mean"] is None


def test_reported_rewards_are_the_environments_own(toy: Toy) -> None:
    # A push gives between -1.25 and 1.
    summary = run(*toy("Push", length=1), *SMALL, "max_iterations=2", f"{C}.reward_shaper.scale_value=100")
    assert -1.25 <= metrics(summary)[-1]["reward_mean"] <= 1.0
    assert max(row["reward"] for row in replay_of(summary)) > 50.0


@pytest.mark.parametrize(("num_envs", "steps"), [(1, 80), (8, 10)])
def test_gradient_steps_a_frame_do_not_depend_on_the_number_of_environments(
    toy: Toy, num_envs: int, steps: int
) -> None:
    shape = (f"num_envs={num_envs}", f"{C}.num_steps_per_episode={steps}", f"{C}.num_warmup_frames=0")
    summary = run(*toy("Push"), *SMALL, *shape, "max_iterations=2")
    assert summary["frames"] == 160 and _state(summary)["update_counter"] == 160


def test_a_fraction_of_a_gradient_step_is_carried_over(toy: Toy) -> None:
    less = (f"{C}.utd_ratio=0.15", f"{C}.num_warmup_frames=0")
    summary = run(*toy("Push"), *SMALL, *less, "max_iterations=2")
    assert summary["frames"] == 80 and _state(summary)["update_counter"] in (11, 12)


def test_a_loss_is_told_for_the_updates_that_had_it_and_no_zeros_dilute_it(toy: Toy) -> None:
    single = ("num_envs=1", f"{C}.num_steps_per_episode=1", f"{C}.num_warmup_frames=0")
    summary = run(*toy("Push"), *SMALL, *single, f"{C}.policy_frequency=3", "max_iterations=7")
    told = ["a_loss" in entry for entry in metrics(summary)]
    assert told == [False, False, True, False, False, True, False]
    odd = run(
        *toy("Push"), *SMALL, f"{C}.policy_frequency=2", f"{C}.num_steps_per_episode=15", "max_iterations=3"
    )
    assert all("a_loss" in entry for entry in metrics(odd)[1:])


def test_what_is_learned_does_not_depend_on_the_units_of_the_actions(toy: Toy) -> None:
    narrow, wide = (
        run(*toy("Push", length=7, bound=bound), *SMALL, "max_iterations=4") for bound in (1.0, 64.0)
    )
    assert _digest(narrow, "actor") == _digest(wide, "actor")


def test_observations_are_normalised_by_what_was_seen_once(toy: Toy) -> None:
    # Observations are the time 0 1 2 0 1 2 ..; what is drawn from the replay must not count again.
    push = toy("Push", length=3)
    summary = run(*push, *SMALL, f"{C}.normalize_input=True", "max_iterations=4")
    statistics = _state(summary)["running_mean_std"]
    assert statistics["count"].item() == 1 + 4 * (40 + 1)
    assert statistics["running_mean"][0].item() == pytest.approx(1.0, abs=0.05)
    assert statistics["running_var"][0].item() == pytest.approx(2 / 3, abs=0.05)


def test_one_environment_alone_can_be_normalised(toy: Toy) -> None:
    alone = ("num_envs=1", f"{C}.normalize_input=True")
    summary = run(*toy("Push", length=3), *SMALL, *alone, "max_iterations=6")
    assert torch.isfinite(_state(summary)["running_mean_std"]["running_var"]).all()


@pytest.mark.parametrize(
    ("world", "message"),
    [
        (
            ("task=CartPole",),
            r"SAC needs continuous actions, and the action space is Discrete\(2\) -- use train=PPO",
        ),
        ({"bound": math.inf}, r"SAC needs finite action bounds, .* Box\(-inf, inf, .* -- use train=PPO"),
    ],
)
def test_actions_that_sac_cannot_take_are_refused_in_one_line(toy: Toy, world: Any, message: str) -> None:
    chosen = toy("Push", **world) if isinstance(world, dict) else world
    with pytest.raises(ConfigError, match=message) as caught:
        run(*chosen, *SMALL, "max_iterations=1")
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_ppo_is_refused_in_one_line_and_the_other_way_round(toy: Toy) -> None:
    push = toy("Push", length=7)
    ppo = run(*push, "train=PPO", "num_envs=4", "device=cpu", "eval_every=0", "max_iterations=1")
    sac = run(*push, *SMALL, "max_iterations=1")
    with pytest.raises(CheckpointError, match="is of a2c_continuous, not of sac"):
        run(*push, *SMALL, "max_iterations=1", f"checkpoint={ppo['checkpoints']['last']}")
    with pytest.raises(CheckpointError, match="is of sac, not of ppo"):
        run(*push, "train=PPO", "device=cpu", "max_iterations=1", f"checkpoint={sac['checkpoints']['last']}")


def test_a_run_leaves_what_every_run_leaves(toy: Toy) -> None:
    often = ("eval_every=2", "episodes=2", f"{C}.num_warmup_frames=80")
    summary = run(*toy("Push", length=7), *SMALL, *often, "max_iterations=4")
    path = Path(summary["run"])
    assert "_SAC_" in path.name and json.loads((path / "summary.json").read_text()) == summary
    last = metrics(summary)[-1]
    assert {"c1_loss", "c2_loss", "a_loss", "entropy", "alpha", "alpha_loss"} <= last.keys()
    assert "c1_loss" not in metrics(summary)[0], "nothing is learned in the warm-up, so no loss is told"
    evaluated = run("mode=eval", f"checkpoint={path}", "episodes=5")
    assert evaluated["episodes"] == 5 and (path / "eval.json").is_file()


def test_a_warm_start_takes_weights_and_temperature_but_no_counters(toy: Toy) -> None:
    push = toy("Push", length=7)
    first = run(*push, *SMALL, "max_iterations=4", f"{C}.alpha_lr=0.01")
    still = tuple(f"{C}.{rate}=1e-12" for rate in ("actor_lr", "critic_lr", "alpha_lr"))
    warm = run(*push, *SMALL, *still, "max_iterations=2", f"checkpoint={first['checkpoints']['last']}")
    assert warm["epochs"] == 2 and warm["frames"] == 80
    assert _state(warm)["log_alpha"].item() == pytest.approx(_state(first)["log_alpha"].item(), abs=1e-6)
    key = "trunk.0.weight"
    assert torch.allclose(_state(warm)["actor"][key], _state(first)["actor"][key], atol=1e-6)


def test_a_dict_of_vectors_is_read_part_after_part(toy: Toy) -> None:
    summary = run(*toy("PushTwoParts", length=7), *SMALL, "max_iterations=2")
    assert _state(summary)["actor"]["trunk.0.weight"].shape == (16, 3)
    policy = load_policy(summary["run"])
    one = {"clock": np.zeros(1, np.float32), "state": np.ones(2, np.float32)}
    both = {key: np.stack([part, part]) for key, part in one.items()}
    np.testing.assert_allclose(policy.act(both), [policy.act(one)] * 2, rtol=1e-5)
