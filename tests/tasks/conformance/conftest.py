"""Checks of toy environments, and of vector environments that do one thing wrong."""

from collections.abc import Callable

import pytest

from cfg.compose import compose
from cfg.flags import parse
from cfg.overrides import read
from tasks.conformance.kinds import Subject, subject_of
from tasks.conformance.report import Report, check_task


@pytest.fixture
def subject() -> Callable[..., Subject]:
    """What a command line asks to check: a toy by its name, and words."""

    def make(name: str, *words: str) -> Subject:
        request = parse(_words(name, words))
        return subject_of(compose(request), read(request.overrides).explicit)

    return make


@pytest.fixture
def check() -> Callable[..., Report]:
    """The report on a toy."""

    def make(name: str, *words: str) -> Report:
        request = parse(_words(name, words))
        return check_task(compose(request), read(request.overrides).explicit, lambda kind: None)

    return make


def _words(name: str, words: tuple[str, ...]) -> list[str]:
    place = name if ":" in name else f"tests.toy_envs:{name}"
    return ["--check", "task=CartPole", "task.env=null", f"task.entry_point={place}", *words]
