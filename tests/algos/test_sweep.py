"""Jobs are processes of their own: some at once, a failure ends no other, a signal stops each of them."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from algos.sweep import Task, prepare, run_sweep
from cfg.errors import ConfigError
from cfg.processors import num_processors
from cfg.sweep import expand
from tests.cfg.composing import composed

ROOT = Path(__file__).parents[2]
WAITS = "import time; print('up', flush=True); time.sleep(60)"


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def tasks(*programs: str) -> list[Task]:
    """A small Python program for each job, with figures in N.json if it leaves some."""
    return [
        Task(
            number,
            f"x={number}",
            (sys.executable, "-c", program),
            Path(f"{number}.log"),
            "",
            Path(f"{number}.json"),
        )
        for number, program in enumerate(programs, 1)
    ]


def leaves(**figures: object) -> str:
    return f"import json, sys; json.dump({figures!r}, open('2.json', 'w')); print('said')"


def test_a_job_that_fails_ends_no_other_and_the_first_failure_is_the_exit_code(capsys):
    result = run_sweep(tasks("raise SystemExit(4)", leaves(status="solved", best_eval=475.0), "1 / 0"), 1)
    assert result["exit_code"] == 4
    assert [(job["label"], job["status"], job["score"], job["exit_code"]) for job in result["jobs"]] == [
        ("x=1", "failed", None, 4),
        ("x=2", "solved", 475.0, 0),
        ("x=3", "failed", None, 1),
    ]
    assert json.loads(Path("sweep.json").read_text()) == result
    assert [job["error"] for job in result["jobs"]] == [None, None, "ZeroDivisionError: division by zero"]
    assert Path("2.log").read_text() == "said\n" and "ZeroDivisionError" in Path("3.log").read_text()
    shown = capsys.readouterr().out
    assert "job 2 of 3, x=2: solved, 475.0" in shown
    assert [line.split("│")[1:4] for line in shown.splitlines() if "x=3" in line and "│" in line] == [
        [" x=3 ", " failed ", "         - "]
    ]


def test_all_well_is_exit_code_0_and_an_evaluation_shows_its_mean():
    result = run_sweep(tasks("", leaves(return_mean=21.5)), 1)
    assert result["exit_code"] == 0
    assert [(job["status"], job["score"]) for job in result["jobs"]] == [("done", None), ("done", 21.5)]


def test_figures_of_an_earlier_run_are_not_those_of_a_job_that_failed():
    Path("1.json").write_text('{"status": "solved", "best_eval": 500.0}')
    (job,) = run_sweep(tasks("raise SystemExit(3)"), 1)["jobs"]
    assert (job["status"], job["score"], job["exit_code"]) == ("failed", None, 3)


def test_as_many_run_at_once_as_were_asked_for():
    # Each of two waits for the other's file: one after the other, they would never meet.
    meets = (
        "import pathlib, time; pathlib.Path('{}').touch()\n"
        "while not pathlib.Path('{}').exists(): time.sleep(0.01)"
    )
    assert run_sweep(tasks(meets.format("a", "b"), meets.format("b", "a")), 2)["exit_code"] == 0


def test_jobs_at_once_share_the_processors_for_torch_unless_the_user_has_said(monkeypatch):
    says = "import os; print(os.environ.get('OMP_NUM_THREADS'))"
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for parallel, share in [(1, None), (2, max(1, num_processors() // 2)), (2 * num_processors(), 1)]:
        run_sweep(tasks(says), parallel)
        assert Path("1.log").read_text() == f"{share}\n"
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    run_sweep(tasks(says), 2)
    assert Path("1.log").read_text() == "7\n"


def when_up(log: str) -> None:
    deadline = time.monotonic() + 30
    while not (Path(log).is_file() and "up" in Path(log).read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_signal_stops_what_runs_and_starts_no_more():
    def interrupt() -> None:
        when_up("1.log")
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=interrupt)
    thread.start()
    result = run_sweep(tasks(WAITS, "print('never')"), 1)
    thread.join()
    assert result["exit_code"] == 143
    assert [(job["status"], job["exit_code"]) for job in result["jobs"]] == [
        ("failed", 143),
        ("not started", None),
    ]
    assert not Path("2.log").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_jobs_end_with_a_sweep_that_is_killed():
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.algos.test_sweep import WAITS, run_sweep, tasks\n"
        "run_sweep(tasks('import os; print(os.getpid(), flush=True);' + WAITS), 1)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(ROOT)], stdout=subprocess.DEVNULL)
    when_up("1.log")
    job = int(Path("1.log").read_text().split()[0])
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{job}/cmdline").exists() and Path(f"/proc/{job}/cmdline").read_bytes():
        assert time.monotonic() < deadline, "the job goes on"
        time.sleep(0.05)


def test_a_runs_directory_is_not_a_sweeps() -> None:
    with pytest.raises(
        ConfigError, match=r"job 1 of 2 \(seed=1\): run_dir=runs/a: the runs of a sweep lie in a"
    ):
        prepare(expand(["seed=1,2"]), [composed("task=CartPole", "run_dir=runs/a")] * 2, ())
    assert not Path("runs").exists()


def test_two_jobs_do_not_go_on_with_one_run() -> None:
    jobs = [composed("task=CartPole").model_copy(update={"resume": "runs/a"})] * 2
    Path("runs/a").mkdir(parents=True)
    with pytest.raises(ConfigError, match="job 2 of 2 .* an earlier job goes on with the same run"):
        prepare(expand(["max_iterations=3,4"]), jobs, ())


def test_evaluations_that_share_a_file_take_turns_and_each_has_its_own_figure() -> None:
    program = "import json, time; time.sleep(0.3); json.dump({'return_mean': %s}, open('eval.json', 'w'))"
    shared = [
        replace(task, result=Path("eval.json")) for task in tasks(program % 111, program % 222, "1 / 0")
    ]
    assert [job["score"] for job in run_sweep(shared, 3)["jobs"]] == [111, 222, None]
