"""Rows are written once, come back in full, and what a checkpoint names outlives whatever follows it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from algos import growing
from algos.archive import Damaged
from algos.growing import RowFiles, check
from cfg.errors import CheckpointError


class Numbers:
    """The newest `capacity` of the numbers 0, 1, 2, ..., two of each in a row."""

    width = 2

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.first = self.end = 0
        self.taken: list[float] = []

    def grow(self, count: int) -> "Numbers":
        self.end += count
        self.first = max(self.first, self.end - self.capacity)
        return self

    def held(self) -> tuple[int, int]:
        return self.first, self.end

    def read(self, first: int, end: int) -> Tensor:
        assert self.first <= first < end <= self.end, "only what is held is asked for"
        return torch.arange(first, end, dtype=torch.float32)[:, None].repeat(1, 2)

    def restart(self, first: int) -> None:
        self.first = self.end = first
        self.taken = []

    def extend(self, rows: Tensor) -> None:
        self.taken.extend(rows[:, 0].tolist())
        self.grow(len(rows))


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "PART_BYTES", 80)  # ten rows
    monkeypatch.setattr(growing, "_CHUNK_BYTES", 24)  # three rows


def loaded(folder: Path, plan: dict) -> list[float]:
    """What a resume would hold."""
    check(folder, plan)
    numbers = Numbers(25)
    RowFiles(folder, "n").load(plan, numbers)
    first, end = numbers.held()
    return numbers.taken[len(numbers.taken) - (end - first) :]


def test_only_what_was_added_is_written(tmp_path: Path) -> None:
    files, numbers = RowFiles(tmp_path, "n"), Numbers(25)
    files.save(numbers.grow(4))
    before = (tmp_path / "n_000000000000.rows").stat().st_ino
    plan = files.save(numbers.grow(3))
    (file,) = tmp_path.iterdir()
    assert (file.stat().st_ino, file.stat().st_size) == (before, 7 * 8)
    assert loaded(tmp_path, plan) == list(range(7))


@pytest.mark.parametrize("steps", [(60,), (7, 11, 9, 30, 2), (1,) * 40, (24, 26, 100)])
def test_the_newest_come_back_however_they_were_added(tmp_path: Path, steps: tuple[int, ...]) -> None:
    files, numbers = RowFiles(tmp_path, "n"), Numbers(25)
    for step in steps:
        plan = files.save(numbers.grow(step))
    assert loaded(tmp_path, plan) == list(range(numbers.first, numbers.end))
    assert len(plan["parts"]) <= 4, "25 rows need three files of ten, or four where they lie across"


def test_an_older_plan_holds_after_newer_saves_and_rows_go_on_from_it(tmp_path: Path) -> None:
    files, numbers = RowFiles(tmp_path, "n"), Numbers(25)
    old = files.save(numbers.grow(14))
    files.save(numbers.grow(13))
    assert loaded(tmp_path, old) == list(range(14))
    again, resumed = RowFiles(tmp_path, "n"), Numbers(25)
    again.load(old, resumed)
    assert loaded(tmp_path, again.save(resumed.grow(5))) == list(range(19))


def test_what_a_killed_save_left_behind_is_written_over(tmp_path: Path) -> None:
    files, numbers = RowFiles(tmp_path, "n"), Numbers(25)
    plan = files.save(numbers.grow(5))
    with (tmp_path / "n_000000000000.rows").open("ab") as file:
        file.write(b"half a row")
    assert loaded(tmp_path, plan) == list(range(5))
    assert loaded(tmp_path, files.save(numbers.grow(2))) == list(range(7))


@pytest.mark.parametrize("position", [0, 17, 39])
def test_a_flipped_bit_or_a_cut_is_told(tmp_path: Path, position: int) -> None:
    plan = RowFiles(tmp_path, "n").save(Numbers(25).grow(5))
    file = tmp_path / "n_000000000000.rows"
    raw = bytearray(file.read_bytes())
    raw[position] ^= 4
    file.write_bytes(raw)
    with pytest.raises(Damaged, match=r"n_000000000000.rows is damaged: its checksum does not match"):
        check(tmp_path, plan)
    os.truncate(file, position)
    with pytest.raises(Damaged, match="does not match"):
        check(tmp_path, plan)
    file.unlink()
    with pytest.raises(Damaged, match="is missing"):
        check(tmp_path, plan)


def test_rows_of_another_width_are_refused(tmp_path: Path) -> None:
    plan = RowFiles(tmp_path, "n").save(Numbers(25).grow(5))
    with pytest.raises(CheckpointError, match="rows of 3 numbers, not 2"):
        RowFiles(tmp_path, "n").load({**plan, "width": 3}, Numbers(25))


def test_a_full_disk_leaves_what_was_saved_and_the_next_save_goes_on(tmp_path: Path) -> None:
    script = """
import resource, sys
from pathlib import Path
from algos.growing import RowFiles, check
from cfg.errors import StorageError
from tests.algos.test_growing import Numbers
folder = Path(sys.argv[1])
files, numbers = RowFiles(folder, "n"), Numbers(10**9)
plan = files.save(numbers.grow(100))
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
try:
    files.save(numbers.grow(1000))
except StorageError as error:
    print(error)
assert (folder / "n_000000000000.rows").stat().st_size == 800
check(folder, plan)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
check(folder, files.save(numbers.grow(1)))
assert (folder / "n_000000000000.rows").stat().st_size == 1101 * 8
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert "File too large (it takes at least 8,000 bytes, " in done.stdout
