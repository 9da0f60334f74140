"""Says before anything starts whether an environment can be made, and if not how to mend it. Makes none."""

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec

from tasks.factory import EnvFactory


def resolve(env_id: str) -> EnvSpec:
    """Spec of a Gymnasium id."""
    return gym.spec(env_id)


def judge(factory: EnvFactory) -> None:
    """Raises a `ConfigError` where a factory cannot work."""
