"""Environment steps a second of everyone who steps many environments, under random play. Trains nothing.

    python benchmarks/throughput.py                                 # all with 64 CartPoles, within minutes
    python benchmarks/throughput.py --only bare,sync,process,ray    # only these
    python benchmarks/throughput.py --env Pong --num-envs 8 --only ale,native --rounds 50 --seconds 0.3

Each contestant lives in a process of its own. They take turns, in another order each round, and what counts
is the median of the rounds, of a ratio too: a machine that gets slower favours nobody.
"""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # this checkout, whatever is installed

from rich.console import Console

from benchmarks.contestants import CONTESTANTS, Order
from benchmarks.machine import cores, describe
from benchmarks.match import Rules, hold
from benchmarks.report import as_rich, status_line, throughput_sheet, wide_console


def parse(words: list[str]) -> argparse.Namespace:
    """The command line, judged; exits with 2 and one line where it is wrong."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--env", type=listed, default=["CartPole-v1"], help="such as CartPole-v1,Pong")
    parser.add_argument("--num-envs", type=listed, default=["64"], help="such as 64, or 1,8,64")
    parser.add_argument("--workers", type=int, default=cores(), help="of contestants that have some")
    parser.add_argument("--only", type=listed, default=list(CONTESTANTS), help=",".join(CONTESTANTS))
    parser.add_argument("--skip", type=listed, default=[], help="contestants to leave out")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.5, help="that a turn takes at least")
    parser.add_argument("--python", type=listed, default=[], help="NAME=PYTHON: one's own interpreter")
    parser.add_argument("--json", type=Path, help="where the figures go")
    args = parser.parse_args(words)
    if not all(each.isdecimal() and int(each) > 0 for each in args.num_envs):
        parser.error(f"--num-envs {','.join(args.num_envs)} is no list of numbers above 0")
    if not all("=" in each for each in args.python):
        parser.error("--python takes NAME=PYTHON, such as pufferlib=.venv-puffer/bin/python")
    args.python = dict(each.split("=", 1) for each in args.python)
    unknown = {*args.only, *args.skip, *args.python} - set(CONTESTANTS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))} is no contestant: choose from {', '.join(CONTESTANTS)}")
    if min(args.rounds, args.workers) < 1 or args.seconds <= 0:
        parser.error("--rounds, --workers and --seconds are above 0")
    return args


def listed(text: str) -> list[str]:
    """The parts of a text with commas."""
    return text.split(",")


def run(args: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Holds every match that was asked for, with a table after each, and returns all figures."""
    names = [name for name in CONTESTANTS if name in args.only and name not in args.skip]
    rules = Rules(args.rounds, args.seconds, args.python)
    found = {"about": describe(), "rounds": args.rounds, "seconds": args.seconds, "matches": []}
    for env in args.env:
        for num_envs in map(int, args.num_envs):
            order = Order(env, num_envs, args.workers)
            with status_line(console) as status:
                match = hold(names, order, rules, status.update)
            console.print(as_rich(throughput_sheet(match)))
            found["matches"].append(match)
            if args.json:
                # After each match, so that a long benchmark that is stopped has been of use.
                args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def main(words: list[str]) -> int:
    """Runs the command line."""
    args = parse(words)
    # Contestants end when this process does: by its `finally`, not by a signal.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        found = run(args, wide_console())
    except KeyboardInterrupt:
        return 130
    played = [each["status"] for match in found["matches"] for each in match["contestants"].values()]
    return 1 if "failed" in played else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
