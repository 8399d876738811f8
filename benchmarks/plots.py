"""Plots of a record, each as PNG and SVG: times against sizes, and ratios of everything else.

Matplotlib's figures are written without a display and without its global state. At the foot of each
stands where its numbers come from.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_edu.app.extras import need

from .record import Record, Row, Target
from .workers import OURS, TORCH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours that stay apart for colour-blind readers, and markers for where they do not.
COLOURS = (
    *("#c0392b", "#2166ac", "#555555", "#d98c21", "#1b9e77"),
    *("#7b3294", "#999933", "#000000", "#66ccee", "#ee6677"),
)
MARKERS = "osD^vPX*<"  # one fewer, so that no pair comes twice before the 91st
TARGET = "target"
UNITS = {"s": "time", "B": "memory", "x": "growth"}


def draw(record: Record, folder: Path) -> list[Path]:
    """Draw all that a record has, and return the files."""
    written = []
    foot = where(record.about)
    for name in dict.fromkeys(row.place.figure for row in record.rows if row.place):
        rows = [row for row in record.rows if row.place and row.place.figure == name]
        written += write(curves(name, rows), foot, folder, name)
    for name in dict.fromkeys(row.benchmark for row in record.rows if row.ratios and not row.place):
        rows = [row for row in record.of(name) if not row.place and row.ratios]
        written += write(bars(name, rows, record.targets), foot, folder, name)
    return written


def where(about: dict[str, Any]) -> str:
    """By what command a record was made, and on what: a line each."""
    on = [about["machine"]] if "machine" in about else []
    on += [f"{name} {about[name]}" for name in ("Python", "NumPy", "PyTorch") if name in about]
    on += [f"{name}={value}" for name, value in about.get("kernels", {}).items()]
    return f"{about['command']}\n{', '.join(on)}"


def write(figure: Figure, foot: str, folder: Path, name: str) -> list[Path]:
    """Write a figure in both forms, named for what it shows."""
    figure.supxlabel(foot, x=0.01, ha="left", fontsize=7, color="#555555")
    stem = re.sub(r"\W+", "_", name)
    paths = [folder / f"{stem}.{ending}" for ending in ("png", "svg")]
    for path in paths:
        figure.savefig(path)
    return paths


def new_figure(width: float, height: float) -> Any:
    """An empty figure, in inches."""
    return need("matplotlib.figure", "--out").Figure((width, height), dpi=120, layout="constrained")


def looks(rows: Iterable[Row]) -> dict[str, tuple[str, str]]:
    """A colour and a marker for each who is in some row; ours and PyTorch's are always the same."""
    names = dict.fromkeys([OURS, TORCH, *(name for row in rows for name in row.values)])
    pairs = zip(itertools.cycle(COLOURS), itertools.cycle(MARKERS), strict=False)
    return dict(zip(names, pairs, strict=False))


def threads_of(rows: list[Row]) -> str:
    """How many threads each had, in words."""
    counts = sorted({row.threads for row in rows})
    return f"{' or '.join(map(str, counts))} thread{'s' * (counts != [1])} each"


# Times against sizes ------------------------------------------------------------------------------


