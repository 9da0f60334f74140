"""Trains every row of benchmarks/parity.py with its seeds, and keeps what each reached. Judges nothing.

    python benchmarks/learning.py                              # what is not done yet, for as long as it takes
    python benchmarks/learning.py pendulum_ppo acrobot_ppo     # some rows
    python benchmarks/learning.py pendulum_ppo --seeds 1 --fresh
    python benchmarks/render.py --plot                         # the results into docs/benchmarks.md

A seed's results are lines of benchmarks/results/learning/ROW.csv: its learning curve, and the mean return
of 100 deterministic episodes of its last policy. What it was trained with, YAMLs and words put together, goes
into settings.json there. Ctrl-C ends it at any time: runs are saved, and the same
command goes on with them.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # this checkout, whatever is installed

from benchmarks.machine import commit, cores, describe
from benchmarks.parity import EPISODES, ROWS, Row
from benchmarks.settings import settings_of, still_hold

RESULTS = ROOT / "benchmarks" / "results" / "learning"
COLUMNS = ("seed", "kind", "frame", "wall_s", "score", "std", "commit", "date", "command")
RANDOM = "random"
SETTINGS = "settings.json"
POINTS = 40
"""Of a learning curve that are kept."""
EVALUATION_SEED = 1000
"""Above a training's own seed: episodes that it has not seen."""
RUN = "import json, sys, train; print(json.dumps(train.run(*sys.argv[1:])))"


@dataclass(frozen=True)
class Trial:
    """One seed of a row; random play where the seed is None."""

    name: str
    row: Row
    seed: int | None


