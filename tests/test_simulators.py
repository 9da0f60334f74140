"""Simulators through the real entry: train, resume, evaluate, play; and what an agent makes of tensors."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from algos import load_policy
from algos.episodes import EpisodeMeter, finished_episodes
from algos.ppo.collector import Collector
from algos.ppo.returns import bootstrap_truncations
from cfg.errors import ConfigError, NumericalFault
from tests.cfg.composing import refused
from tests.synchronising import Waits
from train import run

SETTINGS = "train.params.config"
SHORT = (
    *("num_envs=8", "eval_every=2", "episodes=4", "max_iterations=4", "device=cpu"),
    *(f"{SETTINGS}.horizon_length=8", f"{SETTINGS}.minibatch_size=32"),
)
CARTPOLE, PENDULUM = ("task=SimCartPole", *SHORT), ("task=SimPendulum", *SHORT)


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _weights(summary: dict[str, Any]) -> str:
    model = torch.load(summary["checkpoints"]["last"], weights_only=True)["model"]
    return hashlib.sha256(b"".join(model[key].numpy().tobytes() for key in sorted(model))).hexdigest()


def _metrics(summary: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(summary["run"], "metrics.jsonl").read_text().splitlines()]


def test_the_same_seed_gives_the_same_weights_and_another_one_others() -> None:
    one, again = run(*CARTPOLE, "seed=0"), run(*CARTPOLE, "seed=0")
    assert _weights(one) == _weights(again) != _weights(run(*CARTPOLE, "seed=1"))


def test_evaluations_do_not_change_what_is_learned() -> None:
    assert _weights(run(*CARTPOLE)) == _weights(run(*CARTPOLE, "eval_every=0"))


def test_a_run_is_resumed_evaluated_and_played() -> None:
    first = run(*CARTPOLE)
    entries = [entry for entry in _metrics(first) if "reward_mean" in entry]
    assert entries[-1]["reward_mean"] == entries[-1]["episode_length_mean"] > 1  # a point for every step
    resumed = run("resume=" + first["run"], "max_iterations=6")
    assert (resumed["epochs"], resumed["frames"]) == (6, 6 * 8 * 8)
    for mode in ("eval", "play"):
        result = run(f"mode={mode}", f"checkpoint={first['run']}", "episodes=3", "headless=True")
        assert result["episodes"] == 3 and result["return_mean"] == result["length_mean"]


@pytest.mark.parametrize("policy", ["random", "zero"])
def test_baselines_act_in_simulators(policy: str) -> None:
    result = run("task=SimPendulum", "mode=eval", f"policy={policy}", "episodes=3", "device=cpu")
    assert result["length_mean"] == 200
    assert -2000 < result["return_min"] <= result["return_max"] < 0


@pytest.mark.parametrize(
    "more", [("network=gru",), (f"{SETTINGS}.value_bootstrap=False",), ("deterministic=False",)]
)
def test_whatever_else_is_asked_for_trains_on_tensors(more: tuple[str, ...]) -> None:
    assert run(*PENDULUM, *more, "task.max_episode_steps=20")["status"] == "budget"


def test_a_rollout_waits_for_the_device_no_more_often_the_longer_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def waited(horizon: int) -> list[int]:
        counts = []

        def collect(self: Collector) -> Any:
            with Waits() as waits:
                rollout = stock(self)
            counts.append(len(waits.seen))
            return rollout

        monkeypatch.setattr(Collector, "collect", collect)
        steps = (f"{SETTINGS}.horizon_length={horizon}", f"{SETTINGS}.minibatch_size=32")
        run(*PENDULUM[:-2], *steps, "eval_every=0", "task.max_episode_steps=5", "max_iterations=3")
        return counts

    stock = Collector.collect
    # Each 16 steps one look for what is not finite, in the observation and in the reward; nothing else.
    assert [more - less for more, less in zip(waited(32), waited(16), strict=True)] == [2, 2, 2]


def test_sac_learns_from_tensors() -> None:
    small = ("num_envs=8", "eval_every=0", "max_frames=160", "device=cpu", "task.max_episode_steps=10")
    sac = (
        f"{SETTINGS}.num_warmup_frames=40",
        f"{SETTINGS}.batch_size=16",
        f"{SETTINGS}.num_steps_per_episode=5",
    )
    first, again = (run("task=SimPendulum", "train=SAC", *small, *sac) for _ in range(2))
    assert first["frames"] == 160
    obs = np.ones((1, 3), np.float32)
    acted = [load_policy(each["run"]).act(obs) for each in (first, again)]
    assert acted[0] == acted[1]
    assert [entry["reward_mean"] is not None for entry in _metrics(first)] == [False, True, True, True]


def test_randomisation_on_the_command_line_changes_what_is_learned() -> None:
    plain = run(*CARTPOLE)
    randomised = run(*CARTPOLE, "env_kwargs.randomise.half_length_m=[0.3,0.7]")
    assert _weights(plain) != _weights(randomised)


def test_a_policy_answers_tensors_with_tensors_and_arrays_with_arrays() -> None:
    policy = load_policy(run(*PENDULUM)["run"])
    obs = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, -3.0]], np.float32)
    arrays, tensors = policy.act(obs), policy.act(torch.from_numpy(obs))
    assert isinstance(arrays, np.ndarray) and isinstance(tensors, torch.Tensor)
    np.testing.assert_array_equal(arrays, tensors.numpy())
    assert policy.act(torch.from_numpy(obs[0])).shape == (1,)


def _step(ended: list[bool], returns: list[float]) -> dict[str, Any]:
    count = len(ended)
    episode = {
        "ended": torch.tensor(ended),
        "return": torch.tensor(returns, dtype=torch.float64),
        "length": torch.arange(count) + 1,
        "success": torch.full((count,), torch.nan),
    }
    return {"episode": episode}


def test_the_meter_counts_tensors_only_where_an_episode_ended() -> None:
    meter = EpisodeMeter(2)
    meter.record(_step([False, False], [7.0, 7.0]))
    assert (meter.finished, meter.return_mean) == (0, None)
    meter.record(_step([True, False], [1.0, 7.0]))
    meter.record(_step([True, True], [2.0, 4.0]))
    assert meter.finished == 3
    assert (meter.return_mean, meter.length_mean) == (3.0, 1.5)  # of the last two: 2 and 4 in 1 and 2 steps
    again = EpisodeMeter(2)
    again.load(meter.state())
    assert (again.finished, again.return_mean) == (3, 3.0)


def test_finished_episodes_are_those_of_the_rows_that_ended() -> None:
    assert [each[:3] for each in finished_episodes(_step([False, True], [7.0, 4.0]))] == [(1, 4.0, 2)]
    assert finished_episodes(_step([False, False], [7.0, 4.0])) == []
    assert finished_episodes({}) == []


def test_truncations_of_a_whole_rollout_are_bootstrapped_like_those_of_its_steps() -> None:
    reward, cut = (
        torch.rand(3, 4, 1),
        torch.tensor([[1, 0, 0, 1], [0, 0, 0, 0], [0, 1, 0, 0]], dtype=torch.bool),
    )
    values = torch.rand(3, 1)
    late = bootstrap_truncations(reward, values, cut, 0.9)
    steps = zip(reward, values.split(cut.sum(dim=1).tolist()), cut, strict=True)
    assert torch.equal(late, torch.stack([bootstrap_truncations(*step, 0.9) for step in steps]))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["task=SimCartPole", "vec_env=sync"], "vec_env=sync: task SimCartPole is a simulator, which steps "),
        (["vec_env=simulator"], "vec_env=simulator: task CartPole names no simulator -- use vec_env=sync"),
        (["task=SimCartPole", "num_workers=2"], "num_workers=2 means nothing to vec_env=simulator -- leave"),
        (["task=SimCartPole", "capture_video=True"], "task SimCartPole is a simulator, which draws nothing "),
        (["task=SimCartPole", "env=CartPole-v1"], "env=CartPole-v1 does not go with task=SimCartPole"),
        (["task=SimCartPole", "sim_device=cpu", "rl_device=cuda"], "sim_device=cpu is not rl_device=cuda: a"),
        (["task=SimCartPole", "task.env=CartPole-v1"], "task SimCartPole has both env and simulator -- keep"),
        (["sim_device=cuda"], "sim_device=cuda: task CartPole is no simulator -- leave it out"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_a_simulator_is_told_in_one_line(words: list[str], line: str) -> None:
    assert line in refused(*words)


def test_what_the_yaml_says_wrong_of_a_simulator_ends_a_run_before_it_starts() -> None:
    line = refused_run("task=SimPendulum", "env_kwargs.rewards.spinn=1.0")
    assert line.startswith('env_kwargs.rewards.spinn: SimPendulum has no such name -- did you mean "spin"')
    assert not Path("runs").exists()


def test_a_simulator_that_diverges_ends_a_run_in_one_line() -> None:
    with pytest.raises(NumericalFault, match="Diverging, row 2: the observation is not finite, as seen in"):
        run(*CARTPOLE, "task.simulator=tests.toy_simulators:Diverging")


def refused_run(*words: str) -> str:
    with pytest.raises(ConfigError) as caught:
        run(*words)
    return str(caught.value)
