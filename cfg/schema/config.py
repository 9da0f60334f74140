"""The whole configuration, as everybody but cfg sees it: typed, judged and read-only.

The defaults are in cfg/config.yaml and the YAML files it names.
"""

import re
from typing import Annotated, Any, Generic, Literal

from pydantic import Field

from cfg.schema.faults import FaultsConfig
from cfg.schema.fields import (
    NAME_BYTES,
    Count,
    Device,
    DirectoryName,
    Frozen,
    Module,
    Natural,
    Observer,
    Positive,
    Real,
    RunPath,
    Seed,
    Steps,
    VecEnv,
)
from cfg.schema.ray import RayConfig
from cfg.schema.task import TaskConfig
from cfg.schema.train import Settings, TrainConfig


class Config(Frozen, Generic[Settings]):
    """What one run does. The comments of cfg/config.yaml explain each key.

    Attributes:
        seed: 0 or more; a -1 was drawn by the time the configuration is judged.
        max_iterations: the budget in epochs in force; None where there is none. Likewise max_frames.
        resume: the run directory to go on in.
        imports: modules that register things with rl_games, imported before anything else of a run.
        observers: names of plug-ins', or "module:attribute".
    """

    task: TaskConfig
    train: TrainConfig[Settings]
    network: str
    env: Annotated[str, Field(min_length=1)] | None
    env_kwargs: dict[str, Any]
    vec_env: VecEnv
    num_envs: Count
    num_workers: Count | None
    ray: RayConfig
    faults: FaultsConfig
    seed: Seed
    device: Device
    sim_device: Device
    rl_device: Device
    torch_deterministic: bool
    max_iterations: Steps | None
    max_frames: Steps | None
    max_wall_s: Positive | None
    mode: Literal["train", "play", "eval"]
    checkpoint: str | None
    restore: Literal["weights", "all"]
    resume: str | None
    policy: Literal["checkpoint", "random", "zero"]
    episodes: Count
    deterministic: bool
    headless: bool | None
    sigma: Real | None
    experiment: DirectoryName | None
    run_dir: RunPath | None
    eval_every: Natural | Literal["auto"]
    keep_last: Natural
    save_every_s: Positive | None
    capture_video: bool
    capture_video_freq: Steps
    capture_video_len: Steps
    jobs: Count | None
    imports: list[Module]
    observers: list[Observer]

    @property
    def settings(self) -> Settings:
        """The learning settings, `train.params.config`."""
        return self.train.params.config

    @property
    def env_id(self) -> str:
        """The environment's Gymnasium id, or the entry point of one that Gymnasium does not know."""
        task = self.task
        return self.env or task.env or task.entry_point or task.simulator or task.name

    @property
    def run_name(self) -> str:
        """Name for files and directories: the task's, or the env's where the command line names the env."""
        name = self.env if self.task.is_open and self.env else self.task.name
        visible = re.sub(r"[^\w.+-]+", "-", name).lstrip(".-")
        return visible.encode()[:NAME_BYTES].decode(errors="ignore") or "run"
