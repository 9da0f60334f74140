"""Configurations and command lines made by chance: `test_fuzz.py` runs some, the fault suite more."""

import copy
import random
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from omegaconf import OmegaConf

from cfg.errors import RlgxError
from cfg.overrides import read
from cfg.plain import plain_values
from cfg.schema import Config, validate
from tests.cfg.composing import composed

BASES = {
    "ppo": ("network=mlp",),
    "lstm": ("network=lstm",),
    "cnn": ("task=Pong", "network=cnn"),
    "sac": ("task=Pendulum", "train=SAC", "network=soft_actor_critic"),
    "simulator": ("task=SimCartPole",),
    "eval": ("--eval", "policy=random"),
}
HUGE, INFINITE = 2**70, float("inf")
WRONG: list[Any] = [None, True, False, 0, -1, 1, 16.5, HUGE, 1e308, INFINITE, -INFINITE, float("nan")]
WRONG += ["", "x", "None", "1e9", "16", "../..", "\0", "é" * 300, "cuda", "ray", "adaptive", "linear", "lstm"]
WRONG += [[], [1], [[]], {}, {"a": 1}, {1: 2}, {"_target_": "os.system"}, (1,), b"x", object()]
WRONG += ["\ud800", "1" * 5000, -0.0, 5e-324, "nan", "1_000", "٣", {"": 1}, {"a.b": 1}, [None] * 1000]
KEYS = [
    "task",
    "network",
    "env",
    "checkpoint",
    "seed",
    "env_kwargs.a",
    "mode",
    "a.b",
    "num_envs",
    "experiment",
]
FLAGS = ["--checkpoint", "--list", "-p", "--play", "--eval", "--resume", "-m", "--file", "--seed", "--policy"]
SIGNS = "abt=.:/[]{}'\"\\~+@$,-( )012e*\n\t\x1bé\u202e\U0001f600"


@cache
def base(name: str) -> Config:
    """A configuration that is right."""
    return composed(*BASES[name])


def values_of(name: str) -> dict[str, Any]:
    """Its plain values, to be changed."""
    return copy.deepcopy(base(name).model_dump())


def judged(values: Mapping[str, Any], words: tuple[str, ...] = ()) -> Config:
    """What the validator makes of `values` with overrides put on them. Raises RlgxError."""
    overrides = read(words)
    tree = OmegaConf.create(dict(values)) if words else None
    if tree is None:
        return validate(values)
    overrides.apply(tree)
    return validate(plain_values(tree), overrides.explicit)


def outcome(act: Any) -> str:
    """`accepted`, or `refused` in one line that can be read; anything else is raised."""
    try:
        act()
    except RlgxError as error:
        assert str(error).isprintable(), ascii(str(error))
        assert " -- " in str(error)
        return "refused"
    return "accepted"


def places(values: Any) -> Iterator[tuple[Any, Any]]:
    """Every (section, key) below `values`, those in lists included."""
    pairs = (
        values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    )
    for key, inner in list(pairs):
        yield values, key
        yield from places(inner)


def mutated(chance: random.Random) -> dict[str, Any]:
    """A right configuration with one to four accidents: values, keys, sections gone, swapped or nested."""
    values = values_of(chance.choice(list(BASES)))
    for section, key in chance.sample(list(places(values)), chance.randint(1, 4)):
        chance.choice(_ACCIDENTS)(section, key, chance)
    return values


def _replace(section: Any, key: Any, chance: random.Random) -> None:
    section[key] = copy.copy(chance.choice(WRONG))


def _rename(section: Any, key: Any, chance: random.Random) -> None:
    if isinstance(section, dict) and key in section:
        section[f"{key}{chance.choice(SIGNS)}"] = section.pop(key)


def _drop(section: Any, key: Any, _chance: random.Random) -> None:
    if isinstance(section, dict):
        section.pop(key, None)


def _nest(section: Any, key: Any, chance: random.Random) -> None:
    inner = section.get(key) if isinstance(section, dict) else section[key]
    for _ in range(chance.choice((1, 2, 60))):
        inner = chance.choice(({"a": inner}, [inner]))
    section[key] = inner


def _add(section: Any, _key: Any, chance: random.Random) -> None:
    if isinstance(section, dict):
        section["".join(chance.choice(SIGNS) for _ in range(3))] = chance.choice(WRONG)


_ACCIDENTS = (_replace, _replace, _replace, _rename, _drop, _nest, _add)


def random_words(chance: random.Random) -> list[str]:
    """A command line of one to three words that look like ours."""
    words = []
    for _ in range(chance.randint(1, 3)):
        tail = "".join(chance.choice(SIGNS) for _ in range(chance.randint(0, 8)))
        words.append(chance.choice([*KEYS, *FLAGS]) + chance.choice(["=", "=", ""]) + tail)
    return words
