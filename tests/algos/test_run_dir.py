"""Run directories never collide, and a rewind leaves logs as they were at the checkpoint."""

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from algos.run_dir import RunDir, evaluation_file, make_folder, new_path, write_json
from cfg.errors import ConfigError
from tests.source_tree import ROOT

PATH = Path("runs/Task_PPO")


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_runs_started_in_one_second_have_a_directory_each() -> None:
    with ThreadPoolExecutor(20) as pool:
        runs = list(pool.map(lambda _: RunDir.create(PATH, "Task", "seed: 1\n"), range(20)))
    assert len({run.path for run in runs}) == 20
    assert all(run.config.read_text() == "seed: 1\n" and run.nn.is_dir() for run in runs)


BEGIN = """
import sys, time
from pathlib import Path
from algos.run_dir import RunDir
sys.stdout.write("ready\\n"), sys.stdout.flush()
sys.stdin.readline()
print(RunDir.create(Path("runs/Task_PPO_2026-01-01_00-00-00"), "Task", "seed: 1\\n").path, time.time())
"""


def test_fifty_processes_that_start_in_one_second_have_a_directory_each(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", BEGIN],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )
        for _ in range(50)
    ]  # fmt: skip
    try:
        assert all(process.stdout.readline() == "ready\n" for process in processes)
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        said = [process.communicate(timeout=60)[0].split() for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    made = {path for path, _ in said}
    assert len(made) == 50
    assert {f"runs/{path.name}" for path in (tmp_path / "runs").iterdir()} == made
    assert all((tmp_path / path / "config.yaml").read_text() == "seed: 1\n" for path in made)
    times = [float(time_s) for _, time_s in said]
    assert max(times) - min(times) < 5  # all at once, on a busy machine too


def test_what_a_run_writes_follows_the_umask() -> None:
    before = os.umask(0o027)
    try:
        run = RunDir.create(PATH, "Task", "")
        write_json(run.summary, {})
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (run.path, *run.path.iterdir())}
    assert {modes.pop(name) for name in (PATH.name, "nn", "resume", "summaries")} == {0o750}
    assert set(modes.values()) == {0o640}


def test_the_directory_is_named_after_the_experiment_or_the_task() -> None:
    assert new_path("Task", None, "ppo").name.startswith("Task_PPO_2")
    path = new_path("Task", "try", "ppo")
    assert path.name.startswith("try_PPO_2") and path.parent == Path("runs")
    run = RunDir.create(path, "Task", "")
    assert run.path == path and run.best.name == "Task.pth"
    assert (run.path / "command.txt").read_text().strip()


def test_opening_what_is_no_run_is_told() -> None:
    with pytest.raises(ConfigError, match="not a run directory"):
        RunDir.open("runs/none", "Task")


def test_a_rewind_cuts_logs_to_their_sizes_and_drops_later_files() -> None:
    run = RunDir.create(PATH, "Task", "")
    run.metrics.write_text("one\ntwo\n")
    kept, later = run.summaries / "events.1", run.summaries / "events.2"
    kept.write_bytes(b"12345")
    later.write_bytes(b"6")
    scalars = run.summaries / "several_in_one"  # as TensorBoard's add_scalars makes it
    scalars.mkdir()
    (scalars / "events.3").write_bytes(b"7")
    run.rewind({"metrics.jsonl": 4, "summaries/events.1": 3})
    assert run.metrics.read_text() == "one\n"
    assert kept.read_bytes() == b"123" and not later.exists() and not list(scalars.iterdir())


def test_a_checkpoint_knows_its_run() -> None:
    run = RunDir.create(PATH, "Task", "")
    found = RunDir.containing(run.nn / "last.pth", "Task")
    assert found is not None and found.path == run.path
    assert RunDir.containing(Path("elsewhere/a.pth"), "Task") is None
    assert evaluation_file(run.nn / "last.pth", "Task") == PATH / "eval.json"
    assert evaluation_file(Path("elsewhere/a.pth"), "Task") == Path("elsewhere/eval.json")


def test_folders_of_sweeps_never_collide() -> None:
    assert [make_folder("sweep").name for _ in range(3)] == ["sweep", "sweep_2", "sweep_3"]


def test_json_is_replaced_whole(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"x": 1})
    write_json(tmp_path / "a.json", {"x": 2})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": 2}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.json"]
