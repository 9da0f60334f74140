"""Figures as tables, for the terminal and for documents. Measures nothing."""

import math
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.table import Table

from benchmarks.contestants import CONTESTANTS
from benchmarks.learner import LEARNERS
from benchmarks.racers import RACERS
from benchmarks.sac_learner import SAC_LEARNERS

THROUGHPUT_COLUMNS = (
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
THROUGHPUT_RIVALS = ("bare_all", "gym_async", "rl_games")
"""Whom "of bare", "x async" and "x RAY" divide by; "of limit" divides by `bare` times the cores."""
TRAINING_COLUMNS = ("", "steps/s", "x Stable-Baselines3", "x CleanRL", "x rl_games' agent")
TRAINING_RIVALS = (("sb3_dummy", "sb3_subproc"), ("cleanrl",), ("rl_games",))
"""Whom the columns divide by: the fastest of each group."""
SAC_COLUMNS = ("", "updates/s", "x Stable-Baselines3")

RACE_COLUMNS = ("", "seconds", "fastest and slowest seed", "frames", "reached", "threads", "x rlgx")
OURS = "rlgx"
"""Of the racers; "x rlgx" is the seconds of a row divided by its."""


@dataclass(frozen=True)
class Sheet:
    """A table: its title, its columns, its cells, and a line for each who is missing."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    missing: tuple[str, ...]


def throughput_sheet(match: Mapping[str, Any]) -> Sheet:
    """What `benchmarks.match.hold` found."""
    count, workers = match["num_envs"], match["num_workers"]
    title = f"{match['env']}, {count} environment{'s' * (count > 1)}, {workers} worker{'s' * (workers > 1)}"
    titles = {name: contestant.title for name, contestant in CONTESTANTS.items()}
    rows = tuple(_throughput_rows(match))
    return Sheet(title, THROUGHPUT_COLUMNS, rows, _missing(match["contestants"], titles))


def training_sheet(found: Mapping[str, Any]) -> Sheet:
    """What benchmarks/training_speed.py found."""
    titles = {name: learner.title for name, learner in LEARNERS.items()}
    speeds = _speeds(found["learners"])
    rivals = [
        max((speeds[name] for name in group if name in speeds), key=statistics.median, default=None)
        for group in TRAINING_RIVALS
    ]
    rows = tuple(
        (titles[name], _median(mine), *(_quotient(mine, theirs) for theirs in rivals))
        for name, mine in speeds.items()
    )
    title = f"PPO on CartPole-v1, {found['frames']:,} frames"
    return Sheet(title, TRAINING_COLUMNS, rows, _missing(found["learners"], titles))


def sac_sheet(table: Mapping[str, Any]) -> Sheet:
    """What benchmarks/sac_speed.py found for one environment and number of threads."""
    titles = {name: learner.title for name, learner in SAC_LEARNERS.items()}
    speeds = _speeds(table["learners"])
    rows = tuple(
        (titles[name], _median(mine), _quotient(mine, speeds.get("sb3"))) for name, mine in speeds.items()
    )
    threads = f"{table['threads']} thread{'s' * (table['threads'] > 1)}"
    title = f"SAC on {table['env']}, {table['frames']:,} frames, {threads}"
    return Sheet(title, SAC_COLUMNS, rows, _missing(table["learners"], titles))


def race_sheets(races: Sequence[Mapping[str, Any]]) -> list[Sheet]:
    """What benchmarks/race.py found: all tasks at a glance, then each by itself."""
    titles = [racer.title for racer in RACERS.values()]
    rows = tuple((race["title"], *_glance(race["racers"])) for race in races)
    title = "Seconds of training to the target, medians of the seeds"
    glance = Sheet(title, ("", *titles, "fastest other, x rlgx"), rows, ())
    return [glance, *map(race_sheet, races)]


def race_sheet(race: Mapping[str, Any]) -> Sheet:
    """One task of the race."""
    limits = f"{race['budget']:,} frames and {race['seconds']:g} s"
    title = f"{race['title']}, judged every {race['every']:,} frames, at most {limits}"
    titles = {name: racer.title for name, racer in RACERS.items()}
    ran = _ran(race["racers"])
    rows = tuple(_race_row(titles[name], racer, ran.get(OURS)) for name, racer in ran.items())
    return Sheet(title, RACE_COLUMNS, rows, _missing(race["racers"], titles))


def seconds_of(racer: Mapping[str, Any]) -> tuple[float, bool]:
    """The median over the seeds, and whether that one reached the target; else it took longer than that."""
    runs = racer["runs"]
    times = [run["seconds"] if run["reached"] else math.inf for run in runs]
    median = statistics.median(times)
    if math.isinf(median):
        return statistics.median(run["seconds"] for run in runs), False
    return median, True


def ratio(mine: list[float], theirs: list[float], times: int = 1) -> float:
    """The median over rounds of mine / (times * theirs) of the same round."""
    return statistics.median(own / (times * other) for own, other in zip(mine, theirs, strict=True))


def as_rich(sheet: Sheet) -> Table:
    """For the terminal."""
    table = Table(title=sheet.title, caption="\n".join(sheet.missing), caption_justify="left")
    for index, column in enumerate(sheet.columns):
        table.add_column(column, justify="right" if index else "left", no_wrap=True)
    for row in sheet.rows:
        table.add_row(*row)
    return table


def as_markdown(sheet: Sheet) -> str:
    """For a document."""
    lines = [f"**{sheet.title}**", "", "| " + " | ".join(sheet.columns) + " |"]
    lines.append("|---|" + "---:|" * (len(sheet.columns) - 1))
    lines += ["| " + " | ".join(row) + " |" for row in sheet.rows]
    return "\n".join([*lines, *([""] if sheet.missing else []), *(f"- {each}" for each in sheet.missing)])


def wide_console() -> Console:
    """The terminal; where there is none, one that is wide enough for the tables."""
    return Console(width=None if sys.stdout.isatty() else 120)


def status_line(console: Console) -> Status:
    """Says what goes on, and is drawn once a second: more often it would take turns from whoever plays."""
    return console.status("", refresh_per_second=1)


def _throughput_rows(match: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    speeds = _speeds(match["contestants"])
    for name, mine in speeds.items():
        result = match["contestants"][name]
        yield (
            CONTESTANTS[name].title,
            _median(mine),
            _quotient(mine, speeds.get("bare"), match["cores"]),
            *(_quotient(mine, speeds.get(rival)) for rival in THROUGHPUT_RIVALS),
            f"{result['prepare_s']:.1f}",
            f"{result['start_up_s']:.2f}",
            _memory(result["memory"].get("worker")),
        )


def _glance(racers: Mapping[str, Any]) -> Iterator[str]:
    ran = _ran(racers)
    yield from (_seconds(ran[name]) if name in ran else "" for name in RACERS)
    others = [racer for name, racer in ran.items() if name != OURS]
    # Who arrived comes before who did not, however soon that one gave up.
    fastest = min(others, key=lambda racer: (not seconds_of(racer)[1], seconds_of(racer)[0]), default=None)
    yield "" if fastest is None else _times(fastest, ran.get(OURS))


def _race_row(title: str, racer: Mapping[str, Any], ours: Mapping[str, Any] | None) -> tuple[str, ...]:
    arrived = [run for run in racer["runs"] if run["reached"]]
    times = [run["seconds"] for run in arrived]
    return (
        title,
        _seconds(racer),
        f"{min(times):.1f}, {max(times):.1f}" if times else "",
        f"{statistics.median(run['frames'] for run in arrived):,.0f}" if arrived else "",
        f"{len(arrived)} of {len(racer['runs'])}",
        str(racer["threads"]),
        _times(racer, ours),
    )


def _seconds(racer: Mapping[str, Any]) -> str:
    seconds, has_arrived = seconds_of(racer)
    return f"{'' if has_arrived else '> '}{seconds:.1f}"


def _times(racer: Mapping[str, Any], ours: Mapping[str, Any] | None) -> str:
    """How many times as long as rlgx; nothing where rlgx does not arrive."""
    if ours is None or not seconds_of(ours)[1]:
        return ""
    seconds, has_arrived = seconds_of(racer)
    return f"{'' if has_arrived else '> '}{seconds / seconds_of(ours)[0]:.2f}"


def _ran(racers: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: racers[name] for name in RACERS if name in racers and racers[name]["status"] == "ok"}


def _speeds(results: Mapping[str, Any]) -> dict[str, list[float]]:
    return {name: result["steps_per_s"] for name, result in results.items() if result["status"] == "ok"}


def _missing(results: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        f"{titles[name]}: {result['status']}: {result['reason']}"
        for name, result in results.items()
        if result["status"] != "ok"
    )


def _median(speeds: list[float]) -> str:
    return f"{statistics.median(speeds):,.0f}"


def _quotient(mine: list[float], theirs: list[float] | None, times: int = 1) -> str:
    return "" if theirs is None else f"{ratio(mine, theirs, times):.2f}"


def _memory(worker: Mapping[str, Any] | None) -> str:
    """How many workers, and of each the resident memory and in parentheses its own share of it."""
    if worker is None:
        return ""
    return f"{worker['count']} x {worker['rss_mib']:.0f} ({worker['pss_mib']:.0f})"
