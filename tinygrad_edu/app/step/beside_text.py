"""What came out of a comparison with PyTorch, in words.

The words are those that the trace's page has for its events.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ...tracing.words import counted
from .beside_numbers import CANCELLED, Gap
from .beside_rows import NOISE, NOT_KNOWN, BesideRow

#: What the page calls events of each kind.
WORDS = {
    "forward": "forward",
    "seed": "backward begins",
    "derivative": "derivative",
    "broadcast": "broadcast sum",
    "accumulate": "ledger",
    "grad": ".grad",
    "update": "optimizer",
}


def in_a_sentence(head: str, rows: list[BesideRow]) -> str:
    """How many of the rows agree, and which are farthest apart."""
    compared = [row for row in rows if not math.isnan(row.difference)]
    if not compared:
        return f"{head}: {without(rows)}."
    same = sum(row.difference == 0.0 for row in compared)
    outside = [row for row in compared if not row.within]
    inside = [row for row in compared if row.within and row.difference > 0.0]
    noise = [row for row in inside if NOISE in row.remark or CANCELLED in row.remark]
    near = [row for row in inside if row not in noise]
    parts = [f"{same} of {counted(len(compared), 'tensor')} {has(same)} equal elements"]
    if near:
        worst = max(near, key=lambda row: row.eps)
        parts.append(
            f"{len(near)} {are(len(near))} at most {worst.eps:.3g} eps apart ({in_words(worst)})"
        )
    if noise:
        come = "comes" if len(noise) == 1 else "come"
        parts.append(
            f"{len(noise)} {are(len(noise))} farther apart, but {come} from what is 0 but for "
            "rounding"
        )
    if outside:
        first = outside[0]
        which = "in" if len(outside) == 1 else "the first in"
        parts.append(
            f"{len(outside)} {are(len(outside))} farther apart than rounding explains, {which} "
            f"{in_words(first)}: {first.remark}"
        )
    if len(compared) < len(rows):
        parts.append(without(row for row in rows if math.isnan(row.difference)))
    return f"{head}: {'; '.join(parts)}."


def without(rows: Iterable[BesideRow]) -> str:
    """How many rows have nothing to be compared with, and why."""
    reasons = Counter(NOT_KNOWN if NOT_KNOWN in row.remark else row.remark for row in rows)
    count = reasons.total()
    head = f"{count} {has(count)} nothing to be compared with"
    if len(reasons) == 1:
        return f"{head}, as {next(iter(reasons))}"
    return f"{head} ({', '.join(f'{n} as {reason}' for reason, n in reasons.items())})"


def are(count: int) -> str:
    """The verb for so many."""
    return "is" if count == 1 else "are"


def has(count: int) -> str:
    """The same."""
    return "has" if count == 1 else "have"


def in_words(row: BesideRow) -> str:
    """Which row it is."""
    return f"event {row.event}, {WORDS[row.kind]}: {row.name}"


def step_names(steps: tuple[int, int]) -> str:
    """Some steps, in words."""
    first, last = steps
    return f"Step {first}" if last == first + 1 else f"Steps {first} to {last - 1}"


class Begun(NamedTuple):
    """A leaf that was not equal on both sides when it was first used.

    Attributes
    ----------
    name : str
    gap : Gap
    noise : bool
        Whether its gradient is 0 but for rounding where it differs by more than rounding explains.
    """

    name: str
    gap: Gap
    noise: bool


def before_the_first(unlike: Sequence[Begun], steps: tuple[int, int]) -> Iterator[str]:
    """What is to be said of leaves that were not equal when they were first used."""
    if unlike:
        worst = max(unlike, key=lambda leaf: (not leaf.gap.within and not leaf.noise, leaf.gap.eps))
        leaves = "1 leaf was" if len(unlike) == 1 else f"{len(unlike)} leaves were"
        rounding = all(leaf.gap.within or leaf.noise for leaf in unlike)
        why = "the rounding of the steps before" if steps[0] and rounding else "what went before"
        yield (
            f"{leaves} not equal when first used, by {why}: {worst.name or 'one without a name'} "
            f"by {worst.gap.eps:.3g} eps{f' ({NOISE})' if worst.noise else ''}"
        )
    if steps[1] > steps[0] + 1 or steps[0]:
        yield "both sides run freely: what differs in a step is carried into the next one"


def passed_over(nodes: Sequence[str], side: str) -> Iterator[str]:
    """Which nodes were passed over, as only one side has them."""
    if nodes:
        each = Counter(node.removeprefix("torch::autograd::") for node in nodes)
        names = ", ".join(f"{count} {name}" for name, count in each.items())
        yield f"passed over, as only {side} has {'it' if len(nodes) == 1 else 'them'}: {names}"
