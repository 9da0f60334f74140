"""From a task to a running vector environment. Knows no agent; rl_games' tables are the registry's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gymnasium.envs.registration import EnvSpec

from cfg.choices import WITHOUT_WORKERS
from cfg.errors import ConfigError, did_you_mean
from cfg.plugins import load, plugins
from cfg.schema import TaskConfig
from tasks.factory import EnvFactory, WrapperRecipe
from tasks.judge import judge
from tasks.lookup import find_spec
from tasks.registered import (
    RegisteredEnv,
    find_registered,
    registered_names,
    single_creator,
    vec_env_maker,
)

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


def _rl_games(plan: VecEnvPlan) -> "VecEnv":
    factory = plan.factory
    if not isinstance(factory.source, RegisteredEnv):
        raise ConfigError(
            f"vec_env=rl_games: {factory.name} was not registered by a module of imports", "leave vec_env out"
        )
    if factory.wrappers or factory.max_episode_steps:
        raise ConfigError(
            f"vec_env=rl_games steps {factory.name} itself: a task's wrappers and time limit do not reach it",
            "leave them out, or use vec_env=sync or ray",
        )
    from tasks.vec_env.hosted import HostedVecEnv

    return HostedVecEnv(factory.source, plan.num_envs, seed=plan.seed, kwargs=dict(factory.kwargs))


KINDS: dict[str, Callable[[VecEnvPlan], "VecEnv"]] = {"sync": _sync, "ray": _ray, "rl_games": _rl_games}
"""Who can run many environments, by the name that `vec_env=` takes."""


def factory_of(
    task: TaskConfig,
    *,
    env: str | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    imports: Sequence[str] = (),
) -> EnvFactory:
    """The judged recipe for a task's environment.

    Args:
        task: its configuration.
        env: Gymnasium id, for a task that leaves it open; or a name that a module of `imports` registers.
        env_kwargs: win over the task's own.
        imports: modules that register things with rl_games.
    """
    fixed = task.entry_point or task.env
    if env is not None and fixed is not None:
        raise ConfigError(f'env={env} on task {task.name}, which is "{fixed}"', f"use task=Gym env={env}")
    if env is None and fixed is None:
        raise ConfigError(f"task {task.name} needs an environment", "name one, as in env=LunarLander-v3")
    env_id = task.env or str(env)
    factory = EnvFactory(
        name=task.entry_point or env_id,
        source=task.entry_point or _find(env_id, imports),
        kwargs={**task.env_kwargs, **(env_kwargs or {})},
        wrappers=tuple(WrapperRecipe(one["entry_point"], one["kwargs"]) for one in task.wrappers),
        max_episode_steps=task.max_episode_steps,
    )
    judge(factory)
    return factory


def _find(env_id: str, imports: Sequence[str]) -> EnvSpec | RegisteredEnv:
    """The environment of that name: a module's of `imports`, or Gymnasium's."""
    registered = find_registered(env_id, imports)
    if registered is not None:
        return registered
    try:
        return find_spec(env_id)
    except ConfigError as error:
        names = registered_names(imports)
        if not names:
            raise
        problem = f"{error.problem}, nor registered by {', '.join(imports)}"
        raise ConfigError(problem, did_you_mean(env_id, names)) from error


def settled_kind(kind: str, factory: EnvFactory) -> str:
    """Who runs an environment for which `rl_games` was named, or nothing while modules are imported.

    That is the vector environment which the module registered; this process where it registered none.
    """
    source = factory.source
    hosts_itself = isinstance(source, RegisteredEnv) and vec_env_maker(source) is not None
    return "sync" if kind == "rl_games" and not hosts_itself else kind


def kind_of_one(factory: EnvFactory) -> str:
    """Who can run a single environment: this process, but for one that comes as a vector environment only."""
    source = factory.source
    return "rl_games" if isinstance(source, RegisteredEnv) and single_creator(source) is None else "sync"


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
    with build_vec_env(kind_of_one(factory), VecEnvPlan(factory, num_envs=1, seed=0)) as vec_env:
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
    imports: Sequence[str] = (),
    role: str = "train",
) -> "VecEnv":
    """A task's vector environment, an rl_games `IVecEnv`.

    Args:
        task: name of a task, or its configuration.
        num_envs: number of environments; the task's own where None.
        vec_env: who runs them, one of `KINDS`; the task's own where None.
        num_workers: processes, for kinds that have them.
        seed: 0 or more.
        env: Gymnasium id, for a task that leaves it open; or a name that a module of `imports` registers.
        env_kwargs: win over the task's own.
        imports: modules that register things with rl_games.
        role: "train", "eval" or "play": each has random streams of its own.
    """
    if isinstance(task, str):
        from cfg.compose import load_task

        task = load_task(task)
    factory = factory_of(task, env=env, env_kwargs=env_kwargs, imports=imports)
    kind = settled_kind(vec_env or ("rl_games" if imports else task.vec_env), factory)
    if num_workers is not None and kind in WITHOUT_WORKERS:
        raise ConfigError(
            f"num_workers={num_workers} means nothing with vec_env={kind}", "leave it out, or use vec_env=ray"
        )
    plan = VecEnvPlan(factory, task.num_envs if num_envs is None else num_envs, seed, role, num_workers)
    return build_vec_env(kind, plan)
