"""What came out of a comparison with PyTorch, in words and as a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from .beside_numbers import CANCELLED, SUMMARISED, Gap
from .beside_walk import NOISE, BesideRow

#: What a row of each kind compares.
WHAT = {
    "forward": "{}",
    "seed": "d {}, given",
    "derivative": "d {}, a part",
    "broadcast": "d {}, a part, summed",
    "accumulate": "d {}, complete",
    "grad": "{}.grad",
    "update": "{}, updated",
}


def in_a_sentence(head: str, rows: list[BesideRow]) -> str:
    """How many of the rows agree, and which are farthest apart."""
    compared = [row for row in rows if not math.isnan(row.difference)]
    same = sum(row.difference == 0.0 for row in compared)
    outside = [row for row in compared if not row.within]
    inside = [row for row in compared if row.within and row.difference > 0.0]
    noise = [row for row in inside if NOISE in row.remark or CANCELLED in row.remark]
    near = [row for row in inside if row not in noise]
    parts = [f"{same} of {len(compared)} tensors have equal elements"]
    if near:
        worst = max(near, key=lambda row: row.eps)
        parts.append(f"{len(near)} are at most {worst.eps:.3g} eps apart ({in_words(worst)})")
    if noise:
        parts.append(f"{len(noise)} are farther apart, but come from what is 0 but for rounding")
    if outside:
        first = outside[0]
        parts.append(
            f"{len(outside)} are farther apart than rounding explains, the first in "
            f"{in_words(first)}: {first.remark}"
        )
    if len(compared) < len(rows):
        parts.append(f"{len(rows) - len(compared)} have nothing to be compared with")
    return f"{head}: {'; '.join(parts)}."


def in_words(row: BesideRow) -> str:
    """Which row it is."""
    return f"event {row.event}, {what(row)}"


def what(row: BesideRow) -> str:
    """What a row compares."""
    return WHAT[row.kind].format(row.name)


def step_names(steps: tuple[int, int]) -> str:
    """Some steps, in words."""
    first, last = steps
    return f"Step {first}" if last == first + 1 else f"Steps {first} to {last - 1}"


def before_the_first(starts: Iterable[tuple[str, Gap]], steps: tuple[int, int]) -> Iterator[str]:
    """What is to be said of leaves that differed already when they were first used."""
    unlike = [(name, gap) for name, gap in starts if gap.difference > 0.0]
    if unlike:
        name, worst = max(unlike, key=lambda item: item[1].eps)
        why = "the rounding of the steps before" if steps[0] else "what went before"
        yield (
            f"{len(unlike)} leaves differed already when step {steps[0]} began, by {why}: "
            f"{name or 'one without a name'} by {worst.eps:.3g} eps"
        )
    if steps[1] > steps[0] + 1 or steps[0]:
        yield "both sides run freely: what differs in a step is carried into the next one"


def cells(rows: list[BesideRow]) -> list[list[str]]:
    """The cells of the table."""
    table = [["event", "", "node", "shape", "difference", "eps", ""]]
    step = rows[0].step if rows else 0
    for row in rows:
        if row.step != step:
            step = row.step
            table.append([f"step {step}"])
        table.append(
            [
                str(row.event),
                what(row),
                node_of(row),
                "x".join(map(str, row.shape)) or "()",
                *numbers_of(row),
                row.remark if not row.within or math.isnan(row.difference) else "",
            ]
        )
    return table


def node_of(row: BesideRow) -> str:
    """The node of a row, and PyTorch's if that has another name."""
    ours = row.ours.removeprefix("torch::autograd::")
    theirs = row.theirs.removeprefix("torch::autograd::")
    return ours if ours == theirs else f"{ours} / {theirs or 'none'}"


def numbers_of(row: BesideRow) -> tuple[str, str]:
    """The difference of a row, and the same in eps."""
    if math.isnan(row.difference):
        return "", ""
    if row.difference == 0.0:
        return "0", "0"
    about, mark = "~" * (SUMMARISED in row.remark), "" if row.within else " !"
    return f"{about}{row.difference:.2g}", f"{about}{row.eps:.3g}{mark}"
