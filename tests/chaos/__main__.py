"""The fault suite: `python -m tests.chaos` runs all trials that are not done yet; see docs/chaos.md."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median

from tests.chaos.kinds import KINDS
from tests.chaos.ledger import ROOT, Ledger, code_commit
from tests.chaos.trial import Result, Trial

IMPORTED = (
    *("torch", "rl_games.torch_runner", "gymnasium.envs.classic_control"),
    *("train", "algos.modes", "algos.ppo.agent", "algos.sac.agent"),
)
"""What a driver imports, so that a forked one need not."""
FOLDER = ROOT / "build" / "chaos"


def parse(words: list[str]) -> argparse.Namespace:
    """The command line, judged; exits with 2 and one line where it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=str(__doc__))
    parser.add_argument("kinds", nargs="*", metavar="kind", help=", ".join(KINDS))
    parser.add_argument("--only", metavar="KIND", help="the same, for one")
    parser.add_argument(
        "--trials", type=int, help="of each kind, in place of all; 0 with --write: only write"
    )
    parser.add_argument("--seed", type=int, help="repeat one trial, done or not")
    parser.add_argument("--start", type=int, default=1, help="the first trial's seed: fresh trials from 1001")
    parser.add_argument("--jobs", type=int, default=1, help="trials at a time")
    parser.add_argument("--fresh", action="store_true", help="repeat what is done")
    parser.add_argument("--write", action="store_true", help="put the results into the committed table")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where trials run; kept where one failed")
    args = parser.parse_args(words)
    args.kinds += [args.only] if args.only else []
    if unknown := set(args.kinds) - set(KINDS):
        parser.error(f"{', '.join(sorted(unknown))} is no kind: choose from {', '.join(KINDS)}")
    if min(args.jobs, args.start) < 1 or (args.trials or 0) < 0:
        parser.error("--jobs and --start are above 0, --trials is not below")
    if args.seed is not None and len(args.kinds) != 1:
        parser.error("--seed repeats one trial of one kind: name the kind")
    args.kinds = args.kinds or list(KINDS)
    return args


def trials(args: argparse.Namespace, place: Path, ledger: Ledger) -> Iterator[Trial]:
    """Those that were asked for and are not done."""
    for kind in args.kinds:
        # What was done with files that no commit had may have been done with others.
        is_known = not (args.fresh or args.seed is not None or place.name.endswith("+"))
        done = ledger.results(kind) if is_known else {}
        for seed in seeds(args, kind):
            if seed not in done:
                yield Trial(kind, seed, place / f"{kind}-{seed}", place / "shared")


def show(result: Result, again: str) -> None:
    """A line about a trial, and what was wrong."""
    figures = " ".join(f"{name}={value}" for name, value in result.figures.items())
    word = "ok" if result.passed else "FAILED"
    sys.stdout.write(f"{result.kind} seed {result.seed}: {word} in {result.seconds:.1f} s {figures}\n")
    for problem in result.problems:
        sys.stdout.write(f"    {problem}\n")
    if not result.passed:
        sys.stdout.write(f"    again: {again}\n")
    sys.stdout.flush()


def tell(args: argparse.Namespace, ledger: Ledger) -> int:
    """How all trials that were asked for ended, done now or earlier; the exit code."""
    failed = 0
    for kind in args.kinds:
        known = ledger.results(kind)
        results = [known[seed] for seed in seeds(args, kind) if seed in known]
        passed = sum(result.passed for result in results)
        failed += len(results) - passed
        sys.stdout.write(f"{kind}: {passed} of {len(results)} passed\n")
        for problem in too_much(kind, results):
            failed += 1
            sys.stdout.write(f"    FAILED {problem}\n")
    return 1 if failed else 0


def too_much(kind: str, results: Sequence[Result]) -> list[str]:
    """The medians over all trials of a kind that are above their bound."""
    found = {
        name: median(values)
        for name in KINDS[kind].most
        if (values := [float(result.figures[name]) for result in results if name in result.figures])
    }
    return [
        f"{name} is {value:g} in the median, {KINDS[kind].most[name]:g} is allowed"
        for name, value in found.items()
        if value > KINDS[kind].most[name]
    ]


def seeds(args: argparse.Namespace, kind: str) -> list[int]:
    """The trials of a kind that were asked for."""
    count = KINDS[kind].trials if args.trials is None else args.trials
    return [args.seed] if args.seed is not None else list(range(args.start, args.start + count))


def warm_up() -> None:
    """Be a process that drivers are forked from."""
    sys.path[0] = str(ROOT)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads cannot be forked safely
    for name in IMPORTED:
        import_module(name)


def main(words: list[str]) -> int:
    """Runs the command line: 0 where all trials passed, 1 where one failed, 130 where it was interrupted."""
    args = parse(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    commit = code_commit()
    if args.write and commit.endswith("+"):
        sys.stderr.write("error: --write with files that no commit has -- commit them first\n")
        return 2
    place = args.folder.resolve() / commit
    # A trial that is repeated alone is looked at; it does not take the place of what it did before.
    ledger = Ledger(place / ("results.jsonl" if args.seed is None else "again.jsonl"))
    warm_up()
    from tests.chaos.runner import run

    try:
        for result in run(trials(args, place, ledger), ledger, args.jobs):
            show(result, Trial(result.kind, result.seed, place, place).again())
    except KeyboardInterrupt:
        sys.stdout.write("interrupted: the same command goes on from here\n")
        return 130
    if args.write:
        from tests.chaos.page import publish

        publish(ledger, commit, args.kinds)
    return tell(args, ledger)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
