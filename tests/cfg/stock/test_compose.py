"""Every YAML that comes with rl_games composes, or is refused with the true reason in one line."""

import importlib.util
import re
from collections import Counter
from pathlib import Path

import pytest

from cfg.compose import compose, dump
from cfg.errors import RlgxError
from cfg.flags import parse
from tests.cfg.composing import composed, refused

CONFIGS = Path(importlib.util.find_spec("rl_games").submodule_search_locations[0], "configs")
FILES = sorted(CONFIGS.rglob("*.yaml"))
RUNS = "runs"
# Why a file of rl_games 1.6.5 does not run here, and how many there are.
REASONS = {
    r"is StarCraft II with many agents, which is not built": 59,
    r"rl_games' own test environment, which fails on Gymnasium's reset": 10,
    r"is not an rl_games YAML: it has no params": 6,
    r"the last action and reward into the observation, which is not built": 4,
    r"is learned by self-play, which is not built": 2,
    r"needs slimevolleygym": 2,
    r"needs ManiSkill's simulator, which is not built": 3,
    r"of brax has no successor in Gymnasium": 2,
    r"network.name=tcnnnet needs tiny-cuda-nn": 2,
    r"mu_init.name=normc_initializer is not allowed": 1,
    r"env_name=multiwalker_env has many agents": 1,
    r"env_name=myo_gym needs myosuite": 1,
    r"env_name=ReacherPyBulletEnv-v0 needs PyBullet's gym": 1,
    r"env_config.procgen=True needs procgen": 1,
    RUNS: 62,
}
FIVE = ("ppo_cartpole", "ppo_walker", "ppo_lunar_discrete", "mujoco/halfcheetah", "atari/ppo_pong")

pytestmark = pytest.mark.skipif(not FILES, reason="rl_games is installed without its configs")


def outcome(path: Path) -> str:
    """`runs`, or the one reason of `REASONS` that the refusal gives."""
    try:
        compose(parse(["--file", str(path)]))
    except RlgxError as error:
        line = str(error)
        assert " -- " in line and "\n" not in line
        (reason,) = [reason for reason in REASONS if reason != RUNS and re.search(reason, line)] or [line]
        return reason
    return RUNS


def notes_of(name: str, *words: str) -> list[str]:
    notes: list[str] = []
    compose(parse(["--file", str(CONFIGS / f"{name}.yaml"), *words]), tell=notes.append)
    return notes


def test_every_file_of_rl_games_composes_or_says_why_not():
    assert Counter(outcome(path) for path in FILES) == REASONS


def test_the_files_of_the_how_to_say_their_differences():
    assert {name: len(notes_of(name)) for name in FIVE} == {
        "ppo_cartpole": 5,
        "ppo_walker": 3,
        "ppo_lunar_discrete": 7,
        "mujoco/halfcheetah": 1,
        "atari/ppo_pong": 4,
    }
    assert notes_of("ppo_lunar_discrete")[1] == "LunarLander-v2 is retired: LunarLander-v3 takes its place"


def test_a_file_keeps_its_values():
    config = composed("--file", str(CONFIGS / "ppo_walker.yaml"))
    settings = config.settings
    assert (config.env, config.num_envs, config.seed, config.max_iterations) == (
        "BipedalWalker-v3",
        16,
        8,
        10_000,
    )
    assert (settings.learning_rate, settings.horizon_length, settings.minibatch_size) == (3e-4, 4096, 8192)
    assert (settings.reward_shaper.min_val, settings.critic_coef) == (-1.0, 2.0)
    assert config.train.params.network["mlp"]["units"] == [256, 128, 64]
    assert (config.task.solve_at, config.experiment) == (300.0, "walker")


def test_the_command_line_wins_over_the_file():
    words = ("--num_actors", "8", "--seed", "3", "--sigma", "-1", "max_iterations=2", "network=lstm")
    config = composed("--file", str(CONFIGS / "ppo_walker.yaml"), *words, "train.params.config.gamma=0.5")
    assert (config.num_envs, config.seed, config.sigma, config.max_iterations) == (8, 3, -1.0, 2)
    assert config.settings.gamma == 0.5
    assert "rnn" in config.train.params.network


def test_a_network_of_the_command_line_replaces_one_that_cannot_be_built():
    path = str(CONFIGS / "ppo_walker_tcnn.yaml")
    assert composed("--file", path, "network=mlp").train.params.network["name"] == "actor_critic"


def test_a_minibatch_that_no_longer_fits_is_fitted_and_said():
    (note,) = [each for each in notes_of("ppo_cartpole", "--num_actors", "3") if "minibatch" in each]
    assert note == "minibatch_size=64 does not divide the batch of 32 * 3: 48 does"


def test_a_run_of_a_file_composes_again_from_its_own_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = composed("--file", str(CONFIGS / "ppo_cartpole_masked_velocity_rnn.yaml"))
    (tmp_path / "runs/x/nn").mkdir(parents=True)
    (tmp_path / "runs/x/config.yaml").write_text(dump(config))
    (tmp_path / "runs/x/nn/last.pth").touch()
    again = composed("--resume", "runs/x")
    assert again.task == config.task and again.train == config.train and again.env == config.env
    assert composed("--play", "--checkpoint", "runs/x").task.wrappers == config.task.wrappers


def test_a_checkpoint_beside_a_file_is_taken_whole_as_runner_py_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stock.pth").touch()
    path = str(CONFIGS / "ppo_cartpole.yaml")
    assert composed("--file", path, "--train", "--checkpoint", "stock.pth").restore == "all"
    assert composed("task=CartPole", "--checkpoint", "stock.pth").restore == "weights"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("task=CartPole",), "task=CartPole does not go with file="),
        (("train=PPO",), "train=PPO does not go with file="),
        (("resume=runs/x",), "resume= does not go with file="),
        (("--play",), "--play needs a checkpoint"),
        (("env_kwargs=3",), "env_kwargs=3 is not allowed"),
        (("--seed", "x"), "seed=x is not allowed"),
    ],
)
def test_what_does_not_go_with_a_file_is_refused(words, problem):
    assert problem in refused("--file", str(CONFIGS / "ppo_cartpole.yaml"), *words)
