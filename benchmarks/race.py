"""Seconds of training to a fixed score, with the settings that each library has for the task.

    python benchmarks/race.py --cleanrl ../cleanrl --json race.json         # all tasks, three seeds: hours
    python benchmarks/race.py --tasks CartPole --only rlgx,sb3 --seeds 1

Whoever trains is judged every so many frames, the same for all, by 20 episodes without noise on environments
of their own. The time is that of the first evaluation that reaches the target and is confirmed by 100 more
episodes; imports and evaluations do not count. Whole trainings take turns, in another order for each seed;
what counts is the median of the seeds. A short trial finds for everyone the better of one and two torch
threads.
"""

import argparse
import json
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # this checkout, whatever is installed

from rich.console import Console

from benchmarks.alone import Answer, ask
from benchmarks.courses import COURSES
from benchmarks.machine import describe
from benchmarks.racers import RACERS
from benchmarks.report import as_rich, race_sheets, status_line, wide_console
from benchmarks.settings import settings_of

LIMIT_S = 3600
"""Of one training, evaluations included."""

Say = Callable[[str], None]


def parse(words: list[str]) -> argparse.Namespace:
    """The command line, judged; exits with 2 and one line where it is wrong."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--tasks", default=",".join(COURSES), help=",".join(COURSES))
    parser.add_argument("--only", default=",".join(RACERS), help=",".join(RACERS))
    parser.add_argument("--cleanrl", type=Path, help="a checkout of CleanRL")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", default="1,2", help="torch threads to choose from; one is not tried")
    parser.add_argument("--frames", type=int, default=0, help="a budget in place of each task's own")
    parser.add_argument("--json", type=Path, help="where the figures go; other tasks' that are there stay")
    args = parser.parse_args(words)
    for name, known in (("tasks", COURSES), ("only", RACERS)):
        chosen = getattr(args, name).split(",")
        unknown = sorted(set(chosen) - set(known))
        if unknown:
            parser.error(f"--{name} {unknown[0]} is not known: choose from {', '.join(known)}")
        setattr(args, name, chosen)
    if not re.fullmatch(r"[1-9]\d*(,[1-9]\d*)*", args.threads):
        parser.error(f"--threads {args.threads} is no list of numbers above 0")
    args.threads = [int(each) for each in args.threads.split(",")]
    if args.seeds < 1 or args.frames < 0:
        parser.error("--seeds is above 0, and --frames not below")
    if args.cleanrl is not None:
        if not (args.cleanrl / "cleanrl" / "ppo.py").is_file():
            parser.error(f"--cleanrl {args.cleanrl}: there is no {args.cleanrl / 'cleanrl' / 'ppo.py'}")
        args.cleanrl = args.cleanrl.resolve()
    return args


def train(name: str, task: str, seed: int, threads: int, args: argparse.Namespace, is_trial: bool) -> Answer:
    """One training in a process of its own, as `benchmarks.racers` tells of it."""
    words = [name, task, str(seed), str(threads), str(args.frames), str(int(is_trial))]
    words += [str(args.cleanrl)] if args.cleanrl else []
    return ask("benchmarks.racers", words, threads, LIMIT_S)


def enter(name: str, task: str, args: argparse.Namespace) -> Answer:
    """The threads that suit a racer; or that it is absent or failed, and why."""
    if len(args.threads) == 1:
        return {"status": "ok", "threads": args.threads[0], "trials": {}, "runs": []}
    trials = {}
    for threads in args.threads:
        told = train(name, task, 0, threads, args, is_trial=True)
        if told["status"] != "ok":
            return told
        trials[threads] = round(told["speed"])
    return {"status": "ok", "threads": max(trials, key=trials.__getitem__), "trials": trials, "runs": []}


def hold(task: str, args: argparse.Namespace, say: Say) -> Answer:
    """The race of one task: its rules, and for each racer its status and its runs."""
    course, about = COURSES[task], describe()
    racers: dict[str, Answer] = {}
    for name in args.only:
        say(f"{course.title}: {RACERS[name].title} tries {len(args.threads)} numbers of threads")
        racers[name] = enter(name, task, args)
    for seed in range(1, args.seeds + 1):
        for name in args.only if seed % 2 else reversed(args.only):
            racer = racers[name]
            if racer["status"] != "ok":
                continue
            say(f"{course.title}: seed {seed} of {args.seeds}, {RACERS[name].title}")
            told = train(name, task, seed, racer["threads"], args, is_trial=False)
            if told["status"] == "ok":
                racer["runs"].append(told["run"])
                racer["version"] = told["version"]
            else:
                racers[name] = told
    rules = asdict(course.rules) | ({"budget": args.frames} if args.frames else {})
    told = {"task": task, "title": course.title, **rules, "settings": settings_of(course.ours)}
    return {**told, "about": about, "racers": racers}


def run(args: argparse.Namespace, console: Console) -> dict[str, Any]:
    """All races; the file is written after each."""
    found: dict[str, Any] = {"about": describe(), "rounds": args.seeds, "races": []}
    if args.json and args.json.is_file():
        found["races"] = json.loads(args.json.read_text(encoding="utf-8"))["races"]
    with status_line(console) as status:
        for task in args.tasks:
            race = hold(task, args, status.update)
            by_task = {each["task"]: each for each in found["races"]} | {task: race}
            found["races"] = [by_task[name] for name in COURSES if name in by_task]
            if args.json:
                args.json.write_text(compact(found), encoding="utf-8")
    return found


def compact(found: dict[str, Any]) -> str:
    """As JSON with a line for each list of numbers."""
    spread = json.dumps(found, indent=1)
    return re.sub(r"\[\s+([^][{}]*?)\s+\]", lambda match: f"[{' '.join(match[1].split())}]", spread) + "\n"


def main(words: list[str]) -> int:
    """Runs the command line."""
    args = parse(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    console = wide_console()
    try:
        found = run(args, console)
    except KeyboardInterrupt:
        return 130
    for sheet in race_sheets(found["races"]):
        console.print(as_rich(sheet))
    told = [racer["status"] for race in found["races"] for racer in race["racers"].values()]
    return 1 if "failed" in told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
