"""A module written after rl_games' how-to runs through `imports=` as it is: envs, vector envs, algorithm."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cfg.errors import ConfigError
from tests.ray_session import ray_session
from tests.source_tree import ROOT
from train import run

__all__ = ["ray_session"]

CUSTOM = ("task=Gym", "env=customenv", "imports=[my_module]", "num_envs=2", "device=cpu", "max_iterations=2")
SMALL = ("eval_every=0", "train.params.torch_threads=1", "train.params.config.horizon_length=32")


@pytest.fixture(autouse=True)
def _in_a_users_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    shutil.copy(ROOT / "tests" / "howto_module.py", tmp_path / "my_module.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    yield
    # A module that stayed loaded would not register again what the next test looks for.
    sys.modules.pop("my_module", None)


def metrics(summary: dict) -> list[dict]:
    return [json.loads(line) for line in Path(summary["run"], "metrics.jsonl").read_text().splitlines()]


def test_a_registered_environment_runs_in_this_process_evaluates_resumes_and_plays():
    trained = run(*CUSTOM, *SMALL, "vec_env=sync", "eval_every=2", "episodes=2")
    assert (trained["env"], trained["epochs"]) == ("customenv", 2)
    assert trained["best_eval"] > 0
    assert run(f"resume={trained['run']}", "max_iterations=3")["epochs"] == 3
    assert run("mode=play", f"checkpoint={trained['run']}", "episodes=2", "headless=True")["episodes"] == 2


@pytest.mark.ray
@pytest.mark.usefixtures("ray_session")
def test_a_registered_environment_runs_in_our_ray_workers_which_import_the_module():
    in_workers = metrics(run(*CUSTOM, *SMALL, "vec_env=ray", "num_workers=2"))
    in_process = metrics(run(*CUSTOM, *SMALL, "vec_env=sync"))
    assert [entry["reward_mean"] for entry in in_workers] == [entry["reward_mean"] for entry in in_process]


@pytest.mark.ray
def test_the_modules_own_copy_of_rl_games_ray_env_runs_as_it_is():
    # A process of its own: Ray's workers import what the directory held in which Ray was started.
    command = [sys.executable, str(ROOT / "train.py"), *CUSTOM, *SMALL, "eval_every=2", "episodes=2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    assert "2 envs on rl_games" in done.stdout
    (path,) = Path("runs").iterdir()
    assert "vec_env: rl_games" in (path / "config.yaml").read_text()
    best = json.loads((path / "summary.json").read_text())["best_eval"]
    assert best > 0, "evaluations make single environments by env_creator"


def test_an_environment_of_gymnasium_stays_in_this_process_though_modules_are_imported():
    trained = run("task=CartPole", "imports=[my_module]", "max_iterations=1", "num_envs=4", *SMALL[:2])
    assert "vec_env: sync" in Path(trained["run"], "config.yaml").read_text()


def test_a_task_may_have_the_name_of_the_environment_it_names(monkeypatch):
    from cfg.schema import TaskConfig
    from tasks.make import factory_of
    from tasks.registered import find_registered, keep_aside

    task = TaskConfig(name="customenv", env="customenv", num_envs=2)
    factory = factory_of(task, imports=["my_module"])
    from rl_games.common import env_configurations

    keep_aside("customenv")
    env_configurations.register("customenv", {"vecenv_type": "RLGX", "env_creator": factory})
    assert find_registered("customenv", ["my_module"]) == factory.source


def test_a_registered_network_is_chosen_by_its_name():
    network = ("network=mlp", "train.params.network.name=my_network")
    assert run(*CUSTOM, *SMALL, "vec_env=sync", *network)["epochs"] == 2
    with pytest.raises(ConfigError, match='my_netwok is not registered -- did you mean "my_network"'):
        run(*CUSTOM, *SMALL, "vec_env=sync", "network=mlp", "train.params.network.name=my_netwok")


def test_an_algorithm_of_setup_runner_trains_by_rl_games_loop_in_a_run_of_ours_and_plays(capsys):
    algo = "train.params.algo.name=my_algo"
    trained = run(*CUSTOM, *SMALL, "vec_env=sync", algo)
    assert (trained["status"], trained["epochs"], trained["frames"]) == ("budget", 2, 2 * 2 * 32)
    path = Path(trained["run"])
    assert json.loads((path / "summary.json").read_text()) == trained
    assert list(path.glob("summaries/events*")) and Path(trained["checkpoints"]["last"]).is_file()
    capsys.readouterr()
    run("mode=play", f"checkpoint={trained['checkpoints']['last']}", "episodes=2", "headless=True")
    assert "av reward" in capsys.readouterr().out, "rl_games' player says what it reached"
    with pytest.raises(ConfigError, match="--eval cannot measure my_algo"):
        run("mode=eval", f"checkpoint={trained['checkpoints']['last']}")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("env=customen",), 'no Gymnasium id, nor registered by my_module -- did you mean "customenv"'),
        (
            ("train.params.algo.name=my_alg",),
            'registered by setup_runner of my_module -- did you mean "my_algo"',
        ),
        (("imports=[my_modul]",), "there is no module my_modul -- run from the folder that holds it"),
        (("imports=[broken]",), "imports=broken cannot be imported: ZeroDivisionError: division by zero"),
        (("imports=[tasks.mine]",), "rlgx has a package tasks of its own, which hides your folder tasks"),
        (
            ("imports=[my_module,thief]", "vec_env=sync"),
            "thief registers ppo, which is an algorithm of rlgx's",
        ),
        (("imports=[my_module,failing]", "vec_env=sync"), "setup_runner of failing failed: KeyError"),
        (("vec_env=rl_games", "max_iterations=1", "task.max_episode_steps=9"), "time limit do not reach it"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_no_run(words, told):
    Path("broken.py").write_text("1 / 0\n")
    Path("failing.py").write_text("def setup_runner(runner):\n    {}['gone']\n")
    Path("thief.py").write_text(
        "def setup_runner(runner):\n    runner.algo_factory.register_builder('ppo', print)\n"
    )
    Path("tasks").mkdir()
    Path("tasks", "mine.py").write_text("")
    with pytest.raises(ConfigError) as caught:
        run(*CUSTOM, *words)
    assert told in str(caught.value)
    for module in ("broken", "failing", "thief"):
        sys.modules.pop(module, None)


def test_a_package_that_hides_ours_is_named(tmp_path):
    (tmp_path / "cfg").mkdir()
    (tmp_path / "cfg" / "__init__.py").write_text("")
    shutil.copy(ROOT / "train.py", tmp_path / "train.py")
    program = "import sys; sys.argv = ['train']; import train; sys.exit(train.main([]))"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert "is imported in place of rlgx's own package" in done.stderr


def test_a_choice_in_a_folder_cfg_of_the_users_is_named():
    Path("cfg/task").mkdir(parents=True)
    Path("cfg/task/Mine.yaml").write_text("env: CartPole-v1\nnum_envs: 2\n")
    with pytest.raises(
        ConfigError, match=r"your cfg/task/Mine.yaml is not read, since rlgx has a folder cfg"
    ):
        run("task=Mine")


def test_a_checkpoint_file_imports_nothing(capsys):
    trained = run(*CUSTOM, *SMALL, "vec_env=sync")
    alone = shutil.copy(trained["checkpoints"]["last"], "alone.pth")
    sys.modules.pop("my_module")
    run("task=CartPole", "mode=play", f"checkpoint={alone}", "episodes=1", "headless=True")
    assert "my_module" not in sys.modules
