"""Gradient steps a second of SAC, environment and all, with the same settings everywhere. Judges no learning.

    python benchmarks/sac_speed.py                            # Pendulum and HalfCheetah, some 15 minutes
    python benchmarks/sac_speed.py --envs Pendulum-v1 --threads 1 --rounds 1 --frames 1500

One environment, one gradient step of critics, policy and temperature for each of its steps, batches of 256,
and two layers of 256 relu units: Stable-Baselines3's defaults. 300 frames of random actions and the first
200 gradient steps do not count. Whole trainings take turns, in another order each round; what counts is the
median of the rounds. Everyone has as many torch threads.
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
from benchmarks.machine import describe
from benchmarks.report import as_rich, sac_sheet, status_line, wide_console
from benchmarks.sac_learner import FEWEST_FRAMES, SAC_LEARNERS

LIMIT_S = 900


def parse(words: list[str]) -> argparse.Namespace:
    """The command line, judged; exits with 2 and one line where it is wrong."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--envs", default="Pendulum-v1,HalfCheetah-v5", help="Gymnasium ids")
    parser.add_argument("--threads", default="1,2", help="torch threads: a table for each")
    parser.add_argument("--frames", type=int, default=3000, help="environment steps of a training")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(SAC_LEARNERS), help=",".join(SAC_LEARNERS))
    parser.add_argument("--json", type=Path, help="where the figures go")
    args = parser.parse_args(words)
    args.envs, args.only = args.envs.split(","), args.only.split(",")
    unknown = set(args.only) - set(SAC_LEARNERS)
    if unknown:
        names = ", ".join(SAC_LEARNERS)
        parser.error(f"{', '.join(sorted(unknown))} is no learner: choose from {names}")
    if not all(each.isdecimal() and int(each) for each in args.threads.split(",")) or args.rounds < 1:
        parser.error(f"--threads {args.threads} and --rounds {args.rounds}: give numbers above 0")
    args.threads = [int(each) for each in args.threads.split(",")]
    if args.frames < FEWEST_FRAMES:
        parser.error(f"--frames {args.frames} is too short a training: give {FEWEST_FRAMES} or more")
    return args


def hold(env: str, threads: int, args: argparse.Namespace, console: Console) -> dict[str, Any]:
    """All rounds of one table; returns for each learner its status and the speed of each round."""
    with status_line(console) as status:

        def speed(name: str, number: int) -> Answer:
            title = SAC_LEARNERS[name].title
            status.update(f"{env}, {threads} threads, round {number} of {args.rounds}: {title}")
            words = [name, env, str(args.frames), str(threads)]
            return ask("benchmarks.sac_learner", words, threads, LIMIT_S)

        results = take_turns(args.only, args.rounds, speed)
    return {"env": env, "threads": threads, "frames": args.frames, "learners": results}


def main(words: list[str]) -> int:
    """Runs the command line."""
    args = parse(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    console = wide_console()
    found: dict[str, Any] = {"about": describe(), "rounds": args.rounds, "sac": []}
    try:
        for env, threads in ((env, threads) for env in args.envs for threads in args.threads):
            found["sac"].append(hold(env, threads, args, console))
            console.print(as_rich(sac_sheet(found["sac"][-1])))
    except KeyboardInterrupt:
        return 130
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    statuses = {each["status"] for table in found["sac"] for each in table["learners"].values()}
    return 1 if "failed" in statuses else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
