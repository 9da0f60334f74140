"""From a task to a running vector environment. Knows no agent; rl_games' tables are the registry's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cfg.errors import ConfigError, did_you_mean
from cfg.plugins import load, plugins
from cfg.schema import TaskConfig
from tasks.factory import EnvFactory, WrapperRecipe
from tasks.judge import judge
from tasks.lookup import find_spec

if TYPE_CHECKING:
    from tasks.vec_env.base import VecEnv


@dataclass(frozen=True)
class VecEnvPlan:
    """Everything a vector environment is made from.

    Attributes:
        factory: makes each environment.
        num_envs: N.
        seed: of the run.
        role: one of `tasks.seeding.ROLES`.
        num_workers: processes; None lets the kind choose. A kind without any pays no attention: a run on Ray
            may evaluate in its own process.
    """

    factory: EnvFactory
    num_envs: int
    seed: int
    role: str = "train"
    num_workers: int | None = None


def _sync(plan: VecEnvPlan) -> "VecEnv":
    from tasks.vec_env.sync import SyncVecEnv

    return SyncVecEnv(plan.factory, plan.num_envs, seed=plan.seed, role=plan.role)


def _ray(plan: VecEnvPlan) -> "VecEnv":
    from tasks.vec_env.ray_init import lock_with_token

    lock_with_token()
    # Only now: Ray reads its settings when it is imported.
    from tasks.vec_env.ray_env import RayVecEnv

    return RayVecEnv(plan.factory, plan.num_envs, plan.num_workers, seed=plan.seed, role=plan.role)


KINDS: dict[str, Callable[[VecEnvPlan], "VecEnv"]] = {"sync": _sync, "ray": _ray}
"""Who can run many environments, by the name that `vec_env=` takes."""

WITHOUT_WORKERS = frozenset({"sync"})


def factory_of(
    task: TaskConfig, *, env: str | None = None, env_kwargs: Mapping[str, Any] | None = None
) -> EnvFactory:
    """The judged recipe for a task's environment.

    Args:
        task: its configuration.
        env: Gymnasium id, for a task that leaves it open.
        env_kwargs: win over the task's own.
    """
    fixed = task.entry_point or task.env
    if env is not None and fixed is not None:
        raise ConfigError(f'env={env} on task {task.name}, which is "{fixed}"', f"use task=Gym env={env}")
    if env is None and fixed is None:
        raise ConfigError(f"task {task.name} needs an environment", "name one, as in env=LunarLander-v3")
    factory = EnvFactory(
        name=task.entry_point or task.env or str(env),
        source=task.entry_point or find_spec(task.env or str(env)),
        kwargs={**task.env_kwargs, **(env_kwargs or {})},
        wrappers=tuple(WrapperRecipe(one["entry_point"], one["kwargs"]) for one in task.wrappers),
        max_episode_steps=task.max_episode_steps,
    )
    judge(factory)
    return factory


def build_vec_env(kind: str, plan: VecEnvPlan) -> "VecEnv":
    """A vector environment of a kind: one of ours, or a plug-in's."""
    installed = plugins("vec_envs", KINDS)
    if kind not in KINDS and kind not in installed:
        raise ConfigError(f"vec_env={kind} is not known", did_you_mean(kind, {*KINDS, *installed}))
    if plan.num_envs < 1:
        raise ConfigError(f"num_envs={plan.num_envs} is too few", "use 1 or more")
    return KINDS[kind](plan) if kind in KINDS else load(installed[kind])(plan)


def env_info_of(factory: EnvFactory) -> dict[str, Any]:
    """What any vector environment of this factory says of itself; makes one environment and closes it."""
    with build_vec_env("sync", VecEnvPlan(factory, num_envs=1, seed=0)) as vec_env:
        info: dict[str, Any] = vec_env.get_env_info()
    return info


def make_vec_env(  # noqa: PLR0913  # a public call, spelt out
    task: str | TaskConfig,
    *,
    num_envs: int | None = None,
    vec_env: str | None = None,
    num_workers: int | None = None,
    seed: int = 0,
    env: str | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    role: str = "train",
) -> "VecEnv":
    """A task's vector environment, an rl_games `IVecEnv`.

    Args:
        task: name of a task, or its configuration.
        num_envs: number of environments; the task's own where None.
        vec_env: who runs them, one of `KINDS`; the task's own where None.
        num_workers: processes, for kinds that have them.
        seed: 0 or more.
        env: Gymnasium id, for a task that leaves it open.
        env_kwargs: win over the task's own.
        role: "train", "eval" or "play": each has random streams of its own.
    """
    if isinstance(task, str):
        from cfg.compose import load_task

        task = load_task(task)
    factory = factory_of(task, env=env, env_kwargs=env_kwargs)
    kind = vec_env or task.vec_env
    if num_workers is not None and kind in WITHOUT_WORKERS:
        raise ConfigError(
            f"num_workers={num_workers} means nothing with vec_env={kind}", "leave it out, or use vec_env=ray"
        )
    plan = VecEnvPlan(factory, task.num_envs if num_envs is None else num_envs, seed, role, num_workers)
    return build_vec_env(kind, plan)
