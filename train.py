"""The command line: compose, validate, register, run. Judges, learns and simulates nothing itself."""

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from cfg.errors import RlgxError
from cfg.flags import Request, parse
from cfg.help import help_text, version_text
from cfg.listing import listed

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line asks for; the process's exit code."""
    try:
        return _answer(parse(sys.argv[1:] if argv is None else argv))
    except RlgxError as error:
        if os.environ.get("RLGX_DEBUG") == "1":
            traceback.print_exc()
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


def run(*overrides: str) -> dict[str, Any]:
    """Train, play or evaluate from Python: `run("task=CartPole", "seed=1")` gives what summary.json holds.

    Raises:
        RlgxError: for a mistake or fault, told in one line.
    """
    return _run(parse(overrides))


def _answer(request: Request) -> int:
    texts: dict[str, Callable[[], str]] = {
        "help": help_text,
        "version": version_text,
        "list": lambda: _list(request),
    }
    if request.command in texts:
        sys.stdout.write(texts[request.command]())
        return 0
    if request.is_bare:
        sys.stdout.write("training the default, task=CartPole; --help and --list show what else there is\n")
        sys.stdout.flush()
    # A run that a signal stopped ends as shells expect: 130 for SIGINT, 143 for SIGTERM.
    signal = _run(request).get("signal")
    return 0 if signal is None else 128 + int(signal)


def _list(request: Request) -> str:
    from algos import ALGORITHMS
    from algos.spec import resolve

    return listed(request.kind, {name: resolve(path).description for name, path in ALGORITHMS.items()})


def _run(request: Request) -> dict[str, Any]:
    # Imported on use: a mistake is told, and --help and --list answer, without torch and rl_games.
    from cfg.compose import compose

    config = compose(request)

    from algos.modes import MODES
    from tasks.registry import register

    register(config)
    return MODES[config.mode](config)


if __name__ == "__main__":
    sys.exit(main())
