"""The typed configuration and its judgement. Loads pydantic, nothing heavier."""

from cfg.schema.config import Config
from cfg.schema.settings import RewardShaper, Settings
from cfg.schema.task import TaskConfig
from cfg.schema.train import Params, TrainConfig
from cfg.schema.validate import validate, validate_task

__all__ = [
    "Config",
    "Params",
    "RewardShaper",
    "Settings",
    "TaskConfig",
    "TrainConfig",
    "validate",
    "validate_task",
]
