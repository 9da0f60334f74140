"""The command line: compose, validate, register, run. Judges, learns and simulates nothing itself."""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cfg.flags import Request

OWN = ("cfg", "tasks", "algos")
BARE = "training the default, task=CartPole; --help and --list show what else there is\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line asks for; the process's exit code."""
    if stranger := _stranger():
        sys.stderr.write(f"error: {stranger}\n")
        return 2
    from cfg.errors import RlgxError
    from cfg.flags import parse
    from cfg.help import shown_instead
    from cfg.listing import left_out

    try:
        request = parse(sys.argv[1:] if argv is None else argv)
        for line in left_out() if request.command in ("run", "list") else ():
            sys.stderr.write(f"note: {line}\n")
        text = shown_instead(request) or (BARE if request.is_bare else "")
        sys.stdout.write(text)
        sys.stdout.flush()
        # A run that a signal stopped ends as shells expect: 130 for SIGINT, 143 for SIGTERM.
        signal = _run(request).get("signal") if request.command == "run" else None
        return 0 if signal is None else 128 + int(signal)
    except RlgxError as error:
        if os.environ.get("RLGX_DEBUG") == "1":
            traceback.print_exc()
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def run(*overrides: str) -> dict[str, Any]:
    """Train, play or evaluate from Python: `run("task=CartPole", "seed=1")` gives what summary.json holds.

    Raises:
        RlgxError: for a mistake or fault, told in one line.
        ImportError: where another package hides one of rlgx's.
    """
    if stranger := _stranger():
        raise ImportError(stranger)
    from cfg.flags import parse

    return _run(parse(overrides))


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


def _run(request: "Request") -> dict[str, Any]:
    # Imported on use: mistakes are told, and --help and --list answer, before torch and rl_games are loaded.
    from cfg.compose import compose

    config = compose(request)

    from tasks.make import env_info_of, factory_of
    from tasks.registered import import_modules

    import_modules(config.imports)
    # Judges the environment.
    factory = factory_of(config.task, env=config.env, env_kwargs=config.env_kwargs, imports=config.imports)

    # The device and the checkpoint: that needs torch, but not yet rl_games' agents.
    from algos.start import check_fit, judge

    start = judge(config)
    if start.state:
        check_fit(start.state, config, env_info_of(factory))

    from cfg.spec import algorithm_of, resolve
    from tasks.registry import register

    settled = register(config)
    summary: dict[str, Any] = resolve(algorithm_of(settled).modes)[settled.mode](settled, start)
    return summary


if __name__ == "__main__":
    sys.exit(main())
