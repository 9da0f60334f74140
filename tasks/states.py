"""What a single environment needs to go on elsewhere, layer by layer. Knows no vector environment.

An environment is restorable if each of its layers, from the outermost wrapper to the core, either brings a
pair `get_state()` and `set_state(state)` or is one that this module knows. Nothing is guessed: a layer that
nobody knows may hold anything.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import gymnasium as gym
import numpy as np

from cfg.errors import FOREIGN
from tasks.known_states import KNOWN, MODULES, Known, NotRestorable
from tasks.old_gym import OldGymEnv
from tasks.seeding import generator_state, restore_generator

Plain: TypeAlias = Any
"""None, bool, int, float, str, bytes, NumPy arrays and scalars, and lists, tuples and dicts of them."""

_PLAIN = (type(None), bool, int, float, str, bytes)


def read_state(env: gym.Env[Any, Any]) -> list[Plain]:
    """A copy of all that the environment holds, outermost layer first. Raises NotRestorable."""
    return [_read_layer(layer) for layer in _layers(env)]


def write_state(env: gym.Env[Any, Any], states: list[Plain]) -> None:
    """Have the environment go on from what `read_state` gave of an equal one. Raises NotRestorable."""
    layers = list(_layers(env))
    kinds = [_name(layer) for layer in layers]
    if [state["kind"] for state in states] != kinds:
        raise NotRestorable(f"it has other layers than before: {', '.join(kinds)}")
    for layer, state in zip(layers, states, strict=True):
        known = _known(layer)
        with_cause(_name(layer), "set_state", lambda: known.write(layer, copy_plain(state["values"])))  # noqa: B023
        if state["random"] is not None:
            layer._np_random = restore_generator(state["random"])


def copy_plain(value: Any) -> Plain:
    """A copy of plain data, which nobody else holds. Raises NotRestorable naming a type that is not plain."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biufcSU?":
        return value.copy()
    if type(value) is dict:
        return {key: copy_plain(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(copy_plain, value))
    raise NotRestorable(f"its state holds a {type(value).__name__}, which is no plain data")


def with_cause(name: str, what: str, call: Callable[[], Any]) -> Any:
    """What a layer's own code gives; whatever it raises makes the environment not restorable."""
    try:
        return call()
    except NotRestorable:
        raise
    except FOREIGN as cause:
        raise NotRestorable(f"{what} of {name} failed: {type(cause).__name__}: {cause}") from cause


def _layers(env: Any) -> Iterator[Any]:
    """From the outermost wrapper to the core; of an old environment, itself in place of its adapter."""
    while isinstance(env, gym.Wrapper):
        yield env
        env = env.env
    yield env.wrapped if isinstance(env, OldGymEnv) else env


def _read_layer(layer: Any) -> Plain:
    known = _known(layer)
    values = with_cause(_name(layer), "get_state", lambda: copy_plain(known.read(layer)))
    # A wrapper's generator is that of the environment below it, unless it was given its own.
    generator = getattr(layer, "_np_random", None)
    random = generator_state(generator) if isinstance(generator, np.random.Generator) else None
    return {"kind": _name(layer), "values": values, "random": random}


def _known(layer: Any) -> Known:
    """How this layer is read and written. Raises NotRestorable."""
    if callable(getattr(layer, "get_state", None)) and callable(getattr(layer, "set_state", None)):
        return OWN
    known = KNOWN.get(_name(layer)) or MODULES.get(type(layer).__module__)
    if known is None:
        raise NotRestorable(f"{type(layer).__name__} has no get_state() and set_state(state)")
    return known


OWN = Known(lambda layer: layer.get_state(), lambda layer, values: layer.set_state(values))
"""A layer that brings the pair itself."""


def _name(layer: Any) -> str:
    return f"{type(layer).__module__}:{type(layer).__qualname__}"
