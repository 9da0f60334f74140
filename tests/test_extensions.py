"""The example plug-in, installed in a fresh environment: each part it brings works, and rlgx is untouched."""

import json

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.plugin_environment import plugin_environment

__all__ = ["plugin_environment"]

SMALL = ("num_envs=4", "device=cpu", "max_iterations=2", "train.params.torch_threads=1")


def test_the_list_shows_every_part_with_its_origin(plugin_environment):
    shown = plugin_environment.train("--list")
    lines = {
        line.split()[0]: line for line in shown.stdout.splitlines() if "(from hexapod-plugin 0.1.0)" in line
    }
    assert lines.keys() == {
        *("Hexapod", "HexapodPPO", "HexapodCEM", "CartPoleCEM"),
        *("hexapod_legs", "cem", "hexapod_fleet", "hexapod_gait"),
    }
    assert shown.stderr == ""


def test_its_task_trains_resumes_and_plays_with_its_network_vec_env_and_observer(plugin_environment):
    parts = ("vec_env=hexapod_fleet", "observers=[hexapod_gait]", "eval_every=2", "episodes=2")
    plugin_environment.train("task=Hexapod", *parts, *SMALL)
    run = plugin_environment.newest_run()
    tags = EventAccumulator(str(run / "summaries")).Reload().Tags()["scalars"]
    assert {"hexapod/speed_m_s", "hexapod/stance_legs", "eval/return_mean"} <= set(tags)
    plugin_environment.train("--resume", str(run), "max_iterations=3")
    assert json.loads((run / "summary.json").read_text())["epochs"] == 3
    played = plugin_environment.train("--play", "--checkpoint", str(run), "episodes=2", "headless=True")
    assert "Hexapod" in played.stdout
    assert json.loads((run / "eval.json").read_text())["episodes"] == 2


def test_its_algorithm_trains_resumes_evaluates_and_is_loaded_without_its_task(plugin_environment):
    plugin_environment.train("task=CartPole", "train=CartPoleCEM", *SMALL[:3], "num_envs=10", "eval_every=2")
    run = plugin_environment.newest_run()
    plugin_environment.train("--resume", str(run), "max_iterations=4")
    assert json.loads((run / "summary.json").read_text())["epochs"] == 4
    plugin_environment.train("--eval", "--checkpoint", str(run), "episodes=3")
    entries = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert {"score_elite", "sigma", "fps", "reward_mean"} <= entries[0].keys()


def test_its_vec_env_keeps_the_contract_for_its_task_and_is_not_tried_for_others(plugin_environment):
    short = ("num_envs=4", "max_frames=80")
    checked = plugin_environment.train("--check", "task=Hexapod", "vec_env=hexapod_fleet", *short)
    assert "hexapod_fleet" in checked.stdout and "FAIL" not in checked.stdout
    other = plugin_environment.train("--check", "task=CartPole", "vec_env=sync", *short)
    assert "hexapod_fleet" not in other.stdout


@pytest.mark.slow
def test_its_algorithm_solves_cartpole(plugin_environment):
    plugin_environment.train("task=CartPole", "train=CartPoleCEM", "seed=1")
    summary = json.loads((plugin_environment.newest_run() / "summary.json").read_text())
    assert summary["status"] == "solved" and summary["best_eval"] >= 475


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("train=CartPoleCEM", "num_envs=4"), "write elite_fraction=0.5 or more, or raise num_envs"),
        (("train=CartPoleCEM", "train.params.config.elite_fractoin=1"), 'did you mean "elite_fraction"'),
        (("train=CartPoleCEM", "sigma=0.1"), "sigma=0.1: cem has no such action noise -- leave sigma out"),
        (("network=hexapod_legs",), "hexapod_legs reads the hexapod only, not observations (4,)"),
    ],
)
def test_a_mistake_with_it_is_one_line(plugin_environment, words, told):
    with pytest.raises(AssertionError, match="error: ") as caught:
        plugin_environment.train("task=CartPole", *words)
    assert told in str(caught.value)
