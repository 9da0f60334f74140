"""The committed results of trials: one JSON file, and the table of docs/chaos.md. Runs nothing."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from statistics import median
from typing import Any

from benchmarks.machine import describe
from tests.chaos.kinds import KINDS
from tests.chaos.ledger import ROOT, Ledger
from tests.chaos.trial import Result

RESULTS = ROOT / "benchmarks" / "results" / "chaos.json"
DOCUMENT = ROOT / "docs" / "chaos.md"
BLOCK = re.compile(r"(<!-- trials -->\n).*?(<!-- end -->)", re.DOTALL)
COLUMNS = (
    "kind",
    "fault",
    "has to hold",
    "trials",
    "passed",
    "measured: median, worst",
    "trial",
    "commit, day",
)


def publish(ledger: Ledger, commit: str, kinds: Iterable[str]) -> None:
    """Put what the ledger knows of these kinds into the table; the rows of others stay as they are."""
    found = load()
    rows = found["kinds"] | {
        kind: row(kind, list(results.values()), commit) for kind in kinds if (results := ledger.results(kind))
    }
    about = {key: value for key, value in describe().items() if key not in ("date", "commit", "load_before")}
    kept = {"about": about, "kinds": {kind: rows[kind] for kind in KINDS if kind in rows}}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8"), kept), encoding="utf-8")


def load() -> dict[str, Any]:
    """The committed results."""
    if not RESULTS.exists():
        return {"about": {}, "kinds": {}}
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def row(kind: str, results: list[Result], commit: str) -> dict[str, Any]:
    """All results of a kind as one row."""
    names = sorted({name for result in results for name in result.figures})
    seconds = [result.seconds for result in results]
    return {
        "commit": commit,
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "asked": KINDS[kind].trials,
        "cases": KINDS[kind].cases,
        "trials": len(results),
        "passed": sum(result.passed for result in results),
        "failed": {str(result.seed): list(result.problems) for result in results if not result.passed},
        "trial_s": {
            "median": round(median(seconds), 2),
            "worst": max(seconds),
            "all": round(sum(seconds), 1),
        },
        "figures": {name: _together(name, results) for name in names},
    }


def _together(name: str, results: list[Result]) -> dict[str, Any]:
    """A figure over all trials: the median and the worst of numbers, how often each of words."""
    values = [result.figures[name] for result in results if name in result.figures]
    numbers = [value for value in values if not isinstance(value, str)]
    if len(numbers) == len(values):
        return {"median": round(median(numbers), 3), "worst": max(numbers), "trials": len(numbers)}
    return dict(sorted(Counter(map(str, values)).items()))


def filled(text: str, found: Mapping[str, Any]) -> str:
    """The page with its table made anew."""
    return BLOCK.sub(lambda match: f"{match[1]}{table(found)}\n{match[2]}", text)


def table(found: Mapping[str, Any]) -> str:
    """The machine, and a row for each kind with results, in Markdown."""
    if not found["kinds"]:
        return "No trials yet."
    about = found["about"]
    releases = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    lines = [
        f"{about['cores']} cores of {about['processor']}, Python {about['python']}; {releases}.", "",
        f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}",
    ]  # fmt: skip
    return "\n".join([*lines, *(_line(kind, each) for kind, each in found["kinds"].items())])


def _told(number: Mapping[str, Any], trials: int) -> str:
    """A figure in the table: numbers as median and worst, words as how often each was said."""
    if "median" not in number:
        return ", ".join(f"{word}: {count}" for word, count in number.items())
    some = f" (in {number['trials']})" if number["trials"] < trials else ""
    return f"{number['median']:g}, {number['worst']:g}{some}"


def _line(kind: str, found: Mapping[str, Any]) -> str:
    about = KINDS[kind]
    cases = f", {found['trials'] * found['cases']:,} cases" if found["cases"] > 1 else ""
    of_all = "" if found["trials"] >= found["asked"] else f" of {found['asked']}"
    seeds = f"; failed: seed {', '.join(found['failed'])}" if found["failed"] else ""
    numbers = {name: found["figures"][name] for name in about.shown if name in found["figures"]}
    measured = [f"`{name}` {_told(number, found['trials'])}" for name, number in numbers.items()]
    cells = (
        kind, about.fault, about.claim,
        f"{found['trials']}{of_all}{cases}", f"{found['passed']}{seeds}", "; ".join(measured) or "-",
        f"{found['trial_s']['median']:g} s", f"{found['commit']}, {found['date']}",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"
