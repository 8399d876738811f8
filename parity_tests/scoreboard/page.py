"""The scoreboard as a page: one file with its styles, and a script that only sorts and filters.

`page` fills in ``page.html``, beside this file. A row of the grid is a ``<details>`` element, which
unfolds without a script, and with the keyboard.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from tinygrad_edu.app.pages import breakable, eps_text, fact, fill

TEMPLATE = Path(__file__).with_name("page.html")

LAYOUTS = ("contiguous", "transposed", "sliced", "expanded", "several")
FLOATS = ("float64", "float32", "float16")
KINDS = ("forward", "gradient", "second order")

#: A cell is of the first of these colours whose number of eps is not exceeded; "s5" beyond them.
STEPS = ((0.0, "s0"), (0.5, "s1"), (2.0, "s2"), (8.0, "s3"), (16.0, "s4"))

Entry = dict[str, Any]  # one of the scores, as in the JSON file


class Column(NamedTuple):
    """A column of the grid: which scores are in it."""

    dtype: str
    kind: str

    def has(self, entry: Entry) -> bool:
        """Whether a score stands in this column."""
        if self.kind == "error" or entry["kind"] == "error":
            return entry["kind"] == self.kind
        if self.dtype == "other":
            return entry["dtype"] not in FLOATS
        return (entry["dtype"], entry["kind"]) == self


ALL = tuple(Column(dtype, kind) for dtype in FLOATS for kind in KINDS)
OTHERS = (Column("other", "dtypes"), Column("errors", "error"))


class Total(NamedTuple):
    """Several scores as one."""

    passed: int
    deviating: int
    failed: int
    worst: float | None

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Total:
        """Their sums, and the largest error."""
        entries = list(entries)
        return cls(
            *(sum(e[name] for e in entries) for name in ("passed", "deviating", "failed")),
            max((e["worst_eps"] for e in entries if e["worst_eps"] is not None), default=None),
        )

    @property
    def colour(self) -> str:
        """The class of a cell."""
        if self.failed:
            return "bad"
        worst = self.worst or 0.0
        return next((name for most, name in STEPS if worst <= most), "s5")

    @property
    def text(self) -> str:
        """What stands in a cell: the largest error, with marks for what did not pass."""
        mark = "\u2717" if self.failed else "\u2260" if self.deviating else ""
        if self.worst is None:
            return mark or "\u2713"
        return f"{mark}\u2009{eps_text(self.worst)}" if mark else eps_text(self.worst)

    @property
    def sentence(self) -> str:
        """All of it, in words."""
        words = f"{self.passed:,} passed"
        if self.deviating:
            words += f", {self.deviating:,} not passed for a reason that is written down"
        if self.failed:
            words += f", {self.failed:,} failed"
        if self.worst is not None:
            words += f"; worst error {eps_text(self.worst)} eps"
        return words


def page(results: dict[str, Any]) -> str:
    """The page of what stands in the JSON file."""
    by_op: dict[str, list[Entry]] = {}
    for entry in results["scores"]:
        by_op.setdefault(entry["op"], []).append(entry)
    columns = [c for c in ALL if any(map(c.has, results["scores"]))] + list(OTHERS)
    about = results["about"]
    return fill(
        TEMPLATE,
        **{name: escape(about[name]) for name in ("version", "pytorch")},
        device="CPU" if about["device"] == "cpu" else "GPU",
        allowed=escape(about["allowed_eps"]),
        about="".join(fact(*pair) for pair in facts(results)),
        failures=failures(results),
        legend=legend(),
        columns=len(columns),
        head="".join(f"<span><b>{c.dtype}</b>{heading(c)}</span>" for c in columns),
        rows="\n".join(row(op, by_op[op], columns) for op in sorted(by_op)),
        shown=f"{len(by_op):,} of {len(by_op):,} rows",
    )


def heading(column: Column) -> str:
    """The second line over a column."""
    return "raised alike" if column.kind == "error" else column.kind


def facts(results: dict[str, Any]) -> list[tuple[str, str]]:
    """What the run was."""
    about, totals = results["about"], results["totals"]
    whole = Total.of(results["scores"])
    return [
        ("Date", about["date"]),
        ("Took", f"{about['seconds']} s"),
        ("PyTorch", f"{about['pytorch']}, on {about['device']}"),
        ("NumPy", about["numpy"]),
        ("Python", f"{about['python']} ({about['machine']})"),
        ("Options", about["options"]),
        ("Cases", f"{totals['cases']:,}"),
        ("Comparisons", f"{whole.passed + whole.deviating + whole.failed:,}"),
        ("Not passed, with a reason", f"{whole.deviating:,}"),
        ("Failed", f"{whole.failed:,}"),
        ("Left out by rule", f"{totals['left_out']:,}"),
        ("Tests passed / failed", f"{totals['tests_passed']:,} / {len(results['failed_tests']):,}"),
    ]


def failures(results: dict[str, Any]) -> str:
    """What failed, if anything did: tests, with the command that runs them again, and cases; and
    that there is less here than was run, if it is so."""
    commands = [f"python -m pytest -n 0 {shlex.quote(test)}" for test in results["failed_tests"]]
    commands += [e["replay_failure"] for e in results["scores"] if e["replay_failure"]]
    lines = [f"<li><code>{escape(command)}</code></li>" for command in dict.fromkeys(commands)]
    if results["crashed_processes"]:
        lines.append(
            f"<li>{results['crashed_processes']} process(es) crashed: what they compared is missing"
            "</li>"
        )
    if not lines:
        return ""
    return f'<h2>What failed</h2><div class="warning"><ul>{"".join(lines)}</ul></div>'


def legend() -> str:
    """What the colours and marks say."""
    names = ["equal", *(f"up to {most:g} eps" for most, _ in STEPS[1:]), "more"]
    samples = ["0", "0.3", "1.2", "5", "12", "27"]
    colours = [*(name for _, name in STEPS), "s5"]
    items = [*zip(colours, samples, names, strict=True)]
    items += [
        ("s0", "\u2713", "equal, nothing rounded"),
        ("bad", "\u2717\u200940", "failed"),
    ]
    items += [("s1", "\u2260\u20090.3", "some not passed, for a reason that is written down")]
    return "".join(
        f'<li><span class="cell {colour}">{sample}</span>{name}</li>'
        for colour, sample, name in items
    )


def row(op: str, entries: list[Entry], columns: list[Column]) -> str:
    """A row of the grid, and what it unfolds to."""
    total = Total.of(entries)
    cells = "".join(cell(column, [*filter(column.has, entries)]) for column in columns)
    return (
        f'<details class="op" data-name="{escape(op)}" data-worst="{total.worst or 0:.6g}" '
        f'data-failed="{total.failed}" data-deviating="{total.deviating}">'
        f'<summary class="row"><span class="name">{breakable(op)}</span>{cells}</summary>'
        f'<div class="more">{details(entries, total)}</div></details>'
    )


def cell(column: Column, entries: list[Entry]) -> str:
    """One cell, with a bar for each layout."""
    if not entries:
        return '<span class="cell none">\u00b7</span>'
    total = Total.of(entries)
    bars = ""
    for layout in LAYOUTS:
        chosen = [e for e in entries if e["layout"] == layout]
        if chosen:
            part = Total.of(chosen)
            bars += f'<i class="{part.colour}" title="{layout}: {part.sentence}"></i>'
    label = heading(column) if column.kind == "error" else f"{column.dtype} {column.kind}"
    return (
        f'<span class="cell {total.colour}" data-label="{label}" title="{label}: {total.sentence}">'
        f'<span class="hidden">{label}: </span>{total.text}<span class="strip">{bars}</span></span>'
    )


def details(entries: list[Entry], total: Total) -> str:
    """All scores of an op as a table, and how to replay the worst."""
    names = ("dtype", "layout", "kind", "worst eps", "failed", "not passed", "passed")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    order = sorted(
        entries, key=lambda e: (e["dtype"], LAYOUTS.index(e["layout"]), e["kind"] == "error")
    )
    rows = "".join(
        f"<tr><td>{e['dtype']}</td><td>{e['layout']}</td><td>{e['kind']}</td>"
        f"<td>{eps_text(e['worst_eps'])}</td><td>{e['failed']:,}</td>"
        f"<td>{e['deviating']:,}</td><td>{e['passed']:,}</td></tr>"
        for e in order
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    failing = next((e["replay_failure"] for e in order if e["replay_failure"]), "")
    worst = max(entries, key=lambda e: -1.0 if e["worst_eps"] is None else e["worst_eps"])
    if failing and failing != worst["replay"]:
        table += f"<p>A case that failed, again:</p><pre>{escape(failing)}</pre>"
    if worst["replay"]:
        table += (
            f"<p>The case with the largest error, {eps_text(worst['worst_eps'])} eps "
            f"({worst['dtype']}, {worst['layout']}, {worst['kind']}), again:</p>"
            f"<pre>{escape(worst['replay'])}</pre>"
        )
    return table