def parse(words: list[str]) -> argparse.Namespace:
    """The command line, judged; exits with 2 and one line where it is wrong."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="row", help=", ".join(ROWS))
    parser.add_argument("--seeds", help="in place of a row's own, e.g. 1,2")
    parser.add_argument("--jobs", type=int, default=cores(), help="trainings at a time")
    parser.add_argument("--fresh", action="store_true", help="train anew what is done, and replace it")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the tables are")
    parser.add_argument("--runs", type=Path, default=ROOT / "build" / "learning", help="where the runs go")
    args = parser.parse_args(words)
    if unknown := set(args.rows) - set(ROWS):
        parser.error(f"{', '.join(sorted(unknown))} is no row: choose from {', '.join(ROWS)}")
    if args.jobs < 1:
        parser.error("--jobs is above 0")
    try:
        args.seeds = [int(seed) for seed in args.seeds.split(",")] if args.seeds else None
    except ValueError:
        parser.error(f"--seeds {args.seeds}: give numbers, e.g. 1,2,3")
    args.rows = args.rows or list(ROWS)
    return args


def trials(args: argparse.Namespace) -> Iterator[Trial]:
    """What was asked for and is not done, as it is written in the table of rows now."""
    for name in args.rows:
        row = ROWS[name]
        is_known = is_of_now(args.results, name, row)
        done = {
            line["seed"]: line["command"]
            for line in finals(read(args.results / f"{name}.csv"))
            if is_known or line["kind"] == RANDOM
        }
        for seed in (None, *(args.seeds or row.seeds)):
            trial = Trial(name, row, seed)
            is_wanted = args.fresh and seed is not None
            if is_wanted or done.get(seed_word(trial)) != command(trial):
                yield trial


def command(trial: Trial) -> str:
    """The words after `train.py` that repeat it."""
    if trial.seed is None:
        words = (*trial.row.task, "mode=eval", "policy=random", f"episodes={EPISODES}", "seed=1")
    else:
        words = (*trial.row.words(), f"seed={trial.seed}")
    return " ".join(words)


def seed_word(trial: Trial) -> str:
    """As the tables have it."""
    return RANDOM if trial.seed is None else str(trial.seed)


def carry_out(trial: Trial, runs: Path, fresh: bool) -> list[dict[str, Any]]:
    """Train, or go on where it was interrupted, and evaluate: the lines for the table.

    A training that has come to its end is taken as it is, but where `fresh` asks for another.
    """
    place = runs / commit() / trial.name
    place.mkdir(parents=True, exist_ok=True)
    if trial.seed is None:
        return [_line(trial, RANDOM, _run(command(trial).split(), place))]
    run = Path("runs", f"seed{trial.seed}")
    _clear(trial, place / run, fresh)
    summary = _trained(trial, place, run)
    words = ("mode=eval", f"checkpoint={run}/nn/last.pth", f"episodes={EPISODES}")
    reached = _run([*words, f"seed={EVALUATION_SEED + trial.seed}"], place)
    end = {"frame": summary["frames"], "wall_s": round(summary["wall_s"], 1)}
    return [*_curve(trial, place / run), _line(trial, "final", reached) | end]


def _clear(trial: Trial, run: Path, fresh: bool) -> None:
    """Remove a run of other words, that is done where `fresh` asks for another, or that saved nothing."""
    said = run.with_suffix(".command")
    is_same = said.is_file() and said.read_text(encoding="utf-8") == command(trial)
    is_unwanted = fresh and _summary(run).get("status") == "budget"
    if not is_same or is_unwanted or not (run / "nn" / "last.pth").is_file():
        shutil.rmtree(run, ignore_errors=True)
    said.parent.mkdir(exist_ok=True)
    said.write_text(command(trial), encoding="utf-8")


def _summary(run: Path) -> dict[str, Any]:
    told = run / "summary.json"
    known: dict[str, Any] = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
    return known


def _trained(trial: Trial, place: Path, run: Path) -> dict[str, Any]:
    """The summary of a training that has spent its budget: of `run` in the directory `place`."""
    if (place / run).is_dir():
        known = _summary(place / run)
        return known if known.get("status") == "budget" else _run([f"resume={run}"], place)
    return _run([*command(trial).split(), f"run_dir={run}"], place)


def _run(words: list[str], place: Path) -> dict[str, Any]:
    """What `train.run` returns, in a process of its own. Raises ChildProcessError with what it said last."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words],
        cwd=place,
        # One thread each: as many run as there are cores.
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ChildProcessError("".join(done.stderr.strip().splitlines()[-1:]) or f"exit {done.returncode}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _line(trial: Trial, kind: str, reached: dict[str, Any]) -> dict[str, Any]:
    about = describe()
    return {
        "seed": seed_word(trial),
        "kind": kind,
        "score": round(reached["return_mean"], 4),
        "std": round(reached["return_std"], 4),
        "commit": about["commit"],
        "date": about["date"],
        "command": command(trial),
    }


def _curve(trial: Trial, run: Path) -> list[dict[str, Any]]:
    """Some points of the mean return of the episodes that training finished last."""
    found = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    known = [each for each in found if each.get("reward_mean") is not None]
    picked = {round(index * (len(known) - 1) / (POINTS - 1)) for index in range(POINTS)} if known else set()
    return [
        {
            "seed": seed_word(trial),
            "kind": "curve",
            "frame": each["frame"],
            "wall_s": round(each["wall_s"], 2),
            "score": round(each["reward_mean"], 4),
        }
        for each in (known[index] for index in sorted(picked))
    ]


def read(path: Path) -> list[dict[str, str]]:
    """A row's lines; none where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def finals(lines: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """What was reached in the end, by seeds and by random play."""
    return [line for line in lines if line["kind"] in ("final", RANDOM)]


def keep(path: Path, lines: list[dict[str, Any]], with_others: bool = True) -> None:
    """Put a seed's lines into a row's table, in place of what it had of that seed, or of any seed."""
    kept = [line for line in read(path) if with_others or line["kind"] == RANDOM]
    others = [line for line in kept if line["seed"] != lines[0]["seed"]]
    path.parent.mkdir(parents=True, exist_ok=True)
    every = sorted([*others, *lines], key=lambda line: (line["seed"] != RANDOM, line["seed"].zfill(9)))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(every)


def is_of_now(results: Path, name: str, row: Row) -> bool:
    """Whether a row's table is of what the row is trained with now, its YAMLs included."""
    then = _remembered(results).get(name)
    return then is not None and still_hold(then, settings_of(row.words()))


def remember(results: Path, name: str, row: Row) -> None:
    """Put what a row is trained with beside its table."""
    known = {**_remembered(results), name: settings_of(row.words())}
    text = json.dumps(known, indent=1, sort_keys=True) + "\n"
    (results / SETTINGS).write_text(text, encoding="utf-8")


def _remembered(results: Path) -> dict[str, Any]:
    path = results / SETTINGS
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return known


def main(words: list[str]) -> int:
    """Runs the command line: 0 where all that was asked for is done, 1 where a training failed."""
    args = parse(words)
    failed = 0
    with ThreadPoolExecutor(args.jobs) as pool:
        runs = args.runs.resolve()
        waiting = {pool.submit(carry_out, trial, runs, args.fresh): trial for trial in trials(args)}
        try:
            for done in as_completed(waiting):
                trial = waiting[done]
                try:
                    lines = done.result()
                except (ChildProcessError, ValueError, KeyError) as error:
                    failed += 1
                    sys.stderr.write(f"{trial.name} seed {seed_word(trial)}: failed: {error}\n")
                    continue
                is_trained = trial.seed is not None
                is_known = not is_trained or is_of_now(args.results, trial.name, trial.row)
                keep(args.results / f"{trial.name}.csv", lines, is_known)
                if is_trained:
                    remember(args.results, trial.name, trial.row)
                sys.stdout.write(f"{trial.name} seed {seed_word(trial)}: {lines[-1]['score']}\n")
                sys.stdout.flush()
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            sys.stdout.write("interrupted: the same command goes on from here\n")
            return 130
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
