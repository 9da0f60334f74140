"""Environments that modules of `imports=` registered with rl_games, found in its tables. Makes none.

Such a module is written as rl_games' users know it: `env_configurations.register` names a creator of single
environments and the type of its vector environment, `vecenv.register` a type of the module's own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cfg.importing import import_module

VECENV_TYPE = "RLGX"
"""The type under which rl_games finds our vector environments, whatever their kind."""

_KEPT = "rlgx keeps {}"  # the name under which a module's own entry stays while a task has the same name


@dataclass(frozen=True)
class RegisteredEnv:
    """An environment by its name in rl_games' tables, small enough to travel to any process.

    Attributes:
        name: under which it was registered.
        modules: what registers it, wherever it is needed.
    """

    name: str
    modules: tuple[str, ...]


def import_modules(modules: Sequence[str]) -> None:
    """Import what `imports=` names. Raises ConfigError with the cause where one cannot be imported."""
    for module in modules:
        import_module(module, "imports")


def find_registered(name: str, modules: Sequence[str]) -> RegisteredEnv | None:
    """The environment that a module registered under a name; None where none did.

    rl_games has names of its own, some for environments that are long gone: those do not count.
    """
    import_modules(modules)
    return RegisteredEnv(name, tuple(modules)) if modules and _is_a_modules(_entry(name)) else None


def registered_names(modules: Sequence[str]) -> list[str]:
    """The names that modules registered."""
    import_modules(modules)
    return [name for name, entry in _configurations().items() if _is_a_modules(entry)] if modules else []


def single_creator(env: RegisteredEnv) -> Callable[..., Any] | None:
    """What makes one environment; None where only a vector environment was registered."""
    import_modules(env.modules)
    creator: Callable[..., Any] | None = _entry(env.name).get("env_creator")
    return creator


def vec_env_maker(env: RegisteredEnv) -> Callable[..., Any] | None:
    """What makes the module's own type of vector environment; None where the type is rl_games'.

    It is called as rl_games does, with the registered name first.
    """
    import_modules(env.modules)
    maker = _vec_env_types().get(_entry(env.name).get("vecenv_type", ""))
    return None if maker is None or _is_the_hosts_own(maker) else maker


def table_key(name: str) -> str:
    """The key under which rl_games' table holds a module's own entry."""
    kept = _KEPT.format(name)
    return kept if kept in _configurations() else name


def keep_aside(name: str) -> None:
    """Keep a module's entry under another key, because a task is about to take its name."""
    entry = _configurations().get(name)
    if entry is not None and entry["vecenv_type"] != VECENV_TYPE:
        from rl_games.common import env_configurations

        env_configurations.register(_KEPT.format(name), entry)


def _entry(name: str) -> dict[str, Any]:
    entry: dict[str, Any] = _configurations().get(table_key(name), {})
    return entry


def _is_a_modules(entry: dict[str, Any]) -> bool:
    """Whether an entry is neither rl_games' own nor a task of ours."""
    makers = (entry.get("env_creator"), _vec_env_types().get(entry.get("vecenv_type", "")))
    is_the_hosts = all(_is_the_hosts_own(maker) for maker in makers)
    return entry.get("vecenv_type") != VECENV_TYPE and not is_the_hosts


def _configurations() -> dict[str, Any]:
    from rl_games.common import env_configurations

    table: dict[str, Any] = env_configurations.configurations
    return table


def _vec_env_types() -> dict[str, Callable[..., Any]]:
    from rl_games.common import vecenv

    table: dict[str, Callable[..., Any]] = vecenv.vecenv_config
    return table


def _is_the_hosts_own(maker: Callable[..., Any] | None) -> bool:
    return maker is None or str(getattr(maker, "__module__", "")).partition(".")[0] == "rl_games"
