"""What the libraries are given: their own settings, and what the race says."""

from dataclasses import replace

import pytest

from benchmarks.courses import COURSES
from benchmarks.racers import RACERS, Start, answer, scheduled
from benchmarks.stock import own_params, stock_params
from benchmarks.stopwatch import Rules


def test_a_linear_schedule_of_the_zoo_falls_with_the_share_that_is_left():
    settings = scheduled({"clip_range": "lin_0.2", "gamma": 0.9})
    assert settings["clip_range"](0.25) == 0.05 and settings["clip_range"](0.0) == 0.0
    assert settings["gamma"] == 0.9


@pytest.mark.parametrize("task", [name for name, course in COURSES.items() if course.stock])
def test_rl_games_keeps_the_settings_of_its_own_yaml(task):
    own = own_params(COURSES[task].stock)
    given = stock_params(COURSES[task], seed=3, threads=2)
    said = {"name", "env_name", "env_config", "device", "device_name", "score_to_win", "torch_compile"}
    said |= {"print_stats"}
    assert {key for key in given["config"] if given["config"][key] != own["config"].get(key)} <= said
    assert {key: given[key] for key in ("algo", "model", "network")} == {
        key: own[key] for key in ("algo", "model", "network")
    }
    assert (given["seed"], given["torch_threads"], given["config"]["device"]) == (3, 2, "cpu")
    assert given["config"]["score_to_win"] > 1e9


def test_without_a_yaml_rl_games_takes_as_many_gradient_steps_as_rlgx():
    given = stock_params(COURSES["PendulumSAC"], seed=1, threads=1)
    # One a frame, and 16 environments step at once.
    assert (given["config"]["num_actors"], given["config"]["num_updates_per_step"]) == (16, 16)
    assert given["network"]["mlp"]["units"] == [64, 64]


def test_rl_games_own_agent_is_judged_at_the_frames_of_the_race(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # it saves what it trains
    course = replace(COURSES["CartPole"], rules=Rules(target=475, every=1000, budget=2000))
    told = answer("rl_games", Start(course, seed=1, threads=1), is_trial=False)
    assert told["status"] == "ok", told
    # Its YAML's rollouts are 32 steps of 16 environments: 512, 1,024, 1,536, 2,048.
    assert [frames for frames, _, _ in told["run"]["curve"]] == [1024, 2048]
    assert all(8 <= score < 475 for *_, score in told["run"]["curve"]) and not told["run"]["reached"]


def test_who_is_not_there_is_absent():
    told = answer("cleanrl", Start(COURSES["CartPole"], seed=1, threads=1), is_trial=False)
    assert told == {"status": "absent", "reason": "name a checkout of it with --cleanrl"}


def test_the_table_names_rlgx_first():
    assert next(iter(RACERS)) == "rlgx"
