"""Which vector environments may run a task, and in how many ways each is tried. Starts nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cfg.choices import WITHOUT_WORKERS
from cfg.errors import ConfigError
from cfg.schema import Config
from tasks.factory import EnvFactory
from tasks.make import JUDGES, KINDS, VecEnvPlan, build_vec_env, factory_of, kind_of_one, settled_kind

if TYPE_CHECKING:
    from tasks.vec_env.base import VecEnv

DEFAULT_ENVS = 6
"""Rows of a check where nobody says: four workers then get unequal numbers."""

WORKERS = {"process": (2, 1, 4), "ray": (2, 1, 4)}
"""With how many workers a kind is tried; one that is not named here is tried as it is."""

ALIKE = ("process", "ray")
"""Kinds that have to give what `sync` gives, row for row."""


@dataclass(frozen=True)
class Subject:
    """A task, as one check asks for it.

    Attributes:
        config: of the command line.
        num_envs: rows.
        is_chosen: whether the command line names the kind, so that no other is tried.
        device: where a simulator runs.
    """

    config: Config
    num_envs: int
    is_chosen: bool
    device: str = "cpu"

    def factory(self, kind: str, limit: int | None = None) -> EnvFactory:
        """The recipe for a kind, with a time limit in steps in place of the task's. Raises ConfigError."""
        config = self.config
        task = config.task if limit is None else config.task.model_copy(update={"max_episode_steps": limit})
        return factory_of(
            task, env=config.env, env_kwargs=config.env_kwargs, vec_env=kind, imports=config.imports
        )

    def maker(self, kind: str, limit: int | None, num_workers: int | None) -> "Callable[[], VecEnv]":
        """Makes a vector environment."""
        factory = self.factory(kind, limit)
        config = self.config
        plan = VecEnvPlan(
            factory, self.num_envs, config.seed, num_workers=num_workers, device=self.device, ray=config.ray
        )
        return lambda: build_vec_env(kind, plan)

    def workers(self, kind: str) -> list[int | None]:
        """How many workers to try, one number after the other; there are at least two."""
        asked = None if kind in WITHOUT_WORKERS else self.config.num_workers
        fitting = [count for count in WORKERS.get(kind, ()) if count <= self.num_envs and count != asked]
        counts: list[int | None] = [asked, *fitting] if asked else list(fitting)
        return counts if len(counts) > 1 else (counts or [asked]) * 2

    def expected(self, kind: str) -> str:
        """With what the rows of a kind are compared, in words."""
        if kind == "sync":
            return "single environments that are stepped by hand"
        if kind not in ALIKE:
            return "those of a second one with the same seed"
        workers = dict.fromkeys(str(count) for count in self.workers(kind))
        return f"those of sync, with {', '.join(workers)} workers"


def subject_of(config: Config, explicit: frozenset[str], device: str = "cpu") -> Subject:
    """What to check; `explicit` are the command line's dotted keys. Raises ConfigError."""
    if config.mode != "train" or config.resume is not None:
        asked = "--resume" if config.resume is not None else f"--{config.mode}"
        raise ConfigError(f"{asked} does not go with --check, which has no policy", "leave one of them out")
    num_envs = config.num_envs if "num_envs" in explicit else DEFAULT_ENVS
    return Subject(config, num_envs, "vec_env" in explicit, device)


def kinds_of(subject: Subject) -> tuple[list[str], dict[str, str]]:
    """The kinds that may run it, and why the others may not. Raises ConfigError where none may."""
    own = subject.config.vec_env
    refused = {kind: why for kind in KINDS if (why := _why_not(subject, kind))}
    if subject.is_chosen or own not in KINDS:
        subject.factory(own)
        if own in refused:
            raise ConfigError(refused[own], "leave vec_env out: --check then tries each kind that may")
    if subject.is_chosen:
        return [own], {}
    # A plug-in's kind is made for its own tasks, and says so by being their vec_env.
    kinds = [*(kind for kind in KINDS if kind not in refused), *([own] if own not in KINDS else [])]
    if not kinds:
        subject.factory("sync")
    return kinds, refused


def _why_not(subject: Subject, kind: str) -> str | None:
    try:
        factory = subject.factory(kind)
    except ConfigError as error:
        return error.problem
    if kind == "rl_games" and settled_kind(kind, factory) != kind:
        return f"vec_env=rl_games: no module of imports registers a vector environment for {factory.name}"
    if kind not in JUDGES and kind != "rl_games" and kind_of_one(factory) != "sync":
        return f"vec_env={kind}: {factory.name} comes as a vector environment only"
    return None
