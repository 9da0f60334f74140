"""The game in colour beside row 0 is the game that row 0 plays."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cfg.schema import TaskConfig
from tasks.make import VecEnvPlan, build_vec_env, factory_of
from tasks.vec_env.base import VecEnv

# Every frame is seen as it is: none skipped, none pooled, none made smaller.
PLAIN = {"frameskip": 1, "img_height": 210, "img_width": 160}


def make(render_mode: str | None, game: str = "breakout", **kwargs: Any) -> VecEnv:
    task = TaskConfig(name="Drawn", env=f"ale:{game}", num_envs=2, env_kwargs=kwargs)
    factory = replace(factory_of(task), render_mode=render_mode)
    return build_vec_env("native", VecEnvPlan(factory, 2, seed=3))


@pytest.mark.parametrize(
    ("game", "more"),
    [
        ("breakout", {"max_num_frames_per_episode": 300}),
        ("breakout", {"repeat_action_probability": 0.25, "max_num_frames_per_episode": 301}),
        ("pong", {"noop_max": 0, "use_fire_reset": False, "max_num_frames_per_episode": 200}),
    ],
)
def test_the_mirror_shows_every_frame_of_row_zero_over_lives_and_games(game: str, more: dict) -> None:
    rng = np.random.default_rng(0)
    games = 0
    with make("rgb_array", game, **PLAIN, **more) as vec:
        for _ in range(2):
            obs = vec.reset()
            assert np.array_equal(vec._mirror._ale.getScreenGrayscale().reshape(210, 160), obs[0, -1])
        for _ in range(700):
            obs, _, _, infos = vec.step(rng.integers(0, 4, 2))
            games += 0 in infos.get("episode", {"row": ()})["row"]
            assert np.array_equal(vec._mirror._ale.getScreenGrayscale().reshape(210, 160), obs[0, -1])
    assert games >= 2


def test_the_mirror_skips_the_frames_that_the_row_skips() -> None:
    rng = np.random.default_rng(0)
    with make("rgb_array", img_height=210, img_width=160) as vec:
        vec.reset()
        for _ in range(100):
            obs, *_ = vec.step(rng.integers(0, 4, 2))
            grey = vec._mirror._ale.getScreenGrayscale().reshape(210, 160)
            assert (grey <= obs[0, -1]).all(), "the row shows the brighter of its last two frames"


def test_a_frame_is_the_whole_screen_in_colour() -> None:
    with make("rgb_array") as vec:
        vec.reset()
        frame = vec.render()
        assert (frame.shape, frame.dtype) == ((210, 160, 3), np.uint8)
        assert len(np.unique(frame.reshape(-1, 3), axis=0)) > 5, "Breakout's bricks are of six colours"


def test_without_a_render_mode_there_is_no_mirror() -> None:
    with make(None) as vec:
        vec.reset()
        assert vec.render() is None


def test_a_window_shows_the_game_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    with make("human", max_num_frames_per_episode=8) as vec:
        vec.reset()
        vec.step(np.zeros(2, np.int64))
        assert vec.render() is None
