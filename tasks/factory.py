"""The recipe for one environment, small enough to travel to any process. Knows no vector environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec

from cfg.errors import FOREIGN, ConfigError, EnvFault, RlgxError
from tasks.lookup import dependency_error, load_attribute, load_creator
from tasks.namespaces import conflict_of
from tasks.old_gym import adapt_old_gym
from tasks.recorder import EpisodeRecorder, find_recorder
from tasks.registered import RegisteredEnv
from tasks.simulators.recipe import SimulatorClass


@dataclass(frozen=True)
class WrapperRecipe:
    """A Gymnasium wrapper by name.

    Attributes:
        entry_point: "module:attribute" of the wrapper class.
        kwargs: what it is called with besides the environment.
    """

    entry_point: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EnvFactory:
    """Makes an environment; `tasks.judge` makes sure beforehand that it can.

    It carries the Gymnasium spec rather than an id, because a worker process has a registry of its own.

    Attributes:
        name: what messages call the environment: its id or entry point.
        source: Gymnasium spec; "module:attribute" of a class or function that returns an environment; a name
            that a module registers with rl_games; a simulator, which is never a single one; or None where an
            engine has no single environments.
        kwargs: what the environment is called with.
        wrappers: applied in order, innermost first.
        max_episode_steps: truncates episodes before any task wrapper sees them; None keeps the environment's.
        render_mode: as in Gymnasium.
        native: "module:attribute" of the `VecEnv` that runs many at once in a way of their own; None where
            there is none.
        needs: modules without which a single one cannot be made.
    """

    name: str
    source: EnvSpec | str | RegisteredEnv | SimulatorClass | None
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    wrappers: tuple[WrapperRecipe, ...] = ()
    max_episode_steps: int | None = None
    render_mode: str | None = None
    native: str | None = None
    needs: tuple[str, ...] = ()

    def __call__(self) -> gym.Env[Any, Any]:
        """A new environment, wrapped."""
        try:
            env = adapt_old_gym(self._make())
            if self.wrappers and find_recorder(env) is None:
                # Wrappers may change rewards or end episodes early; what is reported is the game itself.
                env = EpisodeRecorder(env)
            for wrapper in self.wrappers:
                env = load_attribute(wrapper.entry_point)(env, **wrapper.kwargs)
        except RlgxError:
            raise
        except (ImportError, gym.error.DependencyNotInstalled) as cause:
            raise dependency_error(self.name, cause) from cause
        except FOREIGN as cause:
            problem = f"{self.name} cannot be made with {dict(self.kwargs)}: {type(cause).__name__}: {cause}"
            raise EnvFault(problem, self._remedy()) from cause
        return env

    def _remedy(self) -> str:
        """For an environment that its own code fails to make."""
        entry_point = self.source.entry_point if isinstance(self.source, EnvSpec) else self.source
        conflict = conflict_of(entry_point) if isinstance(entry_point, str) else None
        if conflict is not None:
            return f"{conflict.package} {version(conflict.package)} is too new for it: {conflict.remedy}"
        return "check env_kwargs and the wrappers, or run with RLGX_DEBUG=1 to see where"

    def _make(self) -> gym.Env[Any, Any]:
        kwargs = dict(self.kwargs)
        if self.render_mode is not None:
            kwargs["render_mode"] = self.render_mode
        if isinstance(self.source, EnvSpec):
            return gym.make(
                self.source, max_episode_steps=self.max_episode_steps, disable_env_checker=True, **kwargs
            )
        assert isinstance(self.source, (str, RegisteredEnv)), self.name  # `tasks.judge` lets no other through
        make: Callable[..., gym.Env[Any, Any]] = load_creator(self.source)
        env = make(**kwargs)
        if not (callable(getattr(env, "step", None)) and callable(getattr(env, "reset", None))):
            raise ConfigError(
                f"{self.name} made a {type(env).__name__}, which is no environment",
                "name a gymnasium.Env class or a function that returns one",
            )
        if self.max_episode_steps is not None:
            env = gym.wrappers.TimeLimit(adapt_old_gym(env), self.max_episode_steps)
        return env
