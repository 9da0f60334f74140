"""Figures of a match as rows of a table, for the terminal and for documents. Measures nothing."""

import statistics
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.contestants import CONTESTANTS

COLUMNS = (
    "",
    "steps/s",
    "of limit",
    "of bare",
    "x async",
    "x RAY",
    "import s",
    "start s",
    "worker MiB",
)
RIVALS = {"of bare": "bare_all", "x async": "gym_async", "x RAY": "rl_games"}
"""Columns that divide by another contestant; "of limit" divides by `bare` times the cores."""


def ratio(mine: list[float], theirs: list[float], times: int = 1) -> float:
    """The median over rounds of mine / (times * theirs) of the same round."""
    return statistics.median(own / (times * other) for own, other in zip(mine, theirs, strict=True))


def rows(match: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """One row for each contestant that played, under `COLUMNS`."""
    speeds = {
        name: result["steps_per_s"]
        for name, result in match["contestants"].items()
        if result["status"] == "ok"
    }
    for name, mine in speeds.items():
        result = match["contestants"][name]
        limit = ratio(mine, speeds["bare"], match["cores"]) if "bare" in speeds else None
        against = [ratio(mine, speeds[rival]) if rival in speeds else None for rival in RIVALS.values()]
        yield (
            CONTESTANTS[name].title,
            f"{statistics.median(mine):,.0f}",
            *("" if each is None else f"{each:.2f}" for each in (limit, *against)),
            f"{result['prepare_s']:.1f}",
            f"{result['start_up_s']:.2f}",
            memory_of(result),
        )


def memory_of(result: dict[str, Any]) -> str:
    """A worker's resident memory, and what of it is its own share; empty for who has no workers."""
    worker = result["memory"].get("worker")
    if worker is None:
        return ""
    return f"{worker['count']} x {worker['rss_mib']:.0f} ({worker['pss_mib']:.0f})"


def absences(match: dict[str, Any]) -> Iterator[str]:
    """Who did not play, and why, a line each."""
    for name, result in match["contestants"].items():
        if result["status"] != "ok":
            yield f"{CONTESTANTS[name].title}: {result['status']}: {result['reason']}"


def title(match: dict[str, Any]) -> str:
    """What was played."""
    plural = "" if match["num_envs"] == 1 else "s"
    return f"{match['env']}, {match['num_envs']} environment{plural}, {match['num_workers']} workers"


def wide_console() -> Console:
    """The terminal; where there is none, one that is wide enough for the tables."""
    return Console(width=None if sys.stdout.isatty() else 120)


def rich_table(match: dict[str, Any]) -> Table:
    """For the terminal."""
    table = Table(title=title(match), caption="\n".join(absences(match)), caption_justify="left")
    for index, column in enumerate(COLUMNS):
        table.add_column(column, justify="right" if index else "left", no_wrap=True)
    for row in rows(match):
        table.add_row(*row)
    return table


def markdown_table(match: dict[str, Any]) -> str:
    """For a document."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * (len(COLUMNS) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows(match)]
    return "\n".join(
        [f"**{title(match)}**", "", *lines, "", *(f"- {each}" for each in absences(match))]
    ).strip()
