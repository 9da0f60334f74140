"""Runs the jobs of a sweep: one process each, some at once, a table at the end. Knows no algorithm."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from algos.run_dir import evaluation_file, make_folder, write_json
from algos.signals import StopRequest
from algos.start import Start, judge
from cfg.errors import ConfigError, StorageError
from cfg.processors import num_processors
from cfg.schema import Config
from cfg.spec import algorithm_of
from cfg.sweep import Sweep, within_job

_POLL_S = 0.1
_STOPPED_S = 15.0
"""How long jobs get to save their run once they are asked to stop."""


@dataclass(frozen=True)
class Task:
    """One job, ready to be started.

    Attributes:
        number: counts from 1.
        label: what the job is, in the user's words.
        command: its process.
        log: where its output goes.
        run: the directory of its run, "" where it makes none.
        result: the file that it leaves its figures in, None where it leaves none.
    """

    number: int
    label: str
    command: tuple[str, ...]
    log: Path
    run: str
    result: Path | None


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        status: as in summary.json; `done` for an evaluation or a play, `not started`, or `failed`.
        score: best evaluation or mean return; None where there is none.
        wall_s: seconds.
        exit_code: as a shell has it, None for a job that was not started.
        error: the line with which a job that failed ended, None for others.
        run: see `Task`.
    """

    label: str
    status: str
    score: float | None
    wall_s: float
    exit_code: int | None
    error: str | None
    run: str


@dataclass
class _Running:
    task: Task
    process: "subprocess.Popen[bytes]"
    began: float
    stamp: int  # of the result that an earlier run left


def prepare(sweep: Sweep, configs: Sequence[Config], program: Sequence[str]) -> list[Task]:
    """The jobs of a sweep in a new folder `runs/<experiment or sweep>_<time>`, ready to be started.

    Args:
        sweep: what was asked for.
        configs: composed from its jobs.
        program: what a job's words are given to.

    Raises:
        RlgxError: for a device, checkpoint or program that a job lacks.
        StorageError: where the folder cannot be made.
    """
    resumed: set[str] = set()
    for number, config in enumerate(configs, 1):
        with within_job(sweep, number):
            _judge_place(config, resumed)
    starts: list[Start] = []
    for number, config in enumerate(configs, 1):
        with within_job(sweep, number):
            starts.append(judge(config))
    names = {config.experiment for config in configs}
    name = names.pop() if len(names) == 1 else None
    folder = make_folder(f"{name or 'sweep'}_{datetime.now():%Y-%m-%d_%H-%M-%S}")
    tasks = []
    for number, (job, config, start) in enumerate(zip(sweep.jobs, configs, starts, strict=True), 1):
        algo = algorithm_of(config).name.upper()
        path = folder / f"{number:03d}_{config.experiment or config.run_name}_{algo}"
        run, result = _place(config, start, path)
        place = (f"run_dir={path}",) if run == str(path) else ()
        log = path.with_name(f"{path.name}.log")
        tasks.append(
            Task(number, job.label or "as given", (*program, *job.overrides, *place), log, run, result)
        )
    return tasks


def _judge_place(config: Config, resumed: set[str]) -> None:
    """Refuse what a job's run cannot have in a sweep; `resumed` are the runs that earlier jobs go on with."""
    if config.run_dir:
        raise ConfigError(
            f"run_dir={config.run_dir}: the runs of a sweep lie in a folder of its own",
            "leave it out; experiment=NAME gives the folder its name",
        )
    if config.resume in resumed:
        raise ConfigError(
            f"resume={config.resume}: an earlier job goes on with the same run", "resume a run in one job"
        )
    resumed.update([config.resume] if config.resume else ())


def _place(config: Config, start: Start, path: Path) -> tuple[str, Path | None]:
    """The run of a job, new ones at `path`, and the file of its figures."""
    if config.mode == "train":
        run = config.resume or str(path)
        return run, Path(run) / "summary.json"
    return "", evaluation_file(start.file, config.run_name) if start.file else None


def run_sweep(tasks: Sequence[Task], parallel: int) -> dict[str, Any]:
    """Run all tasks of a folder; returns what `sweep.json` there holds.

    One that fails does not end the others. A signal stops those that run, which then save, and no more start.
    """
    folder = tasks[0].log.parent
    console = Console(file=sys.stdout, markup=False)
    _say(console, f"{len(tasks)} jobs, {parallel} at a time -> {folder}")
    stop = StopRequest()
    with stop.listening():
        outcomes = _run_all(tasks, parallel, stop, lambda line: _say(console, line))
    console.print(_table(folder, outcomes))
    result = {
        "sweep": str(folder),
        "exit_code": _exit_code(outcomes, stop),
        "jobs": [asdict(outcome) for outcome in outcomes],
    }
    write_json(folder / "sweep.json", result)
    return result


