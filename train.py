"""The command line: compose, validate, register, run. Judges, learns and simulates nothing itself."""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from algos.signals import Ending
    from cfg.flags import Request
    from cfg.schema import Config
    from tasks.factory import EnvFactory

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `main` takes it, Ctrl-C shows no traceback

OWN = ("cfg", "tasks", "algos")
BARE = "training the default, task=CartPole; --help and --list show what else there is\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line asks for; the process's exit code."""
    if stranger := _stranger():
        sys.stderr.write(f"error: {stranger}\n")
        return 2
    from algos.signals import ends_on_signal
    from cfg.loading import put_off_collection
    from cfg.streams import open_ends

    if argv is None:  # a program of its own, not a call from one
        put_off_collection()
    with open_ends(), ends_on_signal() as ending:
        try:
            return _answer(sys.argv[1:] if argv is None else argv, ending)
        except KeyboardInterrupt:
            return 130
        except BaseException:
            # Whatever a signal cut short, an import for one, may have made an error of its own of it.
            if ending.signum is None:
                raise
            return 128 + ending.signum


def _answer(argv: Sequence[str], ending: "Ending") -> int:
    """What `main` gives; mistakes and faults are told."""
    from cfg.errors import NumericalFault, RlgxError, StorageError
    from cfg.flags import parse
    from cfg.help import shown_instead
    from cfg.listing import left_out

    try:
        request = parse(argv)
        for line in left_out() if request.command in ("run", "list") else ():
            sys.stderr.write(f"note: {line}\n")
        text = shown_instead(request) or (BARE if request.is_bare else "")
        sys.stdout.write(text)
        sys.stdout.flush()
        # What goes wrong in a run is raised; a sweep tells how its jobs ended.
        return int(_do(request).get("exit_code", 0)) if request.command in DOES else 0
    except RlgxError as error:
        if ending.signum is not None and not isinstance(error, (StorageError, NumericalFault)):
            return 128 + ending.signum  # the fault is the signal's: it may have ended other processes as well
        if os.environ.get("RLGX_DEBUG") == "1":
            traceback.print_exc()
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code


def run(*overrides: str) -> dict[str, Any]:
    """Train, play or evaluate from Python: `run("task=CartPole", "seed=1")` gives what summary.json holds.

    With "-m" among the overrides it gives what a sweep's sweep.json holds.

    Raises:
        RlgxError: for a mistake or fault, told in one line.
        ImportError: where another package hides one of rlgx's.
    """
    if stranger := _stranger():
        raise ImportError(stranger)
    from cfg.flags import parse

    return _do(parse(overrides))


def _stranger() -> str:
    """What is wrong where a folder of the user's is imported in place of ours; "" where all is well."""
    here = Path(__file__).resolve().parent
    for name in OWN:
        spec = find_spec(name)
        found = Path(spec.origin).resolve() if spec and spec.origin else None
        if found != here / name / "__init__.py":
            return (
                f"{found} is imported in place of rlgx's own package {name} -- "
                f"rename it, or start from another folder and without it in PYTHONPATH"
            )
    return ""


# Modules are imported on use: mistakes are told, and --help and --list answer, before torch is loaded.


def _do(request: "Request") -> dict[str, Any]:
    from cfg.errors import used_up

    with used_up():
        return DOES.get(request.command, _run)(request)


def _note(text: str) -> None:
    sys.stdout.write(f"note: {text}\n")


def _run(request: "Request") -> dict[str, Any]:
    config, factory = _composed(request)
    config = _without_missing_window(config, factory)
    if config.mode == "train" and config.ray.address is not None:
        from tasks.vec_env.ray_join import find_cluster

        find_cluster(config.ray.address)

    # The device and the checkpoint: that needs torch, but not yet rl_games' agents.
    from algos.reporting import noise
    from algos.start import check_fit, judge
    from tasks.make import env_info_of

    start = judge(config)
    if config.vec_env != "rl_games":  # what a module registers may take long to make, and is made once
        with noise.into(None):
            env_info = env_info_of(factory, config.vec_env)
        check_fit(start.state, config, env_info)

    from cfg.loading import collect_from_here
    from cfg.spec import algorithm_of, resolve
    from tasks.registry import register

    settled = register(config)
    modes = resolve(algorithm_of(settled).modes)
    collect_from_here()
    summary: dict[str, Any] = modes[settled.mode](settled, start)
    return summary


def _without_missing_window(config: "Config", factory: "EnvFactory") -> "Config":
    """The configuration of a play without a window, where the environment has none.

    Raises ConfigError where one was asked for.
    """
    from cfg.display import has_display
    from cfg.errors import ConfigError
    from tasks.judge import opens_window

    is_wanted = config.mode == "play" and not config.headless and not config.capture_video
    if not (is_wanted and has_display()) or opens_window(factory):
        return config
    problem = f"{factory.name} has no render mode human"
    if config.headless is False:
        raise ConfigError(f"headless=False: {problem}", "leave it out, or give the environment that mode")
    _note(f"{problem}, so no window opens")
    return config.model_copy(update={"headless": True})


def _check(request: "Request") -> dict[str, Any]:
    config, _ = _composed(request)

    from rich.console import Console

    from algos.reporting import noise
    from cfg.loading import collect_from_here
    from cfg.overrides import read
    from tasks.conformance.report import check_task
    from tasks.conformance.table import show

    collect_from_here()
    screen = Console(file=sys.stdout, highlight=False, markup=False)
    with noise.into(None):
        explicit = read(request.overrides).explicit
        device = _simulator_device(config)
        report = check_task(config, explicit, lambda kind: screen.print(f"checking vec_env={kind}"), device)
    show(report)
    return report.summary()


def _sweep(request: "Request") -> dict[str, Any]:
    from cfg.flags import Request
    from cfg.sweep import expand, within_job

    sweep = expand(request.overrides)
    configs = []
    for number, job in enumerate(sweep.jobs, 1):
        with within_job(sweep, number):
            configs.append(_composed(Request(overrides=job.overrides))[0])

    from algos.sweep import prepare, run_sweep
    from cfg.loading import collect_from_here

    collect_from_here()
    program = (sys.executable, str(Path(__file__).resolve()))
    return run_sweep(prepare(sweep, configs, program), sweep.parallel)


def _simulator_device(config: "Config") -> str:
    """Where a simulator is checked; other tasks need no torch for that."""
    if not config.task.simulator:
        return "cpu"
    from algos.device import of_simulators

    return of_simulators(config)


def _composed(request: "Request") -> tuple["Config", "EnvFactory"]:
    """The judged configuration of a command line, and the recipe of its environment, judged but not made."""
    from cfg.compose import compose

    config = compose(request, tell=_note)
    if config.capture_video:
        from cfg.display import draw_without_display

        draw_without_display()  # before any environment is imported

    from tasks.make import factory_of
    from tasks.registered import import_modules
    from tasks.vec_env.slices import crowded_note

    import_modules(config.imports)
    is_here = config.ray.address is None and config.mode == "train"
    if is_here and (note := crowded_note(config.num_workers)):
        _note(note)
    render_mode = "rgb_array" if config.capture_video else None
    factory = factory_of(
        config.task,
        env=config.env,
        env_kwargs=config.env_kwargs,
        vec_env=config.vec_env,
        render_mode=render_mode,
        imports=config.imports,
    )
    return config, factory


DOES = {"run": _run, "sweep": _sweep, "check": _check}

if __name__ == "__main__":
    sys.exit(main())
