"""Workers that slept wake on processors of their own, and may run anywhere afterwards."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.vec_env import spread
from tasks.vec_env.spread import Spread

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who may run where")

HERE = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


@pytest.fixture
def sleepers() -> Iterator[list[Any]]:
    """As many processes as processors, which do nothing, as the other ends of channels."""
    started = [subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in HERE]
    yield [SimpleNamespace(pid=process.pid) for process in started]
    for process in started:
        process.communicate(b"\n", timeout=20)


def allowed(channels: list[Any]) -> list[set[int]]:
    return [os.sched_getaffinity(channel.pid) for channel in channels]


@pytest.fixture(params=[True, False], ids=["quiet", "busy"])
def is_quiet(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> bool:
    """The kernel's own file says what else runs, which no test can: one that looks like it stands in."""
    load = tmp_path / "loadavg"
    load.write_text(f"0.00 0.01 0.05 {1 if request.param else 3}/123 4567\n")
    monkeypatch.setattr(spread, "_LOAD", load)
    return bool(request.param)


@pytest.mark.skipif(len(HERE) < 2, reason="one processor")
def test_each_wakes_on_a_processor_of_its_own_where_nobody_else_runs(
    sleepers: list[Any], is_quiet: bool
) -> None:
    made = Spread(sleepers)
    made.before_asking()
    expected = [{processor} for processor in HERE] if is_quiet else [set(HERE)] * len(HERE)
    assert allowed(sleepers) == expected
    made.after_asking()
    assert allowed(sleepers) == [set(HERE)] * len(HERE)


@pytest.mark.skipif(len(HERE) < 2, reason="one processor")
@pytest.mark.parametrize("is_quiet", [True], indirect=True)
def test_workers_that_are_awake_are_left_where_they_are(sleepers: list[Any], is_quiet: bool) -> None:
    made = Spread(sleepers)
    made.after_answers()
    made.before_asking()
    assert allowed(sleepers) == [set(HERE)] * len(HERE)
    time.sleep(2 * spread.SPIN_S)
    made.before_asking()
    assert allowed(sleepers) == [{processor} for processor in HERE]


@pytest.mark.parametrize("is_quiet", [True], indirect=True)
def test_a_worker_that_died_or_is_elsewhere_is_no_error(is_quiet: bool) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(20)
    made = Spread([SimpleNamespace(pid=gone.pid), *[SimpleNamespace(pid=None) for _ in HERE]])
    made.before_asking()
    made.after_asking()


def test_a_machine_with_a_busy_process_is_not_quiet() -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        deadline = time.monotonic() + 10
        while spread._is_quiet() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not spread._is_quiet()
    finally:
        busy.kill()
        busy.wait()
