"""Films of a policy at work: when one is due while training, and what a camera sees. Encodes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from algos.base import Agent
from algos.evaluation import IN_THIS_PROCESS, evaluation_envs, rounds, shows_masks
from algos.reporting.report import Clip
from algos.seeding import derived_seed
from algos.video import VideoFile, preview
from cfg.errors import ConfigError, EnvFault
from cfg.schema import Config

USUAL_FPS = 30.0
"""Of environments that do not say how fast their time runs."""


class Camera:
    """Films row 0 of a vector environment, one frame a call, until the film is full."""

    def __init__(self, vec_env: Any, film: VideoFile, length: int) -> None:
        self._vec_env = vec_env
        self._film = film
        self._length = length
        self._shape: tuple[int, ...] | None = None

    def __call__(self) -> None:
        """Take a frame. Raises EnvFault where the environment gives none."""
        if self._film.frames < self._length:
            self._film.add(self._checked(self._vec_env.render()))

    def _checked(self, frame: Any) -> np.ndarray:
        """uint8 [H, W, 3], always of one size."""
        name = self._vec_env.name
        if not isinstance(frame, np.ndarray) or frame.ndim != 3 or frame.shape[2] != 3:
            got = f"shape {frame.shape}" if isinstance(frame, np.ndarray) else type(frame).__name__
            raise ConfigError(
                f"capture_video=True: {name} draws no frame [height, width, 3] but {got}",
                "leave capture_video out",
            )
        self._shape = self._shape or frame.shape
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise EnvFault(
                f"{name}: a frame is {frame.dtype} {frame.shape} where uint8 {self._shape} was expected",
                "have the environment draw all its frames alike, or leave capture_video out",
            )
        return frame


@contextmanager
def camera(vec_env: Any, path: Path, length: int) -> Iterator[Camera]:
    """A camera whose film is at `path` when the block ends. `length` in frames."""
    fps = float(vec_env.get_env_info().get("render_fps", USUAL_FPS))
    with VideoFile(path, fps) as film:
        yield Camera(vec_env, film, length)


class TrainingFilms:
    """Films the policy while it trains, on an environment of its own: training does not notice.

    One at the start, then after the epoch in which another `capture_video_freq` steps of the vector
    environment are full; a resumed run goes on counting.

    Args:
        config: of the run.
        folder: where the films go.
    """

    def __init__(self, config: Config, folder: Path) -> None:
        self._config = config
        self._folder = folder
        self._next_step: int | None = None

    def is_due(self, frame: int) -> bool:
        """Whether a film is to be made after `frame` agent steps."""
        if not self._config.capture_video:
            return False
        step = frame // self._config.num_envs
        if self._next_step is None:
            self._next_step = self._after(step) if step else 0
        return step >= self._next_step

    def record(self, agent: Agent) -> Clip:
        """Film the agent as it is now."""
        config = self._config
        step = agent.frame // config.num_envs
        self._next_step = self._after(step)
        path = self._folder / f"step_{step:09d}.mp4"
        seed = derived_seed(config.seed, agent.epoch_num, "video")
        kind = IN_THIS_PROCESS.get(config.vec_env, config.vec_env)
        vec_env = evaluation_envs(config, 1, seed, vec_env=kind, render_mode="rgb_array")
        try:
            # Training goes on with the random numbers it would have had without the film.
            with torch.random.fork_rng(), camera(vec_env, path, config.capture_video_len) as take:
                policy = agent.act(config.deterministic)
                steps = rounds(policy, vec_env, shows_masks(config, vec_env))
                for _ in zip(range(config.capture_video_len), steps, strict=False):
                    take()
        finally:
            vec_env.close()
        return Clip(path, preview(path, config.capture_video_len))

    def _after(self, step: int) -> int:
        every = self._config.capture_video_freq
        return (step // every + 1) * every
