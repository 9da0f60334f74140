"""When a film is due, and what a camera does with frames that are no frames."""

from dataclasses import replace

import numpy as np
import pytest

from algos.recording import TrainingFilms, camera
from cfg.errors import ConfigError, EnvFault
from tasks.vec_env.sync import SyncVecEnv
from tests.cfg.composing import composed
from tests.films import needs_ffmpeg, read
from tests.toy_envs import toy_factory


def films(tmp_path, *words: str) -> TrainingFilms:
    return TrainingFilms(composed("num_envs=4", *words), tmp_path)


def test_a_film_is_due_at_the_start(tmp_path):
    due = films(tmp_path, "capture_video=True", "capture_video_freq=100")
    assert due.is_due(0)


def test_a_resumed_run_waits_for_the_next_multiple_of_steps_of_all_environments(tmp_path):
    resumed = films(tmp_path, "capture_video=True", "capture_video_freq=100")
    assert [frame for frame in range(840, 1300, 4) if resumed.is_due(frame)][0] == 1200


def test_nothing_is_due_unless_it_is_asked_for(tmp_path):
    assert not films(tmp_path).is_due(0)


def drawing(env: str) -> SyncVecEnv:
    return SyncVecEnv(replace(toy_factory(env), render_mode="rgb_array"), 1, seed=0)


@needs_ffmpeg
def test_a_camera_stops_when_its_film_is_full(tmp_path):
    vec_env = drawing("Painter")
    vec_env.reset()
    with camera(vec_env, tmp_path / "film.mp4", 3) as take:
        for _ in range(5):
            take()
            vec_env.step(np.zeros(1, np.int64))
    about, frames = read(tmp_path / "film.mp4")
    assert about["fps"] == 8.0 and len(frames) == 3
    assert [round(frame.mean() / 50) for frame in frames] == [0, 1, 2]


@needs_ffmpeg
@pytest.mark.parametrize(
    ("env", "error", "line"),
    [
        ("Grey", ConfigError, r"Grey draws no frame \[height, width, 3\] but shape \(32, 32\)"),
        ("Blank", ConfigError, "Blank draws no frame .* but NoneType -- leave capture_video out"),
        ("Growing", EnvFault, r"Growing: a frame is uint8 \(18, 18, 3\) where uint8 \(17, 17, 3\)"),
        ("Crashing", EnvFault, "Crashing, row 0, step 0: render failed: OSError: no screen -- leave"),
    ],
)
def test_a_frame_that_is_none_costs_one_line_and_leaves_no_film(tmp_path, env, error, line):
    vec_env = drawing(env)
    vec_env.reset()
    with pytest.raises(error, match=line), camera(vec_env, tmp_path / "film.mp4", 9) as take:
        take()
        take()
    assert list(tmp_path.iterdir()) == []
