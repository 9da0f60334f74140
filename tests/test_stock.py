"""rl_games' own YAMLs through the real entry: train, resume, play, and stock checkpoints."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch
import yaml
from rl_games.algos_torch import a2c_discrete
from rl_games.common.algo_observer import AlgoObserver
from rl_games.common.tr_helpers import DefaultRewardsShaper

from cfg.compose import compose
from cfg.errors import RlgxError
from cfg.flags import parse
from tasks.registry import register
from train import main, run

CONFIGS = Path(importlib.util.find_spec("rl_games").submodule_search_locations[0], "configs")
CARTPOLE, LUNAR = str(CONFIGS / "ppo_cartpole.yaml"), str(CONFIGS / "ppo_lunar_discrete.yaml")
SHORT = ("max_iterations=2", "eval_every=0")

pytestmark = pytest.mark.skipif(not CONFIGS.is_dir(), reason="rl_games is installed without its configs")


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def stock_checkpoint(tmp_path: Path) -> str:
    """What stock rl_games saves after training with its ppo_cartpole.yaml for no epoch, as `stock.pth`."""
    register(compose(parse(["task=Gym", "env=CartPole-v1"])))
    params = yaml.safe_load(Path(CARTPOLE).read_text(encoding="utf-8"))["params"]
    cpu = {"device": "cpu", "device_name": "cpu", "env_name": "Gym", "env_config": {}}
    params["config"] |= cpu | {
        "reward_shaper": DefaultRewardsShaper(**params["config"]["reward_shaper"]),
        "features": {"observer": AlgoObserver()},
        "train_dir": str(tmp_path / "theirs"),
    }
    agent = a2c_discrete.DiscreteA2CAgent(base_name="run", params=params)
    agent.epoch_num, agent.frame = 5, 2560
    agent.save("stock")
    agent.vec_env.close()
    agent.writer.close()
    return "stock.pth"


@pytest.mark.parametrize(
    ("file", "env"), [(CARTPOLE, "CartPole-v1"), (LUNAR, "LunarLander-v3")], ids=["cartpole", "lunar"]
)
def test_a_file_trains_resumes_and_plays_without_it(file, env, capsys):
    assert main(["--file", file, "--train", *SHORT]) == 0
    printed = capsys.readouterr().out.splitlines()
    notes = [line for line in printed if line.startswith("note: ")]
    assert printed[: len(notes)] == notes and "note: device=cuda yields" in "\n".join(notes)
    (path,) = Path("runs").iterdir()
    summary = json.loads((path / "summary.json").read_text())
    assert (summary["env"], summary["epochs"], summary["frames"]) == (env, 2, 2 * 16 * 32)
    assert main(["--resume", str(path), "max_iterations=3", "eval_every=0"]) == 0
    assert main(["--play", "--checkpoint", str(path), "episodes=2"]) == 0
    assert json.loads((path / "eval.json").read_text())["episodes"] == 2
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
    # A run knows its settings, so nothing differs any more; Box2D's worlds have no state to go on from.
    assert all("rows begin new episodes" in line for line in told), told


def test_a_file_plays_what_it_trained():
    summary = run(f"file='{CARTPOLE}'", *SHORT)
    result = run(f"file='{CARTPOLE}'", "mode=play", f"checkpoint='{summary['run']}'", "episodes=2")
    assert result["episodes"] == 2


def test_a_stock_checkpoint_plays(stock_checkpoint):
    assert main(["--file", CARTPOLE, "--play", "--checkpoint", stock_checkpoint, "episodes=2"]) == 0
    assert json.loads(Path("eval.json").read_text())["checkpoint"] == "stock.pth"


def test_training_goes_on_from_a_stock_checkpoint_as_runner_py_does(stock_checkpoint):
    words = (f"file='{CARTPOLE}'", f"checkpoint={stock_checkpoint}", "max_iterations=7", "eval_every=0")
    summary = run(*words)
    assert (summary["epochs"], summary["frames"]) == (7, 2560 + 2 * 16 * 32)
    fresh = run(*words, "restore=weights")
    assert (fresh["epochs"], fresh["frames"]) == (7, 7 * 16 * 32)
    state = torch.load(summary["checkpoints"]["last"], weights_only=True)
    assert state["epoch"] == 7


def test_sigma_is_the_action_noise_to_start_from():
    file = str(CONFIGS / "ppo_pendulum_torch.yaml")
    words = (
        "--file",
        file,
        "--num_actors",
        "2",
        "--sigma",
        "-2",
        *SHORT,
        "train.params.config.learning_rate=1e-9",
    )
    assert main(list(words)) == 0
    (path,) = Path("runs").iterdir()
    model = torch.load(path / "nn" / "last.pth", weights_only=True)["model"]
    assert model["a2c_network.sigma"].tolist() == pytest.approx([-2.0], abs=1e-4)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--file", "lost.yaml"), "file=lost.yaml does not exist"),
        (("--file",), "--file needs a value"),
        (("--file", "broken.yaml"), "broken.yaml line 2"),
        (("--file", "other.yaml"), "is not an rl_games YAML"),
        (("--file", CARTPOLE, "--train", "--play"), "give one of --train, --play and --eval"),
        (("--file", CARTPOLE, "--speed", "3"), "unknown flag --speed"),
        (("--file", CARTPOLE, "task=CartPole"), "leave task= out"),
        (("--num_actors", "3"), "write num_envs=N"),
        (("-f", CARTPOLE), "write --file PATH"),
    ],
)
def test_bad_input_costs_one_line_and_exit_code_2(words, problem, capsys):
    Path("broken.yaml").write_text("a: [1\nb: 2")
    Path("other.yaml").write_text("env: CartPole-v1\n")
    assert main(list(words)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ") and printed.err.count("\n") == 1 and problem in printed.err


def test_a_lost_checkpoint_has_its_own_exit_code():
    with pytest.raises(RlgxError) as caught:
        run(f"file='{CARTPOLE}'", "mode=play", "checkpoint=lost.pth")
    assert caught.value.exit_code == 3
