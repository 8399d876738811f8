"""The report of ``tinygrad-edu compare`` as a page: one file, with its styles and its picture.

It needs no script: what is long unfolds by itself, and what is wide scrolls, with the keyboard too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from html import escape
from itertools import zip_longest
from pathlib import Path

import numpy as np

from ..errors import InputError, first_line
from ..files import replacing
from ..pages import breakable, eps_text, fact, fill
from .comparison import Comparison, threads, versions
from .differences import Compared, Followed
from .measure import Measured
from .plot import plot
from .text import advice, allowance, chosen, control_notes, headline, losses_text

TEMPLATE = Path(__file__).with_name("page.html")

MOST_ALIGNED = 2000  # lines among which equal ones are looked for
CONTEXT = 3  # equal lines around those that differ
MOST_ROWS = 1000
MOST_SOURCE = 3000  # lines


def write(result: Comparison, path: Path) -> None:
    """Write the page to a file, whole or not at all.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    try:
        with replacing(path) as temporary:
            temporary.write_text(page(result), encoding="utf-8")
    except OSError as error:
        raise InputError(f"--html {str(path)!r} cannot be written: {first_line(error)}") from error


def page(result: Comparison) -> str:
    """The page."""
    faults = "".join(f"<li>{escape(fault)}</li>" for fault in result.faults)
    return fill(
        TEMPLATE,
        title=escape(os.path.basename(result.script)),
        verdict=headline(result),
        verdict_class="agree" if result.passed else "differ",
        faults=f"<ul>{faults}</ul>" if faults else "",
        about="".join(fact(*pair) for pair in facts(result)),
        first=first_failed(result),
        stdout=side_by_side(result),
        stderr=stderr(result),
        tolerance=tolerance(result),
        plot=plot(result.differences.events),
        tensors=tensors(result.differences.tensors.values()),
        events="".join(events(result)),
        source=source(result),
    )


def facts(result: Comparison) -> Iterator[tuple[str, str]]:
    """What ran, and how it ended."""
    own, other = versions()
    ours, theirs, counts = result.ours, result.theirs, result.differences.counts
    yield "tinygrad_edu", f"{own}, {ours.seconds:.1f} s, exit code {ours.code}"
    yield "PyTorch", f"{other}, {theirs.seconds:.1f} s, exit code {theirs.code}"
    yield "NumPy", np.__version__
    yield "Python", sys.version.partition(" ")[0]
    yield "Seed", str(result.start.seed)
    yield "Default dtype", result.start.dtype
    yield "Threads", threads()
    yield "Compared", f"{counts['backward'] + counts['grad']} passes, {counts['step']} steps"


def tolerance(result: Comparison) -> str:
    """What an eps is, and what is allowed."""
    notes = [*result.differences.notes.values(), *control_notes(result)]
    text = "".join(f" <b>{sentence(note)}</b>" for note in notes)
    return (
        "An eps is the distance from 1 to the next number of the dtype, here times the largest "
        "magnitude in PyTorch's tensor. The two runs are free: nothing is copied from one to the "
        "other, so what they are apart adds up from step to step. A slow growth is rounding; a "
        "jump is a difference in what is computed. Dashed lines show what is allowed: "
        f"{escape(allowance(result)).removeprefix('allowed is ')}." + text
    )


def sentence(text: str) -> str:
    """Some words as a sentence."""
    return f"{escape(text[0].upper() + text[1:])}."


def first_failed(result: Comparison) -> str:
    """The first tensor that is out of tolerance, if there is one."""
    event = result.differences.first_failed
    if event is None or event.failed is None:
        return ""
    m = event.failed
    place = f" in line {event.line}" if event.line else ""
    hint = advice(result)
    hint = f" {sentence(hint)}" if hint else ""
    return (
        f"<h2>First out of tolerance</h2><p><code>{breakable(m.label)}</code>, of shape "
        f"{escape(str(m.shape))}, at {event.title}{place}: {measured(m)}, {m.allowed:.3g} eps "
        f"allowed. {escape(m.remark)}.{hint}</p>"
    )


def measured(m: Measured) -> str:
    """A difference in eps; if it is too large, marked."""
    text = "unlike" if m.eps == float("inf") else f"{eps_text(m.eps)}"
    return text if m.passed else f'<span class="out">{text}</span>'


