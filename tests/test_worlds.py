"""Every kind of observation and action space trains, resumes and plays; on Ray with the same result."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path
from typing import Any

import gymnasium
import pytest
import torch

from tests.films import needs_ffmpeg, read
from tests.ray_session import ray_session
from tests.source_tree import ROOT
from train import run

__all__ = ["ray_session"]

CENTRAL = (
    "train.params.config.central_value_config={normalize_input: True, learning_rate: 0.001, mini_epochs: 2, "
    "clip_value: True, minibatch_size: 32, "
    "network: {name: actor_critic, mlp: {units: [8], activation: elu, initializer: {name: default}}}}"
)

# What is special -> the class of tests/toy_envs.py, its arguments, overrides.
TOYS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "a Dict with images, text and reserved names": ("Rich", {}, ()),
    "several choices at once": ("Actor", {"space": "multi_discrete"}, ()),
    "choices that start elsewhere": ("Actor", {"space": "discrete"}, ()),
    "a matrix of continuous actions": ("Actor", {"space": "box"}, ()),
    "action masks": ("Masked", {}, ()),
    "masks over several choices": ("InfoMasked", {}, ()),
    "two rewards": ("TwoRewards", {}, ()),
    "states for a critic that is not there": ("Asymmetric", {}, ()),
    "an asymmetric critic": ("Asymmetric", {}, (CENTRAL,)),
    "an asymmetric critic and a recurrent policy": ("CentralValue", {}, (CENTRAL, "network=gru")),
}
GYMNASIUM = {
    "a Tuple of Discrete": ("env=Blackjack-v1",),
    "images": ("env=CarRacing-v3", "env_kwargs.continuous=False"),
}
# Packages of their own: the import name, and what is special -> an environment of it.
PACKAGES = {
    "minigrid": "env=minigrid:MiniGrid-Empty-5x5-v0",  # a Dict of a 7 x 7 image, a direction and a text
    "highway_env": "env=highway_env:highway-fast-v0",  # a table of vehicles
    "gymnasium_robotics": "env=gymnasium_robotics:FetchReach-v4",  # a Dict with goals
    "shimmy": "env=dm_control/cheetah-run-v0",  # a Dict of vectors
    "envpool": "env=envpool:CartPole-v1",  # an engine
}
SMALL = (
    "task=Gym",
    "num_envs=4",
    "eval_every=0",
    "device=cpu",
    "train.params.config.horizon_length=16",
    "train.params.config.minibatch_size=32",
    "train.params.config.mini_epochs=1",
)


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=TOYS)
def toy(request: pytest.FixtureRequest) -> Iterator[tuple[str, ...]]:
    name, kwargs, overrides = TOYS[request.param]
    env_id = f"rlgx-tests/{name}-v0"
    gymnasium.register(env_id, entry_point=f"tests.toy_envs:{name}", kwargs=kwargs)
    yield (f"env={env_id}", *overrides)
    gymnasium.registry.pop(env_id)


def _weights(summary: dict[str, Any]) -> str:
    model = torch.load(summary["checkpoints"]["last"], weights_only=True)["model"]
    return hashlib.sha256(b"".join(model[key].numpy().tobytes() for key in sorted(model))).hexdigest()


def _train_resume_and_play(world: tuple[str, ...]) -> None:
    first = run(*SMALL, *world, "max_iterations=2")
    assert first["epochs"] == 2
    assert run(f"resume={first['run']}", "max_iterations=3")["epochs"] == 3
    assert run("mode=play", f"checkpoint={first['run']}", "episodes=1", "headless=True")["episodes"] == 1


def test_a_dict_of_vectors_teaches_what_one_vector_would() -> None:
    def learnt(*wrappers: str) -> list[torch.Tensor]:
        short = ("task=CartPole", "num_envs=4", "eval_every=0", "max_iterations=3", "device=cpu", "seed=0")
        summary = run(*short, f"task.wrappers=[{','.join(wrappers)}]")
        model = torch.load(summary["checkpoints"]["last"], weights_only=True)["model"]
        # The layers; the Dict has a normaliser for each of its keys.
        return [value for key, value in model.items() if key.startswith("a2c_network.")]

    vector, both = learnt(), learnt("tests.split_vector:SplitVector")
    assert [len(layer) for layer in vector] == [len(layer) for layer in both]
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(vector, both, strict=True))


def test_a_toy_world_trains_resumes_and_plays(toy: tuple[str, ...]) -> None:
    _train_resume_and_play(toy)


@pytest.mark.parametrize("world", GYMNASIUM.values(), ids=GYMNASIUM)
def test_a_gymnasium_world_trains_resumes_and_plays(world: tuple[str, ...]) -> None:
    _train_resume_and_play(world)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_world_of_a_package_trains_resumes_and_plays(package: str) -> None:
    pytest.importorskip(package, reason=f"{package} is not installed")
    tiny = (
        "num_envs=2",
        "train.params.config.horizon_length=8",
        "train.params.config.minibatch_size=16",
    )
    _train_resume_and_play((PACKAGES[package], *tiny))


@needs_ffmpeg
@pytest.mark.parametrize("package", ["minigrid", "highway_env", "envpool"])
def test_the_film_of_a_package_shows_something(package: str) -> None:
    pytest.importorskip(package, reason=f"{package} is not installed")
    film = ("capture_video=True", "capture_video_len=3", "episodes=1")
    result = run("task=Gym", PACKAGES[package], "mode=eval", "policy=random", *film)
    _, frames = read(Path(result["video"]))
    # highway-env draws black frames where it thinks that nobody looks.
    assert all(frame.std() > 20 for frame in frames)


@needs_ffmpeg
@pytest.mark.skipif(find_library("EGL") is None, reason="there is no EGL to draw with")
def test_the_film_of_dm_control_shows_something(tmp_path: Path) -> None:
    pytest.importorskip("shimmy", reason="shimmy is not installed")
    # dm_control chooses once how it draws, when it is imported: so in a process of its own.
    film = ("--eval", "capture_video=True", "capture_video_len=3", "episodes=1", "task.max_episode_steps=3")
    words = ("task=Gym", PACKAGES["shimmy"], "policy=random", *film)
    subprocess.run([sys.executable, str(ROOT / "train.py"), *words], check=True, capture_output=True)
    _, frames = read(next(tmp_path.glob("runs/**/*.mp4")))
    assert all(frame.std() > 10 for frame in frames)


@pytest.mark.ray
@pytest.mark.usefixtures("ray_session")
def test_workers_train_the_same_weights_as_sync_whatever_their_number() -> None:
    short = ("task=CartPole", "num_envs=8", "eval_every=0", "max_iterations=3", "device=cpu", "seed=0")
    expected = _weights(run(*short))
    for kind in ("process", "ray"):
        for workers in (1, 2, 4):
            assert _weights(run(*short, f"vec_env={kind}", f"num_workers={workers}")) == expected, (
                kind,
                workers,
            )
