"""The command line: compose, validate, register, run. Judges, learns and simulates nothing itself."""

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from cfg.errors import RlgxError
from cfg.flags import Request, parse
from cfg.help import shown_instead

BARE = "training the default, task=CartPole; --help and --list show what else there is\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line asks for; the process's exit code."""
    try:
        request = parse(sys.argv[1:] if argv is None else argv)
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
    """
    return _run(parse(overrides))


def _run(request: Request) -> dict[str, Any]:
    # Imported on use: mistakes are told, and --help and --list answer, before torch and rl_games are loaded.
    from cfg.compose import compose

    config = compose(request)

    from tasks.make import env_info_of, factory_of

    # Judges the environment.
    factory = factory_of(config.task, env=config.env, env_kwargs=config.env_kwargs, vec_env=config.vec_env)

    # The device and the checkpoint: that needs torch, but not yet rl_games' agents.
    from algos.start import check_fit, judge

    start = judge(config)
    if start.state:
        check_fit(start.state, config, env_info_of(factory, config.vec_env))

    from algos.modes import MODES
    from tasks.registry import register

    register(config)
    return MODES[config.mode](config, start)


if __name__ == "__main__":
    sys.exit(main())
