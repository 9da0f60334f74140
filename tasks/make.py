"""From a task to a running vector environment. Knows no agent; rl_games' tables are the registry's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gymnasium.envs.registration import EnvSpec

from cfg.choices import WITHOUT_WORKERS, default_vec_env
from cfg.errors import ConfigError, did_you_mean
from cfg.plugins import load, plugins
from cfg.schema import FATAL, FaultsConfig, RayConfig, TaskConfig
from tasks.atari.games import SINGLE_GAME, game_of_engine, game_of_spec
from tasks.atari.protocol import read_protocol
from tasks.envpool.pool import find_pool
from tasks.factory import EnvFactory, WrapperRecipe
from tasks.judge import judge, judge_native, judge_simulator
from tasks.lookup import find_spec, load_attribute
from tasks.registered import (
    RegisteredEnv,
    find_registered,
    registered_names,
    single_creator,
    vec_env_maker,
)
from tasks.simulators.recipe import SimulatorClass

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
        num_workers: processes, or threads of `native`; None lets the kind choose. `sync` pays no attention: a
            run on Ray may evaluate in its own process.
        device: where a simulator runs; of no matter to the others.
        ray: the cluster and the placement of the workers, for `ray`.
        faults: what becomes of environments and workers that fail, for `sync`, `process` and `ray`.
    """

    factory: EnvFactory
    num_envs: int
    seed: int
    role: str = "train"
    num_workers: int | None = None
    device: str = "cpu"
    ray: RayConfig = RayConfig()
    faults: FaultsConfig = FATAL


def _sync(plan: VecEnvPlan) -> "VecEnv":
    from tasks.vec_env.sync import SyncVecEnv

    return SyncVecEnv(plan.factory, plan.num_envs, seed=plan.seed, role=plan.role, faults=plan.faults)


def _process(plan: VecEnvPlan) -> "VecEnv":
    from tasks.vec_env.process_env import ProcessVecEnv

    return ProcessVecEnv(
        plan.factory,
        plan.num_envs,
        plan.num_workers,
        seed=plan.seed,
        role=plan.role,
        faults=plan.faults,
    )


def _ray(plan: VecEnvPlan) -> "VecEnv":
    from tasks.vec_env.ray_init import lock_with_token, require_token_mode

    # A cluster that runs already has a token of its own.
    (lock_with_token if plan.ray.address is None else require_token_mode)()
    # Only now: Ray reads its settings when it is imported.
    from tasks.vec_env.ray_env import RayVecEnv

    return RayVecEnv(
        plan.factory,
        plan.num_envs,
        plan.num_workers,
        seed=plan.seed,
        role=plan.role,
        faults=plan.faults,
        cluster=plan.ray,
    )


def _native(plan: VecEnvPlan) -> "VecEnv":
    factory = plan.factory
    judge_native(factory)
    if factory.render_mode == "human" and isinstance(factory.source, EnvSpec):
        return _sync(plan)  # Gymnasium's vector environments open no window
    make: type[Any] = load_attribute(str(factory.native))
    vec: VecEnv = make(factory, plan.num_envs, plan.num_workers, seed=plan.seed, role=plan.role)
    return vec


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


def _simulator(plan: VecEnvPlan) -> "VecEnv":
    judge_simulator(plan.factory)
    from tasks.vec_env.simulator_env import SimulatorVecEnv

    return SimulatorVecEnv(plan.factory, plan.num_envs, plan.device, seed=plan.seed, role=plan.role)


KINDS: dict[str, Callable[[VecEnvPlan], "VecEnv"]] = {
    "sync": _sync,
    "process": _process,
    "ray": _ray,
    "native": _native,
    "rl_games": _rl_games,
    "simulator": _simulator,
}
"""Who can run many environments, by the name that `vec_env=` takes."""

JUDGES: dict[str, Callable[[EnvFactory], None]] = {"native": judge_native, "simulator": judge_simulator}
"""What a kind asks of a factory before anything starts; kinds of separate environments ask `judge`."""

ATARI = "tasks.atari.vec_env:AtariVecEnv"
ENTRY_POINT = "tasks.vec_env.entry_point:EntryPointVecEnv"
ENVPOOL = "tasks.envpool.vec_env:EnvpoolVecEnv"


def factory_of(
    task: TaskConfig,
    *,
    env: str | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    vec_env: str | None = None,
    render_mode: str | None = None,
    imports: Sequence[str] = (),
) -> EnvFactory:
    """The judged recipe for a task's environment.

    Args:
        task: its configuration.
        env: id of Gymnasium or of an engine, or a name that a module of `imports` registers, for a task that
            leaves it open.
        env_kwargs: win over the task's own.
        vec_env: who will run it, one of `KINDS`; the task's own where None.
        render_mode: as in Gymnasium; judged here too.
        imports: modules that register things with rl_games.
    """
    fixed = task.entry_point or task.env or task.simulator
    if env is not None and fixed is not None:
        raise ConfigError(f'env={env} on task {task.name}, which is "{fixed}"', f"use task=Gym env={env}")
    if env is None and fixed is None:
        raise ConfigError(f"task {task.name} needs an environment", "name one, as in env=LunarLander-v3")
    kwargs = (_join_sections if task.simulator else _join)(task.env_kwargs, env_kwargs or {})
    recipe = _recipe(task, fixed or str(env), kwargs, imports)
    factory = replace(recipe, render_mode=render_mode)
    JUDGES.get(vec_env or kind_of(task, env, imports), judge)(factory)
    return factory


