"""Finds environments and attributes by name, and says in one line what is missing. Makes no environment."""

import importlib
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from types import ModuleType
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec, parse_env_id

from cfg.errors import FOREIGN, ConfigError, did_you_mean
from cfg.importing import hidden, make_cwd_importable
from tasks.namespaces import install_line, owner_of
from tasks.registered import RegisteredEnv, single_creator


def find_spec(env_id: str) -> EnvSpec:
    """Gymnasium spec of an id, its package imported if need be. An id without a version means the newest."""
    module, _, bare_id = env_id.rpartition(":")
    if module:
        _import_registering(env_id, module)
    elif bare_id not in gym.registry and (owner := owner_of(bare_id)):
        _import_registering(env_id, owner)
    if bare_id in gym.registry:
        return gym.registry[bare_id]
    versions = _versions(bare_id)
    if not versions:
        raise ConfigError(f'env="{env_id}" is no Gymnasium id', _closest_ids(bare_id))
    newest = versions[max(versions)]
    version = parse_env_id(bare_id)[2]
    if version is None:
        return gym.registry[newest]
    fate = "is retired" if version < max(versions) else "does not exist"
    raise ConfigError(f'env="{env_id}" {fate}', f"use env={newest}")


def successor(env_id: str) -> str | None:
    """The newest version of an id that is retired; None where it is not, or has none."""
    versions = _versions(env_id)
    return versions[max(versions)] if versions and env_id not in gym.registry else None


def load_creator(source: EnvSpec | str | RegisteredEnv) -> Callable[..., Any]:
    """The class or function that makes an environment."""
    if isinstance(source, str):
        return load_attribute(source)
    if isinstance(source, RegisteredEnv):
        creator = single_creator(source)
        if creator is None:
            raise ConfigError(
                f"{source.name} is registered without an env_creator",
                "register it with one, or leave vec_env out",
            )
        return creator
    if source.entry_point is None:
        raise ConfigError(f"{source.id} is registered without an entry_point", "register it with one")
    return _load_creator_of_id(source.id, source.entry_point)


def load_vector_creator(spec: EnvSpec) -> Callable[..., Any] | None:
    """The class or function that makes many at once; None where an id has none."""
    if spec.vector_entry_point is None:
        return None
    return _load_creator_of_id(spec.id, spec.vector_entry_point)


def load_attribute(entry_point: str) -> Any:
    """What "module:attribute" names; modules of the working directory count."""
    module_name, colon, attribute = entry_point.partition(":")
    if not (module_name and colon and attribute):
        raise ConfigError(f'entry_point="{entry_point}" is not of the form module:attribute', "write it so")
    module = _import_named(entry_point, module_name)
    if not hasattr(module, attribute):
        names = [name for name in dir(module) if not name.startswith("_")]
        raise ConfigError(
            f'entry_point="{entry_point}": module {module_name} has no {attribute}',
            did_you_mean(attribute, names),
        )
    return getattr(module, attribute)


def _load_creator_of_id(env_id: str, entry_point: str | Callable[..., Any]) -> Callable[..., Any]:
    if not isinstance(entry_point, str):
        return entry_point
    module_name, _, attribute = entry_point.partition(":")
    make_cwd_importable()
    try:
        return getattr(importlib.import_module(module_name), attribute)
    except FOREIGN as cause:  # foreign code, which may raise anything
        raise dependency_error(env_id, cause) from cause


def dependency_error(name: str, cause: BaseException) -> ConfigError:
    """A package that an environment needs and that is missing, or code that fails while it is imported."""
    missing = next((error.name for error in _chain(cause) if isinstance(error, ModuleNotFoundError)), None)
    if missing is None:
        newest = max(_versions(name).items(), default=(0, name))[1]
        remedy = "mend it; RLGX_DEBUG=1 shows where it fails" if newest == name else f"use env={newest}"
        return ConfigError(f"{name} cannot be imported: {type(cause).__name__}: {cause}", remedy)
    return ConfigError(f"{name} needs the package {missing}, which is not installed", install_line(missing))


def _import_named(entry_point: str, module_name: str) -> ModuleType:
    make_cwd_importable()
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as cause:
        if cause.name is None or not f"{module_name}.".startswith(f"{cause.name}."):
            raise dependency_error(entry_point, cause) from cause
        problem = f'entry_point="{entry_point}": there is no module {cause.name}'
        remedy = "run from the folder that holds it, or install the package that does"
        raise ConfigError(problem, hidden(module_name) or remedy) from cause
    except FOREIGN as cause:  # foreign code, which may raise anything
        raise dependency_error(entry_point, cause) from cause


def _import_registering(env_id: str, module: str) -> None:
    make_cwd_importable()
    try:
        importlib.import_module(module)
    except FOREIGN as cause:  # foreign code, which may raise anything
        raise dependency_error(env_id, cause) from cause


def _versions(env_id: str) -> dict[int, str]:
    """Registered ids that differ from one in nothing but the version."""
    try:
        namespace, name, _ = parse_env_id(env_id)
    except gym.error.Error:
        return {}
    return {
        spec.version: known
        for known, spec in gym.registry.items()
        if (spec.namespace, spec.name) == (namespace, name) and spec.version is not None
    }


def _closest_ids(env_id: str) -> str:
    close = get_close_matches(env_id, gym.registry, n=5, cutoff=0.5)
    return did_you_mean(env_id, close) if close else "gymnasium.pprint_registry() prints all of them"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
