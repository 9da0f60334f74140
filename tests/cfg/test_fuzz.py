"""Whatever is put into a configuration or a command line, the answer is a Config or one line."""

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from omegaconf import OmegaConf

from cfg.errors import RlgxError
from cfg.flags import parse
from cfg.overrides import read
from cfg.plain import plain_values
from cfg.schema import validate
from tests.cfg.composing import composed

HUGE, INFINITE = 2**70, float("inf")
WRONG: list[Any] = [None, True, False, 0, -1, 1, 16.5, HUGE, 1e308, INFINITE, -INFINITE, float("nan")]
WRONG += ["", "x", "None", "1e9", "16", "../..", "\0", "é" * 300, "cuda", "ray", "adaptive", "linear", "lstm"]
WRONG += [[], [1], [[]], {}, {"a": 1}, {1: 2}, {"_target_": "os.system"}, (1,), b"x", object()]
WORDS = [
    "task",
    "network",
    "env",
    "checkpoint",
    "seed",
    "env_kwargs.a",
    "--checkpoint",
    "--list",
    "-p",
    "mode",
    "a.b",
]
SIGNS = "abt=.:/[]{}'\"\\~+@$,-( )012e*\n"


def places(values: Any) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(values, dict):
        for key, inner in values.items():
            yield values, key
            yield from places(inner)


def outcome(act: Any) -> str:
    try:
        act()
    except RlgxError as error:
        assert "\n" not in str(error)
        return "refused"
    return "accepted"


@pytest.mark.parametrize("seed", range(4))
def test_any_values_are_accepted_or_refused_in_one_line(seed):
    chance = random.Random(seed)
    good = composed("network=lstm").model_dump()
    outcomes = []
    for _ in range(150):
        values = copy.deepcopy(good)
        for section, key in chance.sample(list(places(values)), chance.randint(1, 3)):
            section[key + chance.choice(["", "", "", "x"])] = chance.choice(WRONG)
        outcomes.append(outcome(lambda values=values: validate(values)))
    assert "refused" in outcomes


@pytest.mark.parametrize("seed", range(4))
def test_any_words_are_read_or_refused_in_one_line(seed):
    chance = random.Random(seed)

    def compose_values(words: list[str]) -> None:
        tree = OmegaConf.create({"a": {"b": 1}})
        read(parse(words).overrides).apply(tree)
        plain_values(tree)

    outcomes = []
    for _ in range(100):
        tail = "".join(chance.choice(SIGNS) for _ in range(chance.randint(0, 8)))
        words = [chance.choice(WORDS) + chance.choice(["=", "=", ""]) + tail]
        outcomes.append(outcome(lambda words=words: compose_values(words)))
    assert set(outcomes) == {"accepted", "refused"}