def _run_all(
    tasks: Sequence[Task], parallel: int, stop: StopRequest, say: Callable[[str], None]
) -> list[Outcome]:
    waiting, running = deque(tasks), list[_Running]()
    outcomes = {task.number: Outcome(task.label, "not started", None, 0.0, None, None, "") for task in tasks}
    environment = _environment(parallel)
    deadline: float | None = None
    try:
        while running or (waiting and stop.signum is None):
            while len(running) < parallel and stop.signum is None and (task := _next(waiting, running)):
                waiting.remove(task)
                say(f"job {task.number} of {len(tasks)}, {task.label}: starts, see {task.log}")
                running.append(_start(task, environment))
            time.sleep(_POLL_S)
            if stop.takes_save():
                _pass_on(signal.SIGUSR1, running)
            if stop.signum is not None and deadline is None:
                deadline = time.monotonic() + _STOPPED_S
                _pass_on(stop.signum, running)
            if deadline is not None and time.monotonic() > deadline:
                break
            for job in [job for job in running if job.process.poll() is not None]:
                running.remove(job)
                outcome = outcomes[job.task.number] = _outcome(job)
                say(f"job {job.task.number} of {len(tasks)}, {_line(outcome)}")
    except KeyboardInterrupt:
        stop.signum = signal.SIGINT  # for the second time: those that still run end at once
    finally:
        for job in running:
            job.process.kill()
            job.process.wait()
            outcomes[job.task.number] = _outcome(job)
    return list(outcomes.values())


def _next(waiting: Iterable[Task], running: Sequence[_Running]) -> Task | None:
    """The first task whose figures no running job writes into the same file, as evaluations of one run do."""
    in_use = [job.task.result for job in running if job.task.result]
    return next((task for task in waiting if task.result not in in_use), None)


def _pass_on(signum: int, running: Sequence[_Running]) -> None:
    for job in running:
        job.process.send_signal(signum)


def _environment(at_once: int) -> dict[str, str]:
    """Of a job: this process's; beside others it has its share of the processors, unless the user has said.

    Alone it is left as it is: Ray gives its workers one thread where nobody has said.
    """
    if at_once == 1:
        return dict(os.environ)
    return {"OMP_NUM_THREADS": str(max(1, num_processors() // at_once)), **os.environ}


def _start(task: Task, environment: dict[str, str]) -> _Running:
    stamp = _stamp(task.result)
    try:
        with task.log.open("wb") as log:
            # A session of its own: the terminal's Ctrl-C comes to us, and we pass it on once.
            process = subprocess.Popen(
                task.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment,
                preexec_fn=_end_with_parent(),
            )
    except OSError as error:
        raise StorageError(
            f"job {task.number} ({task.label}) cannot be started: {error}", "free some space or memory"
        ) from error
    return _Running(task, process, time.monotonic(), stamp)


def _end_with_parent() -> Callable[[], object] | None:
    """For the child to call: the kernel sends it SIGTERM when its parent is gone, however that came about.

    None where the system cannot. The library is found here, because a forked child may do next to nothing.
    """
    if sys.platform != "linux":
        return None
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG of prctl(2)
    return partial(ctypes.CDLL(None).prctl, set_parent_death_signal, int(signal.SIGTERM))


def _outcome(job: _Running) -> Outcome:
    code = job.process.returncode
    code = 128 - code if code < 0 else code
    result = _read(job.task.result, job.stamp)
    default = "done" if code == 0 else "failed"
    return Outcome(
        label=job.task.label,
        status=result.get("status", default),
        score=result.get("best_eval", result.get("return_mean")),
        wall_s=round(time.monotonic() - job.began, 3),
        exit_code=code,
        error=_last_line(job.task.log) if code else None,
        run=job.task.run if job.task.run and Path(job.task.run).is_dir() else "",
    )


def _stamp(file: Path | None) -> int:
    """When a file was written, 0 where there is none."""
    return file.stat().st_mtime_ns if file is not None and file.is_file() else 0


def _read(file: Path | None, earlier: int) -> dict[str, Any]:
    """A result; {} where a job that failed early has left none but an earlier one."""
    content: dict[str, Any] = json.loads(file.read_text()) if file and _stamp(file) != earlier else {}
    return content


def _last_line(log: Path) -> str | None:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else None


def _exit_code(outcomes: Sequence[Outcome], stop: StopRequest) -> int:
    """0 where all is well, else that of the signal, else of the first job that failed."""
    if stop.signum is not None:
        return 128 + stop.signum
    return next((outcome.exit_code for outcome in outcomes if outcome.exit_code), 0)


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)


def _line(outcome: Outcome) -> str:
    reason = f": {outcome.error}" if outcome.error else ""
    return f"{outcome.label}: {outcome.status}, {_score(outcome)}, {outcome.wall_s:.1f} s{reason}"


def _score(outcome: Outcome) -> str:
    return "-" if outcome.score is None else f"{outcome.score:.1f}"


def _table(folder: Path, outcomes: Sequence[Outcome]) -> Table:
    table = Table(title=str(folder), title_justify="left")
    for column in ("job", "status"):
        table.add_column(column)
    for column in ("best eval", "wall s", "exit"):
        table.add_column(column, justify="right")
    table.add_column("run", overflow="fold")
    for outcome in outcomes:
        code = "-" if outcome.exit_code is None else str(outcome.exit_code)
        name = Path(outcome.run).name if outcome.run else "-"
        table.add_row(outcome.label, outcome.status, _score(outcome), f"{outcome.wall_s:.1f}", code, name)
    return table
