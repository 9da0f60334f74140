"""Workers have processors of their own as long as nobody else runs, and may run anywhere beside others."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.vec_env import spread
from tasks.vec_env.spread import Spread

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who may run where")

HERE = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
several = pytest.mark.skipif(len(HERE) < 2, reason="one processor")
APART = [{processor} for processor in HERE]
ANYWHERE = [set(HERE)] * len(HERE)

SLEEPS = "print(flush=True); input()"
RUNS = "while True: pass"
STARTS_MORE = """
import subprocess, sys, threading
input()
more = [subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in range(2)]
thread = threading.Thread(target=threading.Event().wait, daemon=True)
thread.start()
print(more[0].pid, more[1].pid, thread.native_id, flush=True)
input()
for each in more:
    each.communicate(b"\\n")
"""


@pytest.fixture
def workers() -> Iterator[Callable[[str], list[Any]]]:
    """Starts as many processes as there are processors, as the other ends of channels."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str) -> list[Any]:
        for _ in HERE:
            command = [sys.executable, "-c", program]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            started.append(subprocess.Popen(command, **pipes))  # type: ignore[call-overload]
        if program == SLEEPS:
            assert all(
                each.stdout and each.stdout.readline() and becomes(False, each.pid) for each in started
            )
        return [SimpleNamespace(pid=each.pid, process=each) for each in started]

    yield start
    for process in started:
        if process.args[-1] == RUNS:  # type: ignore[index]
            process.kill()
        process.communicate("\n\n", timeout=20)


def allowed(channels: list[Any]) -> list[set[int]]:
    return [os.sched_getaffinity(channel.pid) for channel in channels]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The kernel's own file says what else runs, which no test can: one that looks like it stands in."""
    stand_in = tmp_path / "loadavg"
    monkeypatch.setattr(spread, "_LOAD", str(stand_in))
    monkeypatch.setattr(spread, "LOOK_S", 0.0)
    monkeypatch.setattr(spread, "REST", 0)
    return stand_in


def tell(load: Path, running: int) -> None:
    load.write_text(f"0.00 0.01 0.05 {running}/123 4567\n")


def becomes(is_busy: bool, pid: int) -> bool:
    deadline = time.monotonic() + 20
    while spread._runs(pid) != is_busy and time.monotonic() < deadline:
        time.sleep(0.01)
    return spread._runs(pid) == is_busy


@several
def test_each_has_a_processor_of_its_own_while_nobody_else_runs(workers: Any, load: Path) -> None:
    channels = workers(SLEEPS)
    made = Spread(channels)
    for running, is_apart in ((1, True), (2, False), (1, True)):
        tell(load, running)
        made.look()
        assert allowed(channels) == (APART if is_apart else ANYWHERE)


@several
@pytest.mark.parametrize(("program", "is_apart"), [(RUNS, True), (SLEEPS, False)])
def test_workers_are_told_from_strangers(program: str, is_apart: bool, workers: Any, load: Path) -> None:
    channels = workers(program)
    assert program == SLEEPS or all(becomes(True, channel.pid) for channel in channels)
    tell(load, 1 + len(channels))
    made = Spread(channels)
    made.look()
    assert allowed(channels) == (APART if is_apart else ANYWHERE)
    tell(load, 2 + len(channels))
    made.look()
    assert allowed(channels) == ANYWHERE


def test_it_says_when_to_look_again(load: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(load, 1)
    monkeypatch.setattr(spread, "LOOK_S", 1.0)
    made = Spread([])
    now = time.perf_counter()
    assert now + 1.0 <= made.look() <= time.perf_counter() + 1.0
    monkeypatch.setattr(spread, "REST", 1e12)
    monkeypatch.setattr(spread, "MOST_S", 3.0)
    now = time.perf_counter()
    assert now + 3.0 <= made.look() <= time.perf_counter() + 3.0, "however long it has taken"


@several
def test_what_a_worker_has_started_is_let_go_with_it(workers: Any, load: Path) -> None:
    channels = workers(STARTS_MORE)
    tell(load, 1)
    made = Spread(channels)
    made.look()
    worker = channels[0].process
    worker.stdin.write("\n")
    worker.stdin.flush()
    child, moved, thread = map(int, worker.stdout.readline().split())
    assert os.sched_getaffinity(child) == os.sched_getaffinity(thread) == APART[0]
    os.sched_setaffinity(moved, {HERE[1]})
    tell(load, 99)
    made.look()
    assert os.sched_getaffinity(child) == os.sched_getaffinity(thread) == set(HERE)
    assert os.sched_getaffinity(moved) == {HERE[1]}, "somebody wanted it there"


@several
@pytest.mark.parametrize("where", [0, 1])
def test_a_worker_that_somebody_else_has_moved_is_left_there(where: int, workers: Any, load: Path) -> None:
    channels = workers(SLEEPS)
    os.sched_setaffinity(channels[0].pid, {HERE[where]})
    made = Spread(channels)
    for running, others in ((1, APART), (2, ANYWHERE)):
        tell(load, running)
        made.look()
        assert allowed(channels) == [{HERE[where]}, *others[1:]]


@several
def test_a_worker_in_anothers_place_gets_its_processor(workers: Any, load: Path) -> None:
    tell(load, 1)
    first, *others = workers(SLEEPS)
    channels = [SimpleNamespace(pid=None), *others]
    made = Spread(channels)
    made.look()
    assert allowed([first, *others]) == [ANYWHERE[0], *APART[1:]]
    channels[0] = first
    made.look()
    assert allowed(channels) == APART


def test_a_worker_that_died_or_is_elsewhere_is_no_error(load: Path) -> None:
    tell(load, 1)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(20)
    made = Spread([SimpleNamespace(pid=gone.pid), *[SimpleNamespace(pid=None) for _ in HERE]])
    made.look()
    tell(load, 9)
    made.look()


@pytest.mark.parametrize("text", ["", "0.00 0.01 0.05", "0.00 0.01 0.05 many/123 4567"])
def test_a_system_that_does_not_say_who_runs_is_not_quiet(text: str, load: Path) -> None:
    assert spread._strangers([]) == float("inf")
    load.write_text(text)
    assert spread._strangers([]) == float("inf")


def test_a_busy_process_is_a_stranger() -> None:
    busy = subprocess.Popen([sys.executable, "-c", RUNS])
    try:
        assert becomes(True, busy.pid)
        assert any(spread._strangers([]) >= 1 for _ in range(1000))
    finally:
        busy.kill()
        busy.wait()
