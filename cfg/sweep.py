"""A command line with many values as the command lines of single runs. Composes nothing, starts nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, product
from math import prod

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override

from cfg.errors import ConfigError, RlgxError
from cfg.overrides import parse_word

MOST_JOBS = 1000
"""More than this are a slip of the finger."""


@dataclass(frozen=True)
class Job:
    """One run of a sweep.

    Attributes:
        overrides: its whole command line.
        label: those of them that other jobs have with other values.
    """

    overrides: tuple[str, ...]
    label: str


@dataclass(frozen=True)
class Sweep:
    """Every combination of the values that were asked for.

    Attributes:
        jobs: in order; the value that was given last changes fastest.
        parallel: how many run at once.
    """

    jobs: tuple[Job, ...]
    parallel: int


def expand(words: Sequence[str]) -> Sweep:
    """The jobs of `seed=1,2 task=A,B`, in Hydra's grammar: also `choice(...)` and `range(...)`.

    Raises ConfigError for what cannot be enumerated.
    """
    parser = OverridesParser.create()
    overrides = [(word, parse_word(parser, word)) for word in words]
    parallel = 1
    columns: list[list[str]] = []
    for word, override in overrides:
        if override.key_or_group == "jobs":
            parallel = _count(override, word)
        else:
            columns.append(_values(override, word))
    count = prod(len(column) for column in columns)
    if count > MOST_JOBS:
        raise ConfigError(f"the sweep has {count:,} jobs", f"ask for {MOST_JOBS:,} or fewer")
    swept = [len(column) > 1 for column in columns]
    jobs = []
    for combination in product(*columns):
        chosen = [word for word, varies in zip(combination, swept, strict=True) if varies]
        jobs.append(Job(combination, " ".join(chosen)))
    return Sweep(tuple(jobs), parallel)


@contextmanager
def within_job(sweep: Sweep, number: int) -> Iterator[None]:
    """Has an error in the block say which job, counted from 1, it is of."""
    try:
        yield
    except RlgxError as error:
        label = sweep.jobs[number - 1].label
        place = f"job {number} of {len(sweep.jobs)} ({label}): " if label else ""
        raise type(error)(f"{place}{error.problem}", error.remedy) from error


def _values(override: Override, word: str) -> list[str]:
    """`override` as one word for each of its values."""
    if not override.is_sweep_override():
        return [word]
    key = override.get_key_element()
    if not override.is_discrete_sweep() or "glob(" in override.get_value_string():
        raise ConfigError(
            f"{word} cannot be counted out", f"give values: {key}=a,b or {key}=range(first,end,step)"
        )
    values = [f"{key}={value}" for value in islice(override.sweep_string_iterator(), MOST_JOBS + 1)]
    if not values:
        raise ConfigError(f"{word} has no value", f"give some: {key}=a,b")
    return values


def _count(override: Override, word: str) -> int:
    value = None if override.is_sweep_override() else override.value()
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f"{word} is not allowed", "give one integer of at least 1, e.g. jobs=2")
    return value
