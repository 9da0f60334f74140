"""Checkpoint files survive a failed save, tell damage, execute nothing, and read as stock ones."""

import pickle
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from algos import checkpoint
from cfg.errors import CheckpointError

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


@pytest.mark.parametrize("position", [0.1, 0.5, 0.9, 0.999])
def test_a_flipped_bit_is_told(tmp_path: Path, position: float) -> None:
    path = tmp_path / "a.pth"
    checkpoint.write(path, STATE)
    raw = bytearray(path.read_bytes())
    raw[int(position * len(raw))] ^= 1
    path.write_bytes(raw)
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.read(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_told(tmp_path: Path, share: float) -> None:
    path = tmp_path / "a.pth"
    checkpoint.write(path, STATE)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(share * len(raw))])
    with pytest.raises(CheckpointError, match=r"damaged|empty"):
        checkpoint.read(path)


class _Payload:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("save", [torch.save, lambda state, path: path.write_bytes(pickle.dumps(state))])
def test_code_in_a_checkpoint_is_refused_and_never_runs(tmp_path: Path, save: object) -> None:
    marker = tmp_path / "ran"
    save({"model": {}, "x": _Payload(marker)}, tmp_path / "evil.pth")  # type: ignore[operator]
    with pytest.raises(CheckpointError):
        checkpoint.read(tmp_path / "evil.pth")
    assert not marker.exists()


def test_another_file_is_not_a_checkpoint(tmp_path: Path) -> None:
    torch.save({"weights": {}}, tmp_path / "foreign.pth")
    with pytest.raises(CheckpointError, match="no weights"):
        checkpoint.read(tmp_path / "foreign.pth")


def test_a_full_disk_leaves_the_old_file_whole_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    checkpoint.write(path, STATE)
    before = path.read_bytes()
    script = f"""
import resource, signal, torch
from pathlib import Path
from algos import checkpoint
from cfg.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, {resource.RLIM_INFINITY}))
try:
    checkpoint.write(Path({str(path)!r}), {{"model": {{"big": torch.zeros(100_000)}}}})
except StorageError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "cannot save" in done.stdout and "--" in done.stdout
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
    assert checkpoint.resolve_path(str(tmp_path)) == nn / "Task.pth"
    with pytest.raises(CheckpointError, match="no checkpoint"):
        checkpoint.resolve_path(str(tmp_path / "absent"))
