"""Draws steps a second over the number of environments, one panel an environment. Needs matplotlib."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS

DPI = 110
PANEL_INCHES = (5.0, 4.6)
OURS = "rlgx"


def curves(matches: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """For each environment and contestant the points (number of environments, median steps a second)."""
    drawn: dict[str, dict[str, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for match in sorted(matches, key=lambda match: match["num_envs"]):
        for name, result in match["contestants"].items():
            if result["status"] == "ok":
                point = (match["num_envs"], statistics.median(result["steps_per_s"]))
                drawn[match["env"]][name].append(point)
    return {env: dict(lines) for env, lines in drawn.items()}


def draw(matches: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Writes a picture of matches, as `benchmarks.match.hold` returns them."""
    import matplotlib

    matplotlib.use("Agg")  # no window, no display
    from matplotlib import pyplot

    drawn = curves(matches)
    width, height = PANEL_INCHES
    figure, axes = pyplot.subplots(
        1, len(drawn), figsize=(width * len(drawn), height), squeeze=False, layout="constrained"
    )
    names = [name for name in CONTESTANTS if any(name in lines for lines in drawn.values())]
    colours = dict(zip(names, pyplot.get_cmap("tab20").colors, strict=False))
    handles = {}
    for axis, (env, lines) in zip(axes[0], drawn.items(), strict=True):
        for name, points in lines.items():
            # Ours stand out; the bare loops are limits, not contestants.
            style = {"linewidth": 2.5} if CONTESTANTS[name].title.startswith(OURS) else {"linewidth": 1.2}
            if name.startswith("bare"):
                style |= {"linestyle": "--"}
            (line,) = axis.plot(*zip(*points, strict=True), marker=".", color=colours[name], **style)
            handles[CONTESTANTS[name].title] = line
        axis.set(title=env, xlabel="environments", xscale="log", yscale="log")
        ticks = sorted({count for points in lines.values() for count, _ in points})
        axis.set_xticks(ticks, labels=[str(tick) for tick in ticks])
        axis.minorticks_off()
        axis.grid(alpha=0.3, which="both")
    axes[0][0].set_ylabel("environment steps a second")
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=min(len(handles), 6))
    # The day and matplotlib's version would make equal pictures differ.
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    pyplot.close(figure)