# What was printed ---------------------------------------------------------------------------------


def side_by_side(result: Comparison) -> str:
    """Both texts in two columns, equal lines beside each other."""
    ours, theirs = result.ours.stdout.splitlines(), result.theirs.stdout.splitlines()
    if result.stdout is None:
        lines = f"{len(ours):,} line{'s' * (len(ours) != 1)}"
        text = escape("\n".join(ours[:MOST_ROWS])) or "(nothing)"
        return (
            f"<details><summary>The same on both sides, {lines}</summary>"
            f'<pre tabindex="0">{text}</pre></details>'
        )
    rows = list(pairs(ours, theirs))
    cells = "".join(rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        cells += f'<span class="gap">and {len(rows) - MOST_ROWS:,} lines more</span>'
    return (
        f"<p>They differ from line {result.stdout.number} on.</p>"
        '<div class="pair code" role="group" aria-label="what both sides printed" tabindex="0">'
        '<span class="top"></span><span class="top">tinygrad_edu</span>'
        f'<span class="top"></span><span class="top">PyTorch</span>{cells}</div>'
    )


def pairs(ours: list[str], theirs: list[str]) -> Iterator[str]:
    """The rows; of a long run of equal lines only its ends."""
    if len(ours) + len(theirs) <= MOST_ALIGNED:
        blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
    else:
        blocks = [("replace", 0, len(ours), 0, len(theirs))]
    for kind, i, i_end, j, j_end in blocks:
        rows = list(zip_longest(range(i, i_end), range(j, j_end)))
        for place, (mine, other) in enumerate(rows):
            if kind == "equal" and CONTEXT <= place < len(rows) - CONTEXT:
                if place == CONTEXT:
                    yield f'<span class="gap">{len(rows) - 2 * CONTEXT:,} equal lines</span>'
                continue
            a, b = ("" if n is None else text[n] for n, text in ((mine, ours), (other, theirs)))
            yield cell(mine, a, b, "mine", "tinygrad_edu") + cell(other, b, a, "other", "PyTorch")


def cell(number: int | None, text: str, beside: str, column: str, side: str) -> str:
    """A line of one side; what is not in the line beside it is marked."""
    if number is not None and text == beside:
        return (
            f'<span class="n {column} same">{number + 1}</span>'
            f'<span class="{column} same">{escape(text)}</span>'
        )
    shown = "" if number is None else number + 1
    return (
        f'<span class="n lit {column}">{shown}</span>'
        f'<span class="lit side {column}" data-side="{side}">{marked(text, beside)}</span>'
    )


def marked(text: str, beside: str) -> str:
    """A line, with what is between the equal beginning and the equal end of two lines marked."""
    start = common(text, beside)
    end = common(text[start:][::-1], beside[start:][::-1])
    middle = text[start : len(text) - end]
    mark = f"<mark>{escape(middle)}</mark>" if middle else ""
    return f"{escape(text[:start])}{mark}{escape(text[len(text) - end :])}"


def common(text: str, other: str) -> int:
    """With how many equal characters two texts begin."""
    pairs = enumerate(zip(text, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(text), len(other)))


def stderr(result: Comparison) -> str:
    """What each side wrote to stderr."""
    return "".join(
        f"<details><summary>stderr of {side.name}</summary>"
        f'<pre tabindex="0">{escape(side.stderr)}</pre></details>'
        for side in (result.ours, result.theirs)
        if side.stderr.strip()
    )


# Tables -------------------------------------------------------------------------------------------


def table(heads: Iterable[str], rows: Iterable[str], label: str) -> str:
    """A table that scrolls where it is too wide; a head in brackets has numbers under it."""
    cells = "".join(
        f'<th scope="col" class="r">{head[1:-1]}</th>'
        if head.startswith("[")
        else f'<th scope="col">{head}</th>'
        for head in heads
    )
    return (
        f'<div class="scroll" role="region" aria-label="{label}" tabindex="0"><table>'
        f"<thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def tensors(found: Iterable[Followed]) -> str:
    """The table of all tensors."""
    ordered = sorted(found, key=lambda t: -t.worst.eps)
    if not ordered:
        return "<p>The script made no backward pass and no step that was seen on both sides.</p>"
    rows = (
        f'<tr><td class="name">{breakable(t.worst.name)}</td><td>{t.worst.role}</td>'
        f'<td class="short">{escape(t.worst.dtype)} {escape(str(t.worst.shape))}</td>'
        f'<td class="r">{measured(t.worst)}</td><td class="r">{t.worst.allowed:.3g}</td>'
        f'<td class="short">{t.at.title}</td><td class="r">{t.events:,}</td>'
        f'<td class="short">{"" if t.first_failed is None else t.first_failed.title}</td>'
        f'<td class="name">{escape(t.worst.remark)}</td></tr>'
        for t in ordered[:MOST_ROWS]
    )
    heads = ("tensor", "as", "kind", "[worst eps]", "[allowed]", "at", "[seen]", "out of tolerance",
             "the element that is farthest apart")  # fmt: skip
    return table(heads, rows, "tensors")


def events(result: Comparison) -> Iterator[str]:
    """The tables of the passes and of the steps, folded."""
    of_kind = {
        "Backward passes": [e for e in result.differences.events if e.kind != "step"],
        "Steps of the optimizers": [e for e in result.differences.events if e.kind == "step"],
    }
    for title, found in of_kind.items():
        if found:
            body = table(
                ("call", "[line]", "[loss]", "[PyTorch's]", "[eps]", "worst tensor", "[eps]")
                if found[0].kind != "step"
                else ("call", "[line]", "optimizer", "worst tensor", "[eps]"),
                map(row, chosen(found, MOST_ROWS // 2)),
                title,
            )
            yield f"<details><summary>{title} ({len(found):,})</summary>{body}</details>"


def row(event: Compared | None) -> str:
    """A row of a table of events; None stands for some that are left out."""
    if event is None:
        return '<tr><td colspan="7">...</td></tr>'
    cells = [event.title, f'<td class="r">{event.line or ""}</td>']
    if event.kind == "step":
        cells.append(f"<td>{escape(event.what)}</td>")
        worst = event.worst.get("parameter")
    else:
        cells += [f'<td class="r">{text}</td>' for text in losses_text(event)]
        loss, worst = event.worst.get("loss"), event.worst.get("gradient")
        cells.append(f'<td class="r">{"" if loss is None else measured(loss)}</td>')
    name, eps = ("", "") if worst is None else (breakable(worst.name), measured(worst))
    return (
        f'<tr><td class="short">{cells[0]}</td>{"".join(cells[1:])}'
        f'<td class="name">{name}</td><td class="r">{eps}</td></tr>'
    )


# The script ---------------------------------------------------------------------------------------


def source(result: Comparison) -> str:
    """The script with numbered lines, and what was called in which."""
    calls: dict[int, list[Compared]] = {}
    for event in result.differences.events:
        calls.setdefault(event.line, []).append(event)
    lines = result.source.splitlines()
    rows = "".join(
        source_line(number, text, calls.get(number, []))
        for number, text in enumerate(lines[:MOST_SOURCE], 1)
    )
    label = 'role="group" aria-label="the script" tabindex="0"'
    return f'<div class="source code" {label}>{rows}</div>'


def source_line(number: int, text: str, calls: list[Compared]) -> str:
    """A line, and what was called there."""
    remarks, lit = [], ""
    for kind in dict.fromkeys(event.kind for event in calls):
        found = [event for event in calls if event.kind == kind]
        worst = max((m for e in found for m in e.worst.values()), key=lambda m: m.eps, default=None)
        name = {"grad": "autograd.grad"}.get(kind, kind)
        remark = f"{name} \u00d7 {len(found):,}"
        if worst is not None:
            remark += f", worst {measured(worst)} eps"
        failed = next((e for e in found if e.failed is not None), None)
        if failed is not None:
            remark += f", out of tolerance from {failed.title} on"
            lit = " lit"
        remarks.append(remark)
    return (
        f'<span class="n{lit}">{number}</span><span class="{lit.strip()}">{escape(text) or " "}'
        f'</span><span class="call{lit}">{"; ".join(remarks)}</span>'
    )
