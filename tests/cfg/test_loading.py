"""The collector of garbage, kept off a program's imports."""

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cfg.loading import collect_from_here, put_off_collection
from tests.source_tree import ROOT


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_garbage_is_collected_again_but_not_among_what_was_there_before():
    put_off_collection()
    assert not gc.isenabled()
    before = [[] for _ in range(100)]
    collect_from_here()
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(before)
    assert not any(each is before for each in gc.get_objects())


def test_a_collector_that_nobody_put_off_is_left_as_it_is():
    gc.disable()
    collect_from_here()
    assert not gc.isenabled()
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize(
    ("started", "collects"), [("train.main()", "[False, True]"), ("train.main(sys.argv[1:])", "[True, True]")]
)
def test_only_a_program_puts_it_off_and_collects_while_it_trains(started, collects, tmp_path):
    (tmp_path / "watching.py").write_text("import gc\nseen = [gc.isenabled()]\n")
    code = (
        f"import gc, sys, train\nsys.argv = ['train.py', *{WORDS}]\n{started}\nimport watching\n"
        "print([*watching.seen, gc.isenabled()])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.stdout.splitlines()[-1] == collects, done.stderr


WORDS = ["task=CartPole", "imports=[watching]", "max_iterations=1", "eval_every=0", "device=cpu"]
