"""The typed configuration and its judgement. Loads pydantic, nothing heavier."""

from cfg.schema.config import Config
from cfg.schema.faults import FATAL, FaultsConfig
from cfg.schema.ray import RayConfig
from cfg.schema.settings import CommonSettings, RewardShaper
from cfg.schema.task import TaskConfig
from cfg.schema.train import Params, TrainConfig
from cfg.schema.validate import validate, validate_task

__all__ = [
    "FATAL",
    "CommonSettings",
    "Config",
    "FaultsConfig",
    "Params",
    "RayConfig",
    "RewardShaper",
    "TaskConfig",
    "TrainConfig",
    "validate",
    "validate_task",
]
