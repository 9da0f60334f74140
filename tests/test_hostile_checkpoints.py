"""Checkpoints that somebody made to do harm: none runs, whatever it is given to, or takes all memory."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from algos import checkpoint
from algos.start import judge
from cfg.errors import CheckpointError
from tests import hostile
from tests.cfg.composing import composed
from tests.source_tree import ROOT
from train import main, run

SMALL = ("task=CartPole", "num_envs=2", "max_iterations=1", "eval_every=0", "device=cpu")
UNPICKLES = """
import os, pickle, sys
from pathlib import Path
ran = []
for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        list(pickle.loads(file.read_bytes())["x"])
    except BaseException:
        pass
    if os.path.exists(sys.argv[2]):
        ran.append(file.name)
        os.remove(sys.argv[2])
print(len(ran))
"""
READS = """
import resource, sys
from pathlib import Path
from algos import checkpoint
from cfg.errors import CheckpointError
now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + (1 << 29), now + (1 << 29)))
for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        checkpoint.read(file)
    except CheckpointError:
        continue
    print(file.name)
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], Path]:
    """The hostile files, and the marker that they would leave."""
    folder = tmp_path_factory.mktemp("hostile")
    marker = folder.parent / "marker"
    return hostile.write_all(folder, marker), marker


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run of good will."""
    folder = tmp_path_factory.mktemp("trained")
    before = Path.cwd()
    os.chdir(folder)
    try:
        return folder / run(*SMALL)["run"]
    finally:
        os.chdir(before)


def test_most_of_the_pickles_do_run_where_pickle_loads_them(tmp_path: Path) -> None:
    folder, marker = tmp_path / "pickles", tmp_path / "marker"
    folder.mkdir()
    for name, content in hostile.pickles(marker).items():
        (folder / name.replace("/", " ")).write_bytes(content)
    command = [sys.executable, "-c", UNPICKLES, str(folder), str(marker)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) >= 15, "else the tests below prove little"


def test_none_runs_and_each_is_refused_in_one_line(corpus: tuple[list[Path], Path]) -> None:
    files, marker = corpus
    assert len(files) >= 40
    for file in files:
        began = time.monotonic()
        with pytest.raises(CheckpointError) as error:
            checkpoint.read(file)
        assert not marker.exists(), file.name
        assert "\n" not in str(error.value) and len(str(error.value)) < 400 + len(str(file))
        assert "weights_only" not in error.value.remedy and time.monotonic() - began < 2


@pytest.mark.parametrize("mode", ["train", "play", "eval", "resume"])
def test_none_runs_in_any_mode(
    corpus: tuple[list[Path], Path], trained: Path, tmp_path: Path, mode: str
) -> None:
    files, marker = corpus
    place = tmp_path / "run" / "nn" / "last.pth"
    shutil.copytree(trained, tmp_path / "run")
    for other in place.parent.iterdir():
        other.unlink()
    place.touch()
    config = composed(
        f"resume={tmp_path / 'run'}" if mode == "resume" else f"checkpoint={place}",
        *(() if mode == "resume" else ("task=CartPole", f"mode={mode}")),
    )
    for file in files:
        shutil.copyfile(file, place)
        with pytest.raises(CheckpointError):
            judge(config)
        assert not marker.exists(), file.name


@pytest.mark.parametrize(
    "words",
    ["task=CartPole checkpoint={file}", "task=CartPole --play --checkpoint {file}", "--resume {run}"],
)
def test_the_command_line_tells_it_in_one_line_and_begins_no_run(
    corpus: tuple[list[Path], Path],
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
) -> None:
    files, marker = corpus
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained, tmp_path / "run")
    for each in (tmp_path / "run" / "nn").iterdir():
        shutil.copyfile(files[0], each)
    assert main(words.format(file=files[0], run=tmp_path / "run").split()) == 3
    out, errors = capsys.readouterr()
    assert errors.startswith("error: ") and errors.count("\n") == 1 and "posix.system" in errors
    assert not marker.exists() and [path.name for path in tmp_path.iterdir()] == ["run"], out


def test_a_bomb_takes_neither_memory_nor_time(corpus: tuple[list[Path], Path], tmp_path: Path) -> None:
    for file in corpus[0]:
        shutil.copyfile(file, tmp_path / file.name)
    for name, end in (("hole", b"x"), ("hole_with_an_end", hostile.zipped(b""))):
        with (tmp_path / name).open("wb") as sparse:
            sparse.seek(10_000_000_000)
            sparse.write(end)
    began = time.monotonic()
    command = [sys.executable, "-c", READS, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr[-500:]
    assert time.monotonic() - began < 30
