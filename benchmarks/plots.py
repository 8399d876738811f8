"""Plots of a record, each as PNG and SVG: times against sizes, and ratios of everything else.

Matplotlib's figures are written without a display and without its global state.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_edu.app.extras import need

from .record import Record, Row
from .workers import OURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours that stay apart for colour-blind readers: ours, and the others as they come.
COLOURS = ("#c0392b", "#2166ac", "#555555", "#d98c21", "#1b9e77", "#7b3294", "#999933", "#000000")


def draw(record: Record, folder: Path) -> list[Path]:
    """Draw all that a record has, and return the files."""
    written = []
    for name in dict.fromkeys(row.place.figure for row in record.rows if row.place):
        rows = [row for row in record.rows if row.place and row.place.figure == name]
        written += write(curves(name, rows), folder, name)
    for name in dict.fromkeys(row.benchmark for row in record.rows if not row.place):
        rows = [
            row for row in record.rows if row.benchmark == name and not row.place and row.ratios
        ]
        written += write(bars(name, rows), folder, name)
    return written


def write(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure in both forms, named for what it shows."""
    stem = re.sub(r"\W+", "_", name)
    paths = [folder / f"{stem}.{ending}" for ending in ("png", "svg")]
    for path in paths:
        figure.savefig(path)
    return paths


def new_figure(width: float, height: float) -> Any:
    """An empty figure, in inches."""
    return need("matplotlib.figure", "--out").Figure((width, height), dpi=120, layout="constrained")


def colours(rows: Iterable[Row]) -> dict[str, str]:
    """A colour for each who is in some row."""
    names = dict.fromkeys(name for row in rows for name in row.values)
    return {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}


def curves(name: str, rows: list[Row]) -> Figure:
    """Times against sizes, both as logarithms; a panel for each of what was done.

    A thin line is one op; the thick one is the geometric mean of those of its colour.
    """
    panels = dict.fromkeys(row.place.panel for row in rows if row.place)
    across, down = min(3, len(panels)), -(-len(panels) // 3)
    figure = new_figure(4.6 * across, 0.4 + 4 * down)
    fields = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    for axes in fields[len(panels) :]:
        axes.remove()
    for axes, panel in zip(fields, panels, strict=False):
        of_panel = [row for row in rows if row.place and row.place.panel == panel]
        for who, colour in colours(rows).items():
            draw_lines(axes, of_panel, who, colour)
        axes.set(xscale="log", yscale="log", xlabel=panel, ylabel="seconds")
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(name)
    return figure


def draw_lines(axes: Axes, rows: list[Row], who: str, colour: str) -> None:
    """The lines of one colour."""
    lines: dict[str, dict[int, float]] = {}
    for row in rows:
        if row.place and who in row.values:
            lines.setdefault(row.place.line, {})[row.place.size] = row.values[who].median
    if not lines:
        return
    if len(lines) > 1:
        for line in lines.values():
            axes.plot(list(line), list(line.values()), color=colour, linewidth=0.6, alpha=0.35)
    sizes = list(next(iter(lines.values())))
    mean = np.exp(np.mean([np.log([line[size] for size in sizes]) for line in lines.values()], 0))
    axes.plot(sizes, mean, color=colour, linewidth=2, marker=".", label=who)


def bars(name: str, rows: list[Row]) -> Figure:
    """Our value as a multiple of each other's, with its quartiles; left of 1 is less."""
    found = [(row, other) for row in rows for other in row.ratios]
    figure = new_figure(9, 1.2 + 0.26 * len(found))
    axes = figure.subplots()
    by_name = colours(rows)
    for height, (row, other) in enumerate(reversed(found)):
        ratio = row.ratios[other]
        axes.plot([ratio.low, ratio.high], [height, height], color=by_name[other], linewidth=4)
        axes.plot([ratio.median], [height], "o", color=by_name[other])
    axes.set_yticks(
        range(len(found)),
        [f"{row.name}, threads {row.threads}: / {other}" for row, other in reversed(found)],
        fontsize=7,
    )
    axes.axvline(1.0, color="#333333", linewidth=1)
    axes.set(xscale="log", xlabel=f"{OURS} / other: medians, and quartiles", title=name)
    axes.grid(alpha=0.3, axis="x")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
