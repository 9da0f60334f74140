"""What a command does once it is judged: train, play or evaluate. A Config in, a summary out."""

import shutil
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from algos.base import Agent, Context
from algos.checkpoint import is_ours
from algos.evaluation import IN_THIS_PROCESS, evaluate, evaluation_envs, shows_masks
from algos.loop import TrainingLoop
from algos.observers import make_observers
from algos.origin import command_line
from algos.policy import BASELINES, Policy, build
from algos.recording import Camera, camera
from algos.reporting import noise
from algos.reporting.metrics import MetricsFile
from algos.reporting.report import Reporter
from algos.reporting.screen import Screen
from algos.reporting.tensorboard import TensorBoardEvents
from algos.run_dir import RUNS, RunDir, evaluation_file, new_path, write_json
from algos.runner import build_runner
from algos.signals import Stopped, StopRequest
from algos.start import Start
from cfg.compose import dump
from cfg.display import has_display
from cfg.errors import CheckpointError, ConfigError, StorageError
from cfg.schema import Config
from cfg.spec import algorithm_of, resolve

Summary = dict[str, Any]

_VERSIONED = ("rlgx", "rl-games", "torch", "gymnasium", "numpy", "ray")


def train(config: Config, start: Start) -> Summary:
    """Train, or go on with a run; returns what summary.json holds.

    Where a signal stopped it, the run is saved and then KeyboardInterrupt (SIGINT) or SystemExit is raised;
    where that was before the agent was built, there is no run.
    """
    console = Console(file=sys.stdout, markup=False)  # the stream of now: within `noise.into` it is another
    observers = make_observers(config.observers)
    stop = StopRequest()
    run = _open_run(config, start.state)
    agents: list[Agent] = []

    def warn(text: str) -> None:
        console.print(f"warning: {text}", highlight=False, soft_wrap=True)

    with _gone_if_stopped_early(run, agents, config), noise.into(run.log, warn), ExitStack() as until_closed:
        console.print(headline(config, run, start.device), highlight=False, soft_wrap=True)
        _tell(console, (*start.notes, *_notes_on_stock(start)))
        events = TensorBoardEvents(run, warn)
        reporters: list[Reporter] = [MetricsFile(run, warn), events, Screen(config, console)]
        loop = TrainingLoop(config, run, reporters, stop)

        def begin(agent: Agent) -> None:
            _tell(console, agent.notes)
            # Until here there is nothing to save, and signals end the process. Ray has set its own by now.
            until_closed.enter_context(stop.listening())
            agents.append(agent)
            _tell(console, _restored(config, start, run, loop, agent))
            loop(agent)

        try:
            context = Context(config, start.device, begin, run, events.writer, stop)
            runner = build_runner(config, context, observers)
            runner.run({"train": True, "play": False, "sigma": config.sigma})
        finally:
            for reporter in reporters:
                reporter.close()
            for agent in agents:
                agent.close()
            summary = _summarise(config, run, loop, agents)
            # The error that ended the run is told, not that of a disk that takes nothing any more.
            with suppress(*((StorageError,) if summary["status"] == "failed" else ())):
                write_json(run.summary, summary)
            run.release()
    console.print(_farewell(summary), highlight=False, soft_wrap=True)
    if stop.signum == signal.SIGINT:
        raise KeyboardInterrupt
    if stop.signum is not None:
        raise SystemExit(128 + stop.signum)
    return summary


def _tell(console: Console, notes: Iterable[str]) -> None:
    for note in notes:
        console.print(f"note: {note}", highlight=False, soft_wrap=True)


@contextmanager
def _gone_if_stopped_early(run: RunDir, agents: list[Agent], config: Config) -> Iterator[None]:
    """Takes a new run's directory away again where a signal ends it before there was anything to train."""
    try:
        yield
    except (Stopped, KeyboardInterrupt):
        if not agents and not config.resume:
            shutil.rmtree(run.path, ignore_errors=True)
        raise


