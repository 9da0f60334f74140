"""The command line: compose, validate, register, run. Judges, learns and simulates nothing itself."""

import os
import sys
from collections.abc import Sequence
from typing import Any

from cfg.errors import RlgxError
from cfg.flags import Request, parse
from cfg.help import help_text, version_text
from cfg.listing import listed


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line asks for; the process's exit code."""
    try:
        _answer(parse(sys.argv[1:] if argv is None else argv))
    except RlgxError as error:
        if os.environ.get("RLGX_DEBUG") == "1":
            raise
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def run(*overrides: str) -> dict[str, Any]:
    """Train, play or evaluate from Python: `run("task=CartPole", "seed=1")` gives what summary.json holds.

    Raises:
        RlgxError: for a mistake or fault, told in one line.
    """
    return _run(parse(overrides))


def _answer(request: Request) -> None:
    if request.is_bare:
        sys.stdout.write(
            "training the default, task=CartPole; python train.py --help shows what else there is\n"
        )
    texts = {"help": help_text, "version": version_text, "list": lambda: _list(request)}
    if request.command in texts:
        sys.stdout.write(texts[request.command]())
    else:
        _run(request)


def _list(request: Request) -> str:
    from algos import ALGORITHMS

    return listed(request.kind, ALGORITHMS)


def _run(request: Request) -> dict[str, Any]:
    # Imported here: --help, --list and a misspelt key answer without torch and rl_games.
    from cfg.compose import compose

    config = compose(request)
    from algos.modes import MODES
    from tasks.registry import register

    register(config)
    return MODES[config.mode](config)


if __name__ == "__main__":
    sys.exit(main())
