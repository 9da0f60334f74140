"""Makes a task known to rl_games. The only file that writes into its tables of environments."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cfg.errors import ConfigError
from cfg.schema import FATAL, Config, FaultsConfig, RayConfig
from tasks.factory import EnvFactory
from tasks.make import VecEnvPlan, build_vec_env, factory_of, kind_of_one, settled_kind
from tasks.registered import VECENV_TYPE, keep_aside
from tasks.uncompiled import uncompiled

if TYPE_CHECKING:
    from tasks.vec_env.base import VecEnv


def register(config: Config) -> Config:
    """Enters a configuration's environment in rl_games' tables under its task's name.

    Returns the configuration with the vector environment it will have.
    """
    with uncompiled():
        from rl_games.common import env_configurations, vecenv

    factory = factory_of(
        config.task,
        env=config.env,
        env_kwargs=config.env_kwargs,
        vec_env=config.vec_env,
        imports=config.imports,
    )
    keep_aside(config.task.name)
    env_configurations.register(config.task.name, {"vecenv_type": VECENV_TYPE, "env_creator": factory})
    vecenv.register(VECENV_TYPE, partial(build, ray=config.ray, faults=config.faults))
    return config.model_copy(update={"vec_env": settled_kind(config.vec_env, factory)})


def build(  # noqa: PLR0913  # rl_games passes them by name
    config_name: str,
    num_actors: int,
    *,
    seed: int = 0,
    role: str = "train",
    vec_env: str = "sync",
    num_workers: int | None = None,
    render_mode: str | None = None,
    device: str = "cpu",
    ray: RayConfig = RayConfig(),  # noqa: B008  # frozen
    faults: FaultsConfig = FATAL,
) -> "VecEnv":
    """What rl_games' `create_vec_env` calls for a registered task.

    Args:
        config_name: under which the task was registered.
        num_actors: number of environments.
        seed: 0 or more.
        role: one of `tasks.seeding.ROLES`.
        vec_env: who runs them, one of `tasks.make.KINDS`.
        num_workers: processes or threads, for kinds that have them.
        render_mode: of row 0.
        device: where a simulator runs.
        ray: cluster and placement, for `ray`.
        faults: what becomes of environments and workers that fail.
    """
    from rl_games.common import env_configurations

    creator = env_configurations.configurations[config_name]["env_creator"]
    if not isinstance(creator, EnvFactory):
        raise ConfigError(f"{config_name} was not registered by rlgx", "call tasks.registry.register first")
    factory = replace(creator, render_mode=render_mode or creator.render_mode)
    if role != "train" and vec_env == "sync":
        vec_env = kind_of_one(factory)
    return build_vec_env(
        vec_env, VecEnvPlan(factory, num_actors, seed, role, num_workers, device, ray, faults)
    )