def evaluate_policy(config: Config, start: Start) -> Summary:
    """Whole episodes without rendering; a table, and eval.json where there is a checkpoint."""
    return _perform(config, start, render_mode=_frames(config), vec_env=config.vec_env)


def play(config: Config, start: Start) -> Summary:
    """Whole episodes, in a window where there is a display and no film is made; a table and eval.json."""
    if config.headless is False and not has_display():
        raise ConfigError("headless=False: there is no display", "leave headless out, or set DISPLAY")
    if not has_display() or config.headless or config.capture_video:
        return _perform(config, start, render_mode=_frames(config), vec_env=config.vec_env)
    kind = IN_THIS_PROCESS.get(config.vec_env, config.vec_env)
    return _perform(config, start, render_mode="human", vec_env=kind)


MODES = {"train": train, "play": play, "eval": evaluate_policy}


def _perform(config: Config, start: Start, render_mode: str | None, vec_env: str) -> Summary:
    console = Console(file=sys.stdout, markup=False)  # the stream of now: within `noise.into` it is another
    _tell(console, _notes_on_stock(start))
    with noise.into(None):
        envs = evaluation_envs(config, config.episodes, config.seed, vec_env=vec_env, render_mode=render_mode)
        try:
            policy = _policy(config, envs.get_env_info(), start)
            with _filmed(config, start, envs) as watch:
                result = evaluate(
                    policy, envs, config.episodes, config.seed, shows_masks(config, envs), watch
                ).as_dict()
        finally:
            envs.close()
    result["checkpoint"] = str(start.file) if start.file else config.policy
    if config.capture_video:
        result["video"] = str(_video_path(config, start))
    console.print(_table(config, result))
    if config.capture_video:
        console.print(f"video: {result['video']}", highlight=False, soft_wrap=True)
    if start.file:
        write_json(evaluation_file(start.file, config.run_name), result)
    return result


def _frames(config: Config) -> str | None:
    """The render mode that gives frames, where a film is made."""
    return "rgb_array" if config.capture_video else None


def _filmed(config: Config, start: Start, envs: Any) -> AbstractContextManager[Camera | None]:
    if not config.capture_video:
        return nullcontext()
    return camera(envs, _video_path(config, start), config.capture_video_len)


def _video_path(config: Config, start: Start) -> Path:
    """`videos/<mode>_<checkpoint>.mp4` of the run, beside a checkpoint outside of one, or of a baseline."""
    if start.file is None:
        return RUNS / "videos" / f"{config.run_name}_{config.policy}.mp4"
    run = RunDir.containing(start.file, config.run_name)
    folder = run.videos if run else start.file.with_name("videos")
    return folder / f"{config.mode}_{start.file.stem}.mp4"


def _notes_on_stock(start: Start) -> Iterator[str]:
    if start.file and not is_ours(start.file):
        yield f"{start.file} is of stock rl_games: only the archive's own checksums were compared"


def _policy(config: Config, env_info: dict[str, Any], start: Start) -> Policy:
    if config.policy != "checkpoint":
        return BASELINES[config.policy](env_info["action_space"], config.seed)
    spec = algorithm_of(config)
    here = resolve(spec.describe)(config.train.params, env_info)
    about = start.state.get("rlgx")
    if about is None:
        return build(here, start.state, config.deterministic, start.device, config.sigma)
    there = about["policy"]
    if config.network != "auto" and there["network"] != here["network"]:
        raise CheckpointError(
            f"network={config.network}: the checkpoint (task {about['task']}) has another network: "
            f"{there['network']} there, {here['network']} here",
            "leave network out (its run directory knows it)",
        )
    return build(there, start.state, config.deterministic, start.device, config.sigma)


def _open_run(config: Config, state: Summary) -> RunDir:
    if config.resume:
        run = RunDir.open(config.resume, config.run_name)
        run.rewind(state["rlgx"]["log_sizes"])
        return run
    return new_run(config, algorithm_of(config).name)


