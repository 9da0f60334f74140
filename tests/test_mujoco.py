"""MuJoCo's tasks through the real entry: both algorithms train, save and play, and workers change nothing."""

import sys
from ctypes.util import find_library
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from cfg.compose import load_task
from cfg.errors import ConfigError
from tasks import make_vec_env
from tests.films import needs_ffmpeg, read
from train import run

TASKS = ("Ant", "HalfCheetah", "Hopper", "Humanoid", "Walker2d")
SMALL = ("num_envs=2", "vec_env=sync", "max_iterations=2", "eval_every=0", "device=cpu")
# Sixteen frames an epoch for PPO, eight for SAC, which starts to learn in its second.
TINY = {
    "PPO": ("horizon_length=8", "minibatch_size=8", "mini_epochs=1"),
    "SAC": ("num_steps_per_episode=4", "num_warmup_frames=8", "batch_size=8"),
}


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("algorithm", TINY)
@pytest.mark.parametrize("task", TASKS)
def test_a_walker_trains_saves_and_plays(task: str, algorithm: str) -> None:
    tiny = [f"train.params.config.{override}" for override in TINY[algorithm]]
    summary = run(f"task={task}", f"train={task}{algorithm}", *SMALL, *tiny)
    assert summary["epochs"] == 2 and Path(summary["checkpoints"]["last"]).is_file()
    short = ("task.max_episode_steps=20", "episodes=2", "headless=True")
    played = run("mode=play", f"checkpoint={summary['run']}", *short)
    assert played["episodes"] == 2 and 1 <= played["length_mean"] <= 20


@pytest.mark.parametrize("task", TASKS)
def test_worker_processes_step_the_same_rows_as_one_process(task: str) -> None:
    def played(kind: str) -> list[Any]:
        rng = np.random.default_rng(0)
        with make_vec_env(task, num_envs=3, vec_env=kind, seed=7) as vec:
            size = vec.get_env_info()["action_space"].shape[0]
            steps: list[Any] = [vec.reset()]
            for _ in range(60):  # hopper, walker and humanoid fall and start anew
                obs, reward, done, infos = vec.step(rng.uniform(-1, 1, (3, size)).astype(np.float32))
                steps += [obs, reward, done, infos["time_outs"], infos.get("final_observation", 0)]
        return steps

    alone, workers = played("sync"), played("process")
    assert all(np.array_equal(one, other) for one, other in zip(alone, workers, strict=True))


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_solved_where_gymnasium_says_and_otherwise_never(task: str) -> None:
    config = load_task(task)
    spec = gymnasium.spec(config.env)
    assert (config.env, config.solve_at) == (f"{task}-v5", spec.reward_threshold)


def test_without_mujoco_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("gymnasium.envs.mujoco")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "mujoco", None)
    line = (
        r"^Ant-v5 needs the package mujoco, which is not installed -- pip install .mujoco>=3.1,<4. imageio$"
    )
    with pytest.raises(ConfigError, match=line):
        run("task=Ant", *SMALL)


@needs_ffmpeg
@pytest.mark.skipif(find_library("EGL") is None, reason="there is no EGL to draw with")
def test_the_film_of_a_walker_shows_something() -> None:
    film = ("capture_video=True", "capture_video_len=3", "episodes=1", "task.max_episode_steps=3")
    result = run("task=Hopper", "vec_env=sync", "mode=eval", "policy=random", *film)
    _, frames = read(Path(result["video"]))
    assert all(frame.std() > 10 for frame in frames)