def curves(name: str, rows: list[Row]) -> Figure:
    """Times against sizes, both as logarithms; a panel for each of what was done.

    A thin line is one op; the thick one is the geometric mean of those of its colour. A panel is
    called by what lies on its x axis, after its title and a colon if it has one.
    """
    panels = dict.fromkeys(row.place.panel for row in rows if row.place)
    across, down = min(3, len(panels)), -(-len(panels) // 3)
    figure: Figure = new_figure(4.6 * across, 0.8 + 4 * down)
    fields = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    for axes in fields[len(panels) :]:
        axes.remove()
    for axes, panel in zip(fields, panels, strict=False):
        of_panel = [row for row in rows if row.place and row.place.panel == panel]
        for who, (colour, marker) in looks(rows).items():
            draw_lines(axes, of_panel, who, colour, marker)
        title, _, of_x = panel.rpartition(": ")
        axes.set(xscale="log", yscale="log", title=title, xlabel=of_x)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in fields[::across]:
        axes.set_ylabel("seconds")
    title = f"{name}: medians, {threads_of(rows)}"
    if len({(row.place.panel, row.place.line) for row in rows if row.place}) > len(panels):
        title += "\nthin: each op; thick: their geometric mean"
    figure.suptitle(title, fontsize=11)
    return figure


def draw_lines(axes: Axes, rows: list[Row], who: str, colour: str, marker: str) -> None:
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
    axes.plot(sizes, mean, color=colour, linewidth=2, marker=marker, markersize=5, label=who)


# Ratios -------------------------------------------------------------------------------------------


def bars(name: str, rows: list[Row], targets: list[Target]) -> Figure:
    """The first's value as a multiple of each other's, with its quartiles; left of 1 is less.

    There is a panel for each number of threads. A black tick is a target.
    """
    first = next(iter(rows[0].values))
    threads = sorted({row.threads for row in rows})
    heights = heights_of(rows)
    lowest = max(heights.values())
    figure: Figure = new_figure(5 + 3.2 * len(threads), 1.7 + 0.16 * lowest)
    fields = figure.subplots(1, len(threads), squeeze=False, sharex=True, sharey=True).ravel()
    for axes, count in zip(fields, threads, strict=True):
        of_panel = [row for row in rows if row.threads == count]
        draw_ratios(axes, of_panel, heights, looks(rows), targets)
        if first == OURS:  # what is compared otherwise has its threads in its names
            axes.set_title(threads_of(of_panel), fontsize=10)
        axes.axvline(1.0, color="#333333", linewidth=1)
        axes.set(xscale="log", xlabel="medians and quartiles; left of 1 is less")
        axes.grid(alpha=0.3, axis="x")
        axes.spines[["top", "right"]].set_visible(False)
    middles = {
        row.name: np.mean([heights[row.name, other] for other in row.ratios]) for row in rows
    }
    fields[0].set_yticks(list(middles.values()), list(middles), fontsize=7)
    fields[0].set_ylim(lowest + 1, -1)
    plain_ticks(fields[0])
    add_legend(figure, fields)
    unit = UNITS[rows[0].unit]
    figure.suptitle(f"{name}: {unit} of {first} / {unit} of the other", fontsize=11)
    return figure


def heights_of(rows: list[Row]) -> dict[tuple[str, str], float]:
    """How far down each ratio lies, by the names of its row and of the other; rows lie apart."""
    heights: dict[tuple[str, str], float] = {}
    below = 0.0
    for name in dict.fromkeys(row.name for row in rows):
        for other in dict.fromkeys(
            other for row in rows if row.name == name for other in row.ratios
        ):
            heights[name, other] = below
            below += 1
        below += 0.7
    return heights


def draw_ratios(
    axes: Axes,
    rows: list[Row],
    heights: dict[tuple[str, str], float],
    by_name: dict[str, tuple[str, str]],
    targets: list[Target],
) -> None:
    """The ratios of a panel, and the targets of these."""
    for row in rows:
        for other, ratio in row.ratios.items():
            height = heights[row.name, other]
            colour, marker = by_name[other]
            axes.plot([ratio.low, ratio.high], [height, height], color=colour, linewidth=3)
            axes.plot([ratio.median], [height], marker, color=colour, label=f"/ {other}")
            limit = limit_of(row, other, targets)
            if limit:
                axes.plot([limit], [height], "k|", markersize=12, markeredgewidth=2, label=TARGET)


def limit_of(row: Row, other: str, targets: list[Target]) -> float | None:
    """The target of a ratio, if one has the row's name in its text and measured this ratio."""
    median = row.ratios[other].median
    found = [t.limit for t in targets if row.name in t.text and t.measured == median]
    return found[0] if found else None


def add_legend(figure: Figure, fields: Iterable[Axes]) -> None:
    """One legend for all panels, beside them: who is who, and last what a target is."""
    entries = {
        label: handle
        for axes in fields
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    labels = sorted(entries, key=lambda label: label == TARGET)
    handles = [entries[label] for label in labels]
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=8)


def plain_ticks(axes: Axes) -> None:
    """Ticks of a logarithmic x axis in plain numbers, and so few that they stand apart."""
    low, high = axes.get_xlim()
    powers = np.log10(high / low)
    steps = (1, 1.5, 2, 3, 5, 7) if powers < 1 else (1, 2, 5) if powers < 2.5 else (1,)
    ticks = [step * 10.0**power for power in range(-9, 9) for step in steps]
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axes.minorticks_off()
