"""What came out of a comparison with PyTorch, in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from .beside_numbers import CANCELLED, Gap
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
