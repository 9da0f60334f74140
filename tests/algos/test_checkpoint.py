"""Checkpoint files survive a failed save, tell damage, execute nothing, and read as stock ones."""

import hashlib
import json
import os
import random
import stat
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from algos import archive, checkpoint
from cfg.errors import CheckpointError, NumericalFault, StorageError
from tests.damage import additions, cuts, flips
from tests.full_disk import files_up_to

STATE = {
    "model": {"weight": torch.arange(6.0).view(2, 3)},
    "epoch": 3,
    "rlgx": {"sizes": [1, 2], "best": None},
}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    checkpoint.write(tmp_path / "a.pth", STATE)
    state = checkpoint.read(tmp_path / "a.pth")
    assert torch.equal(state["model"]["weight"], STATE["model"]["weight"])  # type: ignore[index]
    assert state["rlgx"] == STATE["rlgx"] and state["epoch"] == 3
    assert checkpoint.is_ours(tmp_path / "a.pth")
    assert [file.name for file in tmp_path.iterdir()] == ["a.pth"], "no temporary file is left"


def test_stock_torch_reads_our_file(tmp_path: Path) -> None:
    checkpoint.write(tmp_path / "a.pth", STATE)
    assert torch.load(tmp_path / "a.pth", weights_only=True)["epoch"] == 3


def test_a_stock_file_with_a_numpy_scalar_is_read(tmp_path: Path) -> None:
    torch.save({"model": {}, "last_mean_rewards": np.float32(7.5)}, tmp_path / "stock.pth")
    assert checkpoint.read(tmp_path / "stock.pth")["last_mean_rewards"] == 7.5
    assert not checkpoint.is_ours(tmp_path / "stock.pth")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "a.pth"
    weights = {f"layer.{number}": torch.randn(30) for number in range(4)}
    checkpoint.write(path, {**STATE, "model": weights}, {"config": "0123456789abcdef"})
    return path.read_bytes()


DAMAGE = {
    "cuts": lambda content: cuts(content, 64),
    "flipped bits": lambda content: flips(content, 100, random.Random(1)),
    "additions": additions,
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_told_wherever_it_is(tmp_path: Path, good: bytes, kind: str) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(good)
    checkpoint.read(path)
    for damage, content in DAMAGE[kind](good):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"damaged|empty") as error:
            checkpoint.read(path)
        assert "\n" not in str(error.value), damage


def test_every_bit_of_the_note_counts(tmp_path: Path, good: bytes) -> None:
    path = tmp_path / "a.pth"
    for byte in range(len(good) - 250, len(good)):
        altered = bytearray(good)
        altered[byte] ^= 1
        path.write_bytes(altered)
        with pytest.raises(CheckpointError, match="damaged"):
            checkpoint.read(path)


def test_a_flipped_bit_in_a_stock_file_is_told_by_the_zips_own_checksums(tmp_path: Path) -> None:
    path = tmp_path / "stock.pth"
    torch.save({"model": {"weight": torch.full((1000,), 7.0)}}, path)
    content = bytearray(path.read_bytes())
    content[content.index(torch.full((9,), 7.0).numpy().tobytes()) + 14] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="the checksum of .*/data/0 does not match"):
        checkpoint.read(path)


def test_a_newer_format_is_refused_and_both_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.pth"
    monkeypatch.setattr(archive, "FORMAT", 9)
    checkpoint.write(path, STATE)
    monkeypatch.undo()
    with pytest.raises(
        CheckpointError, match=r"has format 9 of rlgx .* reads formats up to 2 -- update"
    ) as error:
        checkpoint.read(path)
    assert not isinstance(error.value, archive.Damaged), "a newer file is no reason to take an older one"


def test_the_first_format_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save(STATE, path)
    content = path.read_bytes()[:-2]
    note = {"sha256": hashlib.sha256(content).hexdigest(), "torch": "2.13.0", "format": "rlgx 1"}
    comment = json.dumps(note).encode()
    path.write_bytes(content + struct.pack("<H", len(comment)) + comment)
    assert checkpoint.read(path)["epoch"] == 3 and checkpoint.is_ours(path)


def test_the_note_says_what_wrote_the_file_and_what_for(tmp_path: Path) -> None:
    checkpoint.write(tmp_path / "a.pth", STATE, {"config": "abc"})
    note = checkpoint.note_of(tmp_path / "a.pth")
    assert note is not None and note["format"] == 2
    assert (note["torch"], note["config"], len(note["sha256"])) == (torch.__version__, "abc", 64)


@pytest.mark.parametrize("section", ["model", "optimizer"])
def test_what_is_not_finite_is_never_written_and_named(tmp_path: Path, section: str) -> None:
    path = tmp_path / "a.pth"
    checkpoint.write(path, STATE)
    before = path.read_bytes()
    wrong = {"state": {0: {"exp_avg": torch.tensor([0.0, float("nan")])}}}
    with pytest.raises(NumericalFault, match=rf"{section}\.state\.0\.exp_avg is not finite"):
        checkpoint.write(path, {**STATE, section: wrong})
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_what_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"rlgx\.x is a ndarray"):
        checkpoint.write(tmp_path / "a.pth", {"model": {}, "rlgx": {"x": np.zeros(2)}})


def test_a_file_has_the_mode_that_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        checkpoint.write(tmp_path / "a.pth", STATE)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.pth").stat().st_mode) == 0o640


def test_another_file_is_not_a_checkpoint(tmp_path: Path) -> None:
    torch.save({"weights": {}}, tmp_path / "foreign.pth")
    with pytest.raises(CheckpointError, match="no weights"):
        checkpoint.read(tmp_path / "foreign.pth")


@pytest.mark.parametrize("room", [1, 5_000, 100_000, 400_000])
def test_a_full_disk_leaves_the_old_file_whole_and_says_how_much_is_missing(
    tmp_path: Path, room: int
) -> None:
    path = tmp_path / "a.pth"
    checkpoint.write(path, STATE)
    before, began = path.read_bytes(), time.monotonic()
    with (
        files_up_to(room),
        pytest.raises(StorageError, match=r"takes at least 0\.40 MB, .* MB are free") as error,
    ):
        checkpoint.write(path, {"model": {"big": torch.zeros(100_000)}})
    assert time.monotonic() - began < 2
    assert "File too large" in error.value.problem and error.value.exit_code == 5
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.pth"]


def test_a_run_directory_stands_for_its_best_checkpoint_then_its_last(tmp_path: Path) -> None:
    nn = tmp_path / "nn"
    nn.mkdir()
    with pytest.raises(CheckpointError, match="no checkpoint"):
        checkpoint.resolve_path(str(tmp_path))
    (nn / "last.pth").touch()
    (nn / "last_Task_ep_5_rew_1.0.pth").touch()
    assert checkpoint.resolve_path(str(tmp_path)) == nn / "last.pth"
    (nn / "Task.pth").touch()
    assert checkpoint.resolve_path(str(tmp_path)) == nn / "Task.pth" == checkpoint.resolve_path(str(nn))
    with pytest.raises(CheckpointError, match="no checkpoint"):
        checkpoint.resolve_path(str(tmp_path / "absent"))
