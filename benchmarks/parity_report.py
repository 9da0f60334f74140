"""What trainings reached against what is published, as tables and a picture. Trains nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.learning import RANDOM, RESULTS, finals, read
from benchmarks.parity import ABLATIONS, PUBLISHED, ROWS, Row
from benchmarks.report import Sheet
from tasks.arrays import Array

RESAMPLES = 10_000
CONFIDENCE = 0.95
ENOUGH_FOR_IQM = 5
COLUMNS = ("row", "frames", "seeds", "mean (95 %)", "IQM", "random", "published", "asked", "holds", "commit")
ABLATION_COLUMNS = ("row", "change", "frames", "seeds", "mean (95 %)", "as it is", "commit")


@dataclass(frozen=True)
class Reached:
    """What a row's seeds reached.

    Attributes:
        scores: mean return of the last policy's episodes, by seed.
        random: that of random play; None where it is not known.
        commits: of which code.
    """

    scores: Mapping[str, float]
    random: float | None
    commits: tuple[str, ...]

    @classmethod
    def of(cls, lines: Iterable[Mapping[str, str]]) -> "Reached":
        """From a row's table."""
        ends = finals(map(dict, lines))
        seeds = {line["seed"]: line for line in ends if line["seed"] != RANDOM}
        randoms = [float(line["score"]) for line in ends if line["seed"] == RANDOM]
        return cls(
            {seed: float(line["score"]) for seed, line in seeds.items()},
            randoms[0] if randoms else None,
            tuple(sorted({line["commit"] for line in seeds.values()})),
        )

    def holds(self, row: Row) -> bool | None:
        """Whether the row's rule holds; None where a seed is missing, or nothing is published."""
        if (
            row.anchor is None
            or self.random is None
            or not {str(seed) for seed in row.seeds} <= set(self.scores)
        ):
            return None
        floor = row.floor(self.random)
        assert floor is not None, row
        return interval(list(self.scores.values()))[0] >= floor


def interval(scores: Sequence[float]) -> tuple[float, float]:
    """The mean's confidence interval, by the percentile bootstrap over seeds (Efron 1979)."""
    values = np.asarray(scores, float)
    picks = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[picks].mean(axis=1), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def iqm(scores: Sequence[float]) -> float:
    """The interquartile mean: of the middle half, a quarter of the scores cut off at either end.

    Agarwal et al. 2021, section 4.3.
    """
    ordered, cut = np.sort(np.asarray(scores, float)), len(scores) // 4
    return float(ordered[cut : len(ordered) - cut].mean())


def parity_sheet(found: Mapping[str, Reached]) -> Sheet:
    """Rows with something published."""
    rows = tuple(_parity_row(name, PUBLISHED[name], found[name]) for name in PUBLISHED if name in found)
    missing = tuple(f"{name}: not measured yet" for name in PUBLISHED if name not in found)
    return Sheet("Last policies against published scores", COLUMNS, rows, missing)


def ablation_sheet(found: Mapping[str, Reached]) -> Sheet:
    """Rows that differ from another in one thing."""
    rows = tuple(_ablation_row(name, row, found) for name, row in ABLATIONS.items() if name in found)
    missing = tuple(f"{name}: not measured yet" for name in ABLATIONS if name not in found)
    return Sheet("What a part is worth", ABLATION_COLUMNS, rows, missing)


def sources() -> str:
    """Who published what, a line for each row."""
    return "\n".join(
        f"- {name}: {row.anchor.score:g}, {row.anchor.source}"
        for name, row in PUBLISHED.items()
        if row.anchor
    )


def load(results: Path = RESULTS) -> dict[str, Reached]:
    """All rows with at least one seed done."""
    found = {name: Reached.of(read(results / f"{name}.csv")) for name in ROWS}
    return {name: reached for name, reached in found.items() if reached.scores}


def _parity_row(name: str, row: Row, reached: Reached) -> tuple[str, ...]:
    floor = None if reached.random is None else row.floor(reached.random)
    scores = list(reached.scores.values())
    return (
        name, f"{row.frames:,}", str(len(scores)), _with_interval(scores),
        f"{iqm(scores):.1f}" if len(scores) >= ENOUGH_FOR_IQM else "",
        _number(reached.random), _number(row.anchor.score if row.anchor else None), _number(floor),
        {True: "yes", False: "**no**", None: "not yet"}[reached.holds(row)],
        ", ".join(reached.commits),
    )  # fmt: skip


def _ablation_row(name: str, row: Row, found: Mapping[str, Reached]) -> tuple[str, ...]:
    scores, base = list(found[name].scores.values()), found.get(row.of)
    as_it_is = _with_interval(list(base.scores.values())) if base else ""
    return (
        name, row.change, f"{row.frames:,}", str(len(scores)), _with_interval(scores), as_it_is,
        ", ".join(found[name].commits),
    )  # fmt: skip


def _with_interval(scores: Sequence[float]) -> str:
    low, high = interval(scores)
    return f"{np.mean(scores):.1f} ({low:.1f} to {high:.1f})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def band(lines: Iterable[Mapping[str, str]]) -> tuple[Array, Array, Array, Array]:
    """Frames [P] of a row's learning curves, and there the mean over seeds and its interval, [P] each."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        if line["kind"] == "curve":
            curves.setdefault(line["seed"], []).append((float(line["frame"]), float(line["score"])))
    points = [np.array(curve).T for curve in curves.values()]
    # From where every seed has finished an episode on, to where the first of them ends.
    begin, end = max(frames[0] for frames, _ in points), min(frames[-1] for frames, _ in points)
    grid = np.linspace(begin, end, 60)
    scores = np.array([np.interp(grid, frames, values) for frames, values in points])
    bounds = np.array([interval(column) for column in scores.T.tolist()])
    return grid, scores.mean(axis=0), bounds[:, 0], bounds[:, 1]


def draw(names: Sequence[str], path: Path, results: Path = RESULTS) -> None:
    """Writes a picture of the rows' learning curves. Needs matplotlib."""
    import matplotlib

    matplotlib.use("Agg")  # no window, no display
    from matplotlib import pyplot

    columns = 4
    figure, axes = pyplot.subplots(
        -(-len(names) // columns), columns, figsize=(4.2 * columns, 2.9 * -(-len(names) // columns)),
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for axis in axes.flat[len(names) :]:
        axis.set_axis_off()
    for name, axis in zip(names, axes.flat, strict=False):
        _draw_one(axis, name, read(results / f"{name}.csv"))
    figure.supxlabel("frames", fontsize=10)
    figure.supylabel("mean return", fontsize=10)
    # The day and matplotlib's version would make equal pictures differ.
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


def _draw_one(axis: Any, name: str, lines: list[dict[str, str]]) -> None:
    from matplotlib.ticker import EngFormatter

    frames, mean, low, high = band(lines)
    axis.plot(frames, mean, color="tab:blue")
    axis.fill_between(frames, low, high, color="tab:blue", alpha=0.25, linewidth=0)
    row, reached = ROWS[name], Reached.of(lines)
    if row.anchor is not None:
        axis.axhline(row.anchor.score, color="black", linestyle="--", linewidth=1)
    scores = list(reached.scores.values())
    axis.plot([row.frames] * len(scores), scores, "x", color="tab:red", markersize=5, clip_on=False)
    axis.set_title(name, fontsize=10)
    axis.xaxis.set_major_formatter(EngFormatter(sep=""))
    axis.grid(alpha=0.3)
