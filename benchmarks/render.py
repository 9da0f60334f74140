"""Puts the figures of benchmarks/results/ into docs/benchmarks.md, and draws its pictures. Measures nothing.

    python benchmarks/render.py          # the document's tables
    python benchmarks/render.py --plot   # and its pictures, of results/sweep_*.json and learning/*.csv:
                                         # needs matplotlib

A table of the document stands between `<!-- figures: NAME -->` and `<!-- end -->`, and is made from
benchmarks/results/NAME.json, or from the learning curves where it begins with `<!-- learning: NAME -->`.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # this checkout, whatever is installed

from benchmarks import parity_report
from benchmarks.parity import PUBLISHED
from benchmarks.plot import draw
from benchmarks.report import as_markdown, race_sheets, sac_sheet, throughput_sheet, training_sheet

RESULTS = ROOT / "benchmarks" / "results"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
PICTURE = ROOT / "docs" / "throughput.png"
CURVES = ROOT / "docs" / "learning.png"
NOT_TAKEN = "Not measured yet."
BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
LEARNING = re.compile(r"(<!-- learning: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str, results: Path = RESULTS) -> str:
    """The document with its tables made anew; where there are no figures it says so."""

    def block(match: re.Match[str]) -> str:
        is_taken = (results / f"{match[2]}.json").is_file()
        return f"{match[1]}{section(load(match[2], results)) if is_taken else NOT_TAKEN}\n{match[3]}"

    reached = parity_report.load(results / "learning")
    sections = {
        "parity": lambda: as_markdown(parity_report.parity_sheet(reached)),
        "ablations": lambda: as_markdown(parity_report.ablation_sheet(reached)),
        "sources": parity_report.sources,
    }
    return LEARNING.sub(lambda match: f"{match[1]}{sections[match[2]]()}\n{match[3]}", BLOCK.sub(block, text))


def load(name: str, results: Path = RESULTS) -> dict[str, Any]:
    """The figures of one benchmark."""
    found: dict[str, Any] = json.loads((results / f"{name}.json").read_text(encoding="utf-8"))
    return found


def section(found: Mapping[str, Any]) -> str:
    """All tables of one benchmark, and a line on where they come from."""
    if "races" in found:
        return race_section(found["races"])
    sheets = [throughput_sheet(match) for match in found.get("matches", ())]
    sheets += [sac_sheet(table) for table in found.get("sac", ())]
    if "learners" in found:
        sheets.append(training_sheet(found))
    return "\n\n".join([origin(found), *map(as_markdown, sheets)])


def race_section(races: Sequence[Mapping[str, Any]]) -> str:
    """All tasks of the race at a glance, then each with where it comes from."""
    glance, *sheets = map(as_markdown, race_sheets(races))
    parts = [f"{sheet}\n\n{taken(race['about'], [race])}" for race, sheet in zip(races, sheets, strict=True)]
    return "\n\n".join([glance, *parts])


def origin(found: Mapping[str, Any]) -> str:
    """When, on what and with which releases the figures were taken, and in how many rounds."""
    matches = found.get("matches") or found.get("sac", [found])
    return taken(found["about"], matches, f", {found['rounds']} rounds")


def taken(about: Mapping[str, Any], matches: Iterable[Mapping[str, Any]], more: str = "") -> str:
    """When, on what and with which releases the figures were taken."""
    results = [result for match in matches for result in played(match)]
    releases = sorted({result["version"] for result in results} | {f"torch {about['versions']['torch']}"})
    machine = f"{about['cores']} cores of {about['processor']} with a load of {about['load_before']} before"
    return (
        f"{about['date']}, commit {about['commit']}, {machine}, "
        f"Python {about['python']}{more}; {', '.join(releases)}."
    )


def played(match: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The results of those who were not absent and did not fail."""
    (results,) = (match[name] for name in ("contestants", "learners", "racers") if name in match)
    return [result for result in results.values() if result["status"] == "ok"]


def main(words: list[str]) -> None:
    """Writes the document, and with --plot the pictures."""
    DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    if "--plot" in words:
        sweeps = [load(path.stem) for path in sorted(RESULTS.glob("sweep_*.json"))]
        draw([match for found in sweeps for match in found["matches"]], PICTURE)
        names = [name for name in parity_report.load() if name in PUBLISHED]
        parity_report.draw(names, CURVES)


if __name__ == "__main__":
    main(sys.argv[1:])
