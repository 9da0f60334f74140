"""Workers have processors of their own as long as nobody else runs, and may run anywhere beside others."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.vec_env import spread
from tasks.vec_env.spread import Spread

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who may run where")

HERE = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
APART = [{processor} for processor in HERE]
ANYWHERE = [set(HERE)] * len(HERE)


@pytest.fixture
def sleepers() -> Iterator[list[Any]]:
    """As many processes as processors, which do nothing, as the other ends of channels."""
    started = [subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in HERE]
    yield [SimpleNamespace(pid=process.pid) for process in started]
    for process in started:
        process.communicate(b"\n", timeout=20)


def allowed(channels: list[Any]) -> list[set[int]]:
    return [os.sched_getaffinity(channel.pid) for channel in channels]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The kernel's own file says what else runs, which no test can: one that looks like it stands in."""
    stand_in = tmp_path / "loadavg"
    monkeypatch.setattr(spread, "_LOAD", stand_in)
    return stand_in


def tell(load: Path, running: int) -> None:
    load.write_text(f"0.00 0.01 0.05 {running}/123 4567\n")


@pytest.mark.skipif(len(HERE) < 2, reason="one processor")
def test_each_has_a_processor_of_its_own_while_nobody_else_runs(sleepers: list[Any], load: Path) -> None:
    made = Spread(sleepers)
    for running, is_apart in ((1, True), (2, False), (1, True)):
        tell(load, running)
        made.before_asking()
        assert allowed(sleepers) == (APART if is_apart else ANYWHERE)


@pytest.mark.skipif(len(HERE) < 2, reason="one processor")
@pytest.mark.parametrize(("others", "is_apart"), [(0, True), (1, False)])
def test_workers_that_answered_a_moment_ago_run_themselves(
    others: int, is_apart: bool, sleepers: list[Any], load: Path
) -> None:
    made = Spread(sleepers)
    tell(load, 1 + len(sleepers) + others)
    made.after_answers()
    made.before_asking()
    assert allowed(sleepers) == (APART if is_apart else ANYWHERE)


@pytest.mark.skipif(len(HERE) < 2, reason="one processor")
def test_between_two_steps_that_follow_at_once_nobody_looks(
    sleepers: list[Any], load: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "SPIN_S", 60.0)  # however slow the machine is, they are awake
    made = Spread(sleepers)
    tell(load, 99)
    made.before_asking()
    tell(load, 1)
    for _ in range(3):
        made.after_answers()
        made.before_asking()
        assert allowed(sleepers) == ANYWHERE
    time.sleep(spread.LOOK_S)
    made.before_asking()
    assert allowed(sleepers) == APART


@pytest.mark.skipif(len(HERE) < 2, reason="one processor")
def test_a_worker_in_anothers_place_gets_its_processor(sleepers: list[Any], load: Path) -> None:
    tell(load, 1)
    channels = [SimpleNamespace(pid=None), *sleepers[1:]]
    made = Spread(channels)
    made.before_asking()
    assert allowed(sleepers) == [ANYWHERE[0], *APART[1:]]
    channels[0] = sleepers[0]
    made.before_asking()
    assert allowed(sleepers) == APART


def test_a_worker_that_died_or_is_elsewhere_is_no_error(load: Path) -> None:
    tell(load, 1)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(20)
    made = Spread([SimpleNamespace(pid=gone.pid), *[SimpleNamespace(pid=None) for _ in HERE]])
    made.before_asking()
    tell(load, 9)
    made.before_asking()


@pytest.mark.parametrize("text", ["", "0.00 0.01 0.05", "0.00 0.01 0.05 many/123 4567"])
def test_a_system_that_does_not_say_who_runs_is_not_quiet(text: str, load: Path) -> None:
    assert spread._running() == float("inf")
    load.write_text(text)
    assert spread._running() == float("inf")


def test_a_machine_with_a_busy_process_is_not_quiet() -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        deadline = time.monotonic() + 10
        while spread._running() < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert spread._running() >= 2
    finally:
        busy.kill()
        busy.wait()
