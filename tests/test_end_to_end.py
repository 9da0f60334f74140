"""The main job through the real entry: train, resume, evaluate, play, from Python and as a process."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from algos import load_policy
from cfg.errors import CheckpointError, ConfigError
from tests.films import needs_ffmpeg, read
from train import run

SHORT = ("task=CartPole", "num_envs=8", "eval_every=2", "episodes=4", "max_iterations=4", "device=cpu")


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _metrics(summary: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(summary["run"], "metrics.jsonl").read_text().splitlines()]


def _weights(summary: dict[str, Any]) -> str:
    model = torch.load(summary["checkpoints"]["last"], weights_only=True)["model"]
    return hashlib.sha256(b"".join(model[key].numpy().tobytes() for key in sorted(model))).hexdigest()


def _rewards(summary: dict[str, Any]) -> list[float]:
    return [entry["reward_mean"] for entry in _metrics(summary) if "reward_mean" in entry]


def test_a_run_leaves_everything_that_the_design_names() -> None:
    summary = run(*SHORT)
    path = Path(summary["run"])
    assert summary["status"] == "budget" and summary["epochs"] == 4 and summary["frames"] == 4 * 8 * 16
    for name in ("config.yaml", "command.txt", "metrics.jsonl", "summary.json", "run.log", "nn/CartPole.pth"):
        assert (path / name).is_file(), name
    assert json.loads((path / "summary.json").read_text()) == summary
    entries = _metrics(summary)
    assert [entry["epoch"] for entry in entries if "evaluation" not in entry] == [1, 2, 3, 4]
    assert [entry["epoch"] for entry in entries if "evaluation" in entry] == [2, 4]
    assert {"frame", "wall_s", "fps", "reward_mean", "episode_length_mean", "a_loss", "c_loss"} <= entries[
        0
    ].keys()


def test_tensorboard_has_rl_games_own_tags() -> None:
    events = EventAccumulator(str(Path(run(*SHORT)["run"], "summaries"))).Reload()
    tags = set(events.Tags()["scalars"])
    assert {"rewards/step", "rewards/iter", "episode_lengths/step", "losses/a_loss", "info/kl"} <= tags
    assert {"performance/step_fps", "eval/return_mean", "info/last_lr", "info/epochs"} <= tags


def test_the_same_seed_gives_the_same_rewards_and_weights_and_another_differs() -> None:
    first, again, zero, zero_again = (run(*SHORT, f"seed={seed}") for seed in (1, 1, 0, 0))
    assert _rewards(first) == _rewards(again) and _weights(first) == _weights(again)
    assert _rewards(zero) == _rewards(zero_again) and _weights(zero) == _weights(zero_again)
    assert _weights(first) != _weights(zero) and _rewards(first) != _rewards(zero)


def test_evaluations_do_not_change_training() -> None:
    without = run(*SHORT, "eval_every=0")
    assert _weights(run(*SHORT)) == _weights(without)
    assert without["best_eval"] is None and "best" not in without["checkpoints"]


@needs_ffmpeg
def test_films_do_not_change_training() -> None:
    plain = run(*SHORT)
    filmed = run(*SHORT, "capture_video=True", "capture_video_freq=32", "capture_video_len=3")
    assert _weights(filmed) == _weights(plain) and filmed["best_eval"] == plain["best_eval"]
    # Epochs of 16 steps: one film at the start, then after every second epoch.
    names = sorted(path.name for path in Path(filmed["run"], "videos").iterdir())
    assert names == ["step_000000000.mp4", "step_000000032.mp4", "step_000000064.mp4"]
    events = EventAccumulator(str(Path(filmed["run"], "summaries"))).Reload()
    pictures = events.Images("video")
    assert [picture.step for picture in pictures] == [0, 8 * 32, 8 * 64]
    assert all(picture.encoded_image_string.startswith(b"GIF89a") for picture in pictures)


@needs_ffmpeg
def test_a_resumed_run_goes_on_filming_where_it_was() -> None:
    films = ("capture_video=True", "capture_video_freq=32", "capture_video_len=2")
    half = run(*SHORT, *films, "max_iterations=3", "eval_every=0")
    run(f"resume={half['run']}", "max_iterations=4")
    names = sorted(path.name for path in Path(half["run"], "videos").iterdir())
    assert names == ["step_000000000.mp4", "step_000000032.mp4", "step_000000064.mp4"]


@needs_ffmpeg
def test_evaluation_and_play_are_filmed_without_changing_their_figures() -> None:
    summary = run(*SHORT)
    plain = run("mode=eval", f"checkpoint={summary['run']}", "episodes=3")
    for mode in ("eval", "play"):
        result = run(f"mode={mode}", f"checkpoint={summary['run']}", "episodes=3", "capture_video=True")
        assert result["video"] == f"{summary['run']}/videos/{mode}_CartPole.mp4"
        _, frames = read(Path(result.pop("video")))
        assert result == plain
        assert frames.shape[1:] == (400, 600, 3) and 9 <= len(frames) <= 100
        assert frames[-1].min() < 50 and frames[-1].max() > 240, "a black cart on white"


@needs_ffmpeg
def test_a_run_that_was_filmed_is_played_without_a_film() -> None:
    filmed = run(*SHORT, "capture_video=True", "max_iterations=1", "capture_video_len=2")
    assert "video" not in run("mode=eval", f"checkpoint={filmed['run']}", "episodes=1")


def test_resume_goes_on_in_the_same_directory_without_a_seam() -> None:
    half = run(*SHORT, "max_iterations=2")
    whole = run(f"resume={half['run']}", "max_iterations=4")
    assert whole["run"] == half["run"] and whole["epochs"] == 4 and whole["frames"] == 4 * 8 * 16
    entries = [entry for entry in _metrics(whole) if "evaluation" not in entry]
    assert [entry["epoch"] for entry in entries] == [1, 2, 3, 4]
    assert [entry["frame"] for entry in entries] == [128, 256, 384, 512]
    assert all(
        later["wall_s"] > earlier["wall_s"] for earlier, later in zip(entries, entries[1:], strict=False)
    )
    assert whole["best_eval"] >= half["best_eval"]


def test_resume_drops_what_was_logged_after_the_checkpoint() -> None:
    summary = run(*SHORT, "train.params.config.save_frequency=2", "max_iterations=2")
    path = Path(summary["run"])
    with (path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 3, "frame": 384, "reward_mean": 999.0}\n')
    (path / "summaries" / "events.out.tfevents.9.stray").write_bytes(b"x")
    run(f"resume={path}", "max_iterations=4")
    assert 999.0 not in _rewards(summary)
    steps = [
        event.step for event in EventAccumulator(str(path / "summaries")).Reload().Scalars("info/epochs")
    ]
    assert steps == [128, 256, 384, 512]


def test_resume_takes_learning_rate_and_best_score_along() -> None:
    adaptive = ("train.params.config.lr_schedule=adaptive", "train.params.config.learning_rate=0.001")
    half = run(*SHORT, *adaptive, "max_iterations=2")
    rate = _metrics(half)[-2]["last_lr"]
    state = torch.load(half["checkpoints"]["last"], weights_only=True)
    assert state["last_lr"] == rate != 0.001
    assert state["last_mean_rewards"] == half["best_eval"]


CONFIG = "train.params.config"
STILL = (
    *("task=Pendulum", "num_envs=4", "eval_every=0", "device=cpu", "max_iterations=1"),
    *(f"{CONFIG}.horizon_length=8", f"{CONFIG}.lr_schedule=constant", f"{CONFIG}.learning_rate=1e-12"),
)


def _log_sigma(summary: dict[str, Any]) -> float:
    state = torch.load(summary["checkpoints"]["last"], weights_only=True)
    log_sigma: float = state["model"]["a2c_network.sigma"].item()
    return log_sigma


def test_a_warm_start_has_the_noise_that_is_asked_for_and_a_resume_learns_on_at_another_rate() -> None:
    first = run(*STILL)
    warm = run(*STILL, "sigma=-1.5", f"checkpoint={first['run']}")
    assert (_log_sigma(first), _log_sigma(warm)) == pytest.approx((0.0, -1.5), abs=1e-6)
    resumed = run(f"resume={warm['run']}", "max_iterations=2", f"{CONFIG}.learning_rate=0.01")
    # Adam moves a weight by about its rate in each of its few steps.
    assert 0.005 < abs(_log_sigma(resumed) + 1.5) < 0.5


def test_a_warm_start_takes_the_weights_but_not_the_counters() -> None:
    first = run(*SHORT)
    still = (f"{CONFIG}.learning_rate=1e-12", f"{CONFIG}.min_lr=1e-12")
    warm = run(*SHORT, "max_iterations=1", *still, f"checkpoint={first['run']}")
    assert warm["epochs"] == 1 and warm["run"] != first["run"]
    before, after = (
        torch.load(path, weights_only=True)["model"]
        for path in (first["checkpoints"]["best"], warm["checkpoints"]["last"])
    )
    key = "a2c_network.value.weight"
    assert torch.allclose(before[key], after[key], atol=1e-5)


def test_eval_and_play_write_their_figures() -> None:
    summary = run(*SHORT)
    result = run("mode=eval", f"checkpoint={summary['run']}", "episodes=7")
    assert result["episodes"] == 7 and result["return_min"] <= result["return_mean"] <= result["return_max"]
    assert json.loads(Path(summary["run"], "eval.json").read_text()) == result
    again = run("mode=play", f"checkpoint={summary['run']}", "episodes=7", "headless=True")
    assert again["return_mean"] == result["return_mean"], "the same seed plays the same episodes"


def test_what_has_no_window_is_played_without_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPLAY", ":99")  # nobody is there, and nobody is asked
    mine = ("task=Pendulum", "task.env=null", "task.entry_point=tests.toy_envs:Push", "env_kwargs.length=5")
    assert run(*mine, "mode=play", "policy=zero", "episodes=2")["length_mean"] == 5.0
    assert "note: tests.toy_envs:Push has no render mode human, so no window opens" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="headless=False: .* has no render mode human -- leave it out"):
        run(*mine, "mode=play", "policy=zero", "headless=False")


def test_baselines_need_no_checkpoint() -> None:
    results = {
        name: run("task=CartPole", "mode=eval", f"policy={name}", "episodes=20")
        for name in ("random", "zero")
    }
    assert 15 < results["random"]["return_mean"] < 35, "random play lasts about 22 steps"
    assert 8 < results["zero"]["return_mean"] < 11, "always pushing left falls after 9 or 10"


def test_a_policy_loads_without_the_task_and_acts_on_one_or_many() -> None:
    summary = run(*SHORT)
    policy = load_policy(summary["run"])
    obs = np.zeros(4, np.float32)
    assert policy.act(obs).shape == ()
    assert policy.act(np.stack([obs, obs])).tolist() == [policy.act(obs)] * 2


def test_an_lstm_and_a_continuous_task_train_resume_and_play() -> None:
    for overrides in (
        ("task=CartPole", "network=lstm"),
        ("task=Pendulum", "network=gru"),
        ("task=Pendulum",),
    ):
        small = ("num_envs=4", "eval_every=0", "device=cpu", "train.params.config.mini_epochs=1")
        summary = run(*overrides, *small, "max_iterations=2")
        assert run(f"resume={summary['run']}", "max_iterations=3")["epochs"] == 3
        assert (
            run("mode=play", f"checkpoint={summary['run']}", "episodes=2", "headless=True")["episodes"] == 2
        )


def test_a_checkpoint_of_another_shape_names_both() -> None:
    summary = run(*SHORT)
    with pytest.raises(CheckpointError, match=r"observation_space.*there.*here") as error:
        run("task=Pendulum", "mode=play", f"checkpoint={summary['checkpoints']['best']}", "headless=True")
    assert error.value.exit_code == 3
