"""A file is replaced whole or not at all, tried twice where that may help, and the first error is told."""

import errno
import os
import time
from pathlib import Path
from typing import IO

import pytest

from algos import storage
from cfg.errors import StorageError


def hello(file: IO[bytes]) -> None:
    file.write(b"hello")


class Failing:
    """Fills a file after failing some times, each with an error of its own."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)

    def __call__(self, file: IO[bytes]) -> None:
        file.write(b"new")
        if self.numbers:
            number = self.numbers.pop(0)
            raise OSError(number, os.strerror(number))


def test_a_fault_of_the_disk_is_tried_a_second_time(tmp_path: Path) -> None:
    storage.replace(tmp_path / "a", Failing(errno.EIO))
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("numbers", "left", "said"),
    [
        ((errno.EIO, errno.ENOSPC, 0), 1, "Input/output error"),  # tried twice, and the first is told
        ((errno.ENOSPC, 0), 1, "No space left on device .*are free"),  # more room will not come by itself
        ((errno.EMFILE, 0), 1, "Too many open files -- raise the limit"),
    ],
)
def test_what_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, numbers: tuple[int, ...], left: int, said: str
) -> None:
    storage.replace(tmp_path / "a", hello)
    fill, began = Failing(*numbers), time.monotonic()
    with pytest.raises(StorageError, match=said):
        storage.replace(tmp_path / "a", fill)
    assert len(fill.numbers) == left and time.monotonic() - began < 1
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a", b"hello")]


def test_what_reads_back_wrong_does_not_take_the_old_ones_place(tmp_path: Path) -> None:
    def check(path: Path) -> None:
        assert path.read_bytes() == b"new" and path.name != "a"
        raise OSError(None, "reads back differently")

    storage.replace(tmp_path / "a", hello)
    with pytest.raises(StorageError, match="reads back differently"):
        storage.replace(tmp_path / "a", Failing(), check)
    assert (tmp_path / "a").read_bytes() == b"hello"


def test_a_folder_that_is_gone_is_made_and_one_that_cannot_be_is_told(tmp_path: Path) -> None:
    storage.replace(tmp_path / "gone" / "a", hello)
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(StorageError, match="taken/a: "):
        storage.replace(tmp_path / "taken" / "a", hello)


def test_only_what_was_left_unfinished_is_swept(tmp_path: Path) -> None:
    for name in (".last.pth.123.tmp", "last.pth", ".hidden", "mine.tmp", ".x.tmp"):
        (tmp_path / name).touch()
    storage.sweep(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [".hidden", ".x.tmp", "last.pth", "mine.tmp"]
