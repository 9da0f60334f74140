"""Trained environment steps a second of PPO on CartPole, with the same sizes everywhere. Judges no learning.

    python benchmarks/training_speed.py                      # rlgx, rl_games' agent, Stable-Baselines3
    python benchmarks/training_speed.py --cleanrl ../cleanrl # and CleanRL's ppo.py, from a checkout of it
    python benchmarks/training_speed.py --only sync,process --rounds 1 --frames 20480

64 environments, 32 steps each, minibatches of 512, 4 passes; on the CPU two layers of 32 tanh units for the
policy and two for the values. The first 4 updates do not count. Whole trainings take turns, in another order
each round; what counts is the median of the rounds. Everyone has one torch thread, which is the fastest for
networks as small as these.
"""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # this checkout, whatever is installed

from rich.console import Console

from benchmarks.alone import Answer, ask, take_turns
from benchmarks.learner import HORIZON, LEARNERS, NUM_ENVS, WARM_UP
from benchmarks.machine import describe
from benchmarks.report import as_rich, status_line, training_sheet, wide_console

LIMIT_S = 600


def parse(words: list[str]) -> argparse.Namespace:
    """The command line, judged; exits with 2 and one line where it is wrong."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--cleanrl", type=Path, help="a checkout of CleanRL, or its ppo.py")
    parser.add_argument("--frames", type=int, default=102_400, help="environment steps of a training")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="torch threads")
    parser.add_argument("--only", default=",".join(LEARNERS), help=",".join(LEARNERS))
    parser.add_argument("--json", type=Path, help="where the figures go")
    args = parser.parse_args(words)
    args.only = args.only.split(",")
    unknown = set(args.only) - set(LEARNERS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))} is no learner: choose from {', '.join(LEARNERS)}")
    if min(args.rounds, args.threads) < 1:
        parser.error("--rounds and --threads are above 0")
    fewest = NUM_ENVS * HORIZON * (WARM_UP + 1)
    if args.frames < fewest:
        parser.error(f"--frames {args.frames} is too short a training: give {fewest} or more")
    if args.cleanrl is not None:
        path = args.cleanrl / "cleanrl" / "ppo.py" if args.cleanrl.is_dir() else args.cleanrl
        if not path.is_file():
            parser.error(f"--cleanrl {args.cleanrl}: there is no {path}")
        args.cleanrl = path.resolve()
    return args


def train(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """One training in a process of its own: `status`, and `steps_per_s` or a `reason`."""
    words = [name, str(args.frames), *([str(args.cleanrl)] if args.cleanrl else [])]
    return ask("benchmarks.learner", words, args.threads, LIMIT_S)


def run(args: argparse.Namespace, console: Console) -> dict[str, Any]:
    """All rounds; returns the figures: for each learner its status and the speed of each round."""
    with status_line(console) as status:

        def speed(name: str, number: int) -> Answer:
            status.update(f"round {number} of {args.rounds}: {LEARNERS[name].title}")
            return train(name, args)

        results = take_turns(args.only, args.rounds, speed)
    settings = {"frames": args.frames, "rounds": args.rounds, "threads": args.threads}
    return {"about": describe(), **settings, "learners": results}


def main(words: list[str]) -> int:
    """Runs the command line."""
    args = parse(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    console = wide_console()
    try:
        found = run(args, console)
    except KeyboardInterrupt:
        return 130
    console.print(as_rich(training_sheet(found)))
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 1 if "failed" in {each["status"] for each in found["learners"].values()} else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
