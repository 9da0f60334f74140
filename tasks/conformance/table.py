"""A report as text: a table of claims and vector environments, and below it what there is to say."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from tasks.conformance.column import Column
from tasks.conformance.report import Report
from tasks.vec_env.claims import Claim

_PLAIN_WIDTH = 120  # columns, where there is no terminal to fit


def show(report: Report) -> None:
    """Prints the table and the lines below it."""
    console = Console(file=sys.stdout, markup=False)
    if not console.is_terminal:
        console = Console(file=sys.stdout, markup=False, width=_PLAIN_WIDTH)
    console.print(table_of(report))
    for line in lines_below(report):
        console.print(line, highlight=False, soft_wrap=True)


def table_of(report: Report) -> Table:
    """Rows are claims, columns vector environments, and the last row their speed."""
    table = Table(title=f"--check {report.name}", title_justify="left")
    table.add_column("claim", no_wrap=True)
    for kind in report.columns:
        table.add_column(kind, justify="right", no_wrap=True)
    for claim in Claim:
        table.add_row(claim.value, *(_cell(column, claim) for column in report.columns.values()))
    speeds = (column.steps_per_s for column in report.columns.values())
    table.add_row("steps/s", *("-" if speed is None else f"{speed:,.0f}" for speed in speeds))
    return table


def lines_below(report: Report) -> list[str]:
    """Each fault, what was not seen and how to see it, notes, and who was left out."""
    told: dict[str, list[str]] = {}
    for kind, column in report.columns.items():
        for line in _lines(column):
            told.setdefault(line, []).append(kind)
    lines = [f"{', '.join(kinds)}: {line}" for line, kinds in told.items()]
    alike = [
        f"{kind}: rows were compared with {column.expected}"
        for kind, column in report.columns.items()
        if Claim.SAME_ROWS not in column.unseen
    ]
    left_out = [f"left out: {why}" for why in dict.fromkeys(report.left_out.values())]
    return [*sorted(lines, key=lambda line: ": FAIL: " not in line), *alike, *left_out]


def _cell(column: Column, claim: Claim) -> str:
    if claim in column.complaints:
        return "FAIL"
    if claim in column.unseen:
        return "not seen"
    return "-" if claim in column.idle else "ok"


def _lines(column: Column) -> Iterable[str]:
    for claim, texts in column.complaints.items():
        yield from (f"{claim.value}: FAIL: {text}" for text in texts)
    by_reason: dict[str, list[str]] = {}
    for claim, reason in column.unseen.items():
        by_reason.setdefault(reason, []).append(claim.value)
    for reason, claims in by_reason.items():
        yield f"{', '.join(claims)}: not seen: {reason}"
    yield from (f"note: {note}" for note in column.notes)