def _restored(config: Config, start: Start, run: RunDir, loop: TrainingLoop, agent: Agent) -> list[str]:
    """Begins from the checkpoint, where there is one; returns what to tell of it."""
    if not config.resume:
        if start.state:
            agent.set_full_state_weights(start.state, set_epoch=config.restore == "all")
        return []
    note = loop.restore(agent, start.state, start.beside)
    notes = [note] if note else []
    if loop.reason_to_stop(agent):
        notes.append("nothing is left to train; ask for more with max_iterations= or max_frames=")
    else:
        run.configure(dump(config))  # what it is trained with from now on
    return notes


def new_run(config: Config, algo: str) -> RunDir:
    """The directory of a run that begins, named after the algorithm where nobody named it."""
    path = Path(config.run_dir) if config.run_dir else new_path(config.run_name, config.experiment, algo)
    return RunDir.create(path, config.run_name, dump(config))


def _summarise(config: Config, run: RunDir, loop: TrainingLoop, agents: list[Agent]) -> Summary:
    counters = (agents[0].epoch_num, agents[0].frame) if agents else (0, 0)
    summary = summary_of(config, run, loop.status or "failed", counters, loop.wall_s)
    return {**summary, "best_eval": loop.best_eval}


def summary_of(config: Config, run: RunDir, status: str, counters: tuple[int, int], wall_s: float) -> Summary:
    """What summary.json holds of a run without evaluations; `counters` are its epochs and frames."""
    epochs, frames = counters
    paths = {"best": run.best, "last": run.last}
    return {
        "status": status,
        "task": config.task.name,
        "env": config.env_id,
        "train": config.train.name,
        "run": str(run.path),
        "seed": config.seed,
        "epochs": epochs,
        "frames": frames,
        "wall_s": round(wall_s, 3),
        "fps": round(frames / wall_s) if wall_s else 0,
        "best_eval": None,
        "checkpoints": {name: str(path) for name, path in paths.items() if path.is_file()},
        "versions": {name: _version(name) for name in _VERSIONED},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None  # rlgx run from a checkout that is not installed


def headline(config: Config, run: RunDir, device: str) -> str:
    """The line a training begins with."""
    verb = "resuming" if config.resume else "training"
    workers = f", {_counted(config.num_workers, 'worker')}" if config.num_workers else ""
    return (
        f"{verb} {config.task.name} ({config.env_id}) with {config.train.name}: "
        f"{_counted(config.num_envs, 'env')} on "
        f"{config.vec_env}{workers}, seed {config.seed}, {device} -> {run.path}"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _farewell(summary: Summary) -> str:
    best = (
        "no best evaluation yet"
        if summary["best_eval"] is None
        else f"best evaluation {summary['best_eval']:.1f}"
    )
    lines = [
        f"{summary['status']} after {_counted(summary['epochs'], 'epoch')}, {summary['frames']:,} frames, "
        f"{summary['wall_s']:.1f} s: {best}",
        f"watch it: {command_line('--play', '--checkpoint', summary['run'])}",
    ]
    if summary["status"] == "interrupted":
        lines.append(f"go on: {command_line('--resume', summary['run'])}")
    return "\n".join(lines)


def _table(config: Config, result: Summary) -> Table:
    table = Table(title=f"{config.run_name}: {result['checkpoint']}", title_justify="left")
    for column in ("episodes", "return", "std", "min", "max", "length", "success", "seed"):
        table.add_column(column, justify="right")
    success = f"{result['success_rate']:.1%}" if "success_rate" in result else "-"
    numbers = (result[f"return_{part}"] for part in ("mean", "std", "min", "max"))
    cells = [
        str(result["episodes"]),
        *(f"{number:.1f}" for number in numbers),
        f"{result['length_mean']:.1f}",
    ]
    table.add_row(*cells, success, str(result["seed"]))
    return table