def kind_of(task: TaskConfig, env: str | None = None, imports: Sequence[str] = ()) -> str:
    """Who runs a task where nobody says: the task's own word, else what suits its environment."""
    unsaid = "rl_games" if imports else default_vec_env(task.env or env or "")
    return task.vec_env or ("simulator" if task.simulator else unsaid)


def _recipe(task: TaskConfig, name: str, kwargs: Mapping[str, Any], imports: Sequence[str]) -> EnvFactory:
    """The recipe for an entry point, a module's own environment, one of an engine or any Gymnasium id."""
    wrappers = tuple(WrapperRecipe(one["entry_point"], one["kwargs"]) for one in task.wrappers)
    limit = task.max_episode_steps
    if task.simulator is not None:
        return EnvFactory(name, SimulatorClass(task.simulator), kwargs, wrappers, limit)
    if task.entry_point is not None:
        return EnvFactory(name, task.entry_point, kwargs, wrappers, limit)
    registered = find_registered(name, imports)
    if registered is not None:
        return EnvFactory(name, registered, kwargs, wrappers, limit)
    pool = find_pool(name, kwargs, limit)
    if pool is not None:
        return EnvFactory(name, None, {"pool": pool}, wrappers, native=ENVPOOL)
    game = game_of_engine(name)
    if game is None:
        spec = _find(name, imports)
        game = game_of_spec(spec, kwargs, bool(wrappers))
    if game is not None:
        # The protocol cuts the game itself off; what ends a learner's episode early lies above it.
        parts = {"game": game, "protocol": read_protocol({**game.kwargs, **kwargs}, limit)}
        return EnvFactory(name, SINGLE_GAME, parts, wrappers, native=ATARI, needs=("cv2",))
    native = None if spec.vector_entry_point is None else ENTRY_POINT
    return EnvFactory(name, spec, kwargs, wrappers, limit, native=native)


def _join(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    return {**below, **above}


def _join_sections(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a simulator: a weight on the command line leaves the YAML's other weights as they are."""
    both = {
        key: _join(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping)
    }
    return {**below, **above, **both}


def _find(env_id: str, imports: Sequence[str]) -> EnvSpec:
    """The Gymnasium id of that name."""
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


def env_info_of(factory: EnvFactory, kind: str = "sync") -> dict[str, Any]:
    """What a vector environment of this factory says of itself; makes one environment and closes it."""
    # Every kind that runs separate environments says the same.
    kind = kind if kind in JUDGES else kind_of_one(factory)
    with build_vec_env(kind, VecEnvPlan(factory, num_envs=1, seed=0)) as vec_env:
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
    device: str = "cpu",
    ray: RayConfig = RayConfig(),  # noqa: B008  # frozen
    faults: FaultsConfig = FATAL,
) -> "VecEnv":
    """A task's vector environment, an rl_games `IVecEnv`.

    Args:
        task: name of a task, or its configuration.
        num_envs: number of environments; the task's own where None.
        vec_env: who runs them, one of `KINDS`; where None the task's own, or what suits its environment.
        num_workers: processes or threads, for kinds that have them.
        seed: 0 or more.
        env: Gymnasium id, for a task that leaves it open; or a name that a module of `imports` registers.
        env_kwargs: win over the task's own.
        imports: modules that register things with rl_games.
        role: "train", "eval" or "play": each has random streams of its own.
        device: where a simulator runs, as torch names it.
        ray: cluster and placement, for `vec_env="ray"`.
        faults: what becomes of environments and workers that fail; where left out, the first fault is raised.
    """
    if isinstance(task, str):
        from cfg.compose import load_task

        task = load_task(task)
    unsettled = vec_env or kind_of(task, env, imports)
    factory = factory_of(task, env=env, env_kwargs=env_kwargs, vec_env=unsettled, imports=imports)
    kind = settled_kind(unsettled, factory)
    if num_workers is not None and kind in WITHOUT_WORKERS:
        raise ConfigError(
            f"num_workers={num_workers} means nothing with vec_env={kind}", "leave it out, or use vec_env=ray"
        )
    count = task.num_envs if num_envs is None else num_envs
    plan = VecEnvPlan(factory, count, seed, role, num_workers, device, ray, faults)
    return build_vec_env(kind, plan)
