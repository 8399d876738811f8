"""A trace and PyTorch's record of the same steps, walked together, and what comes of it in rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...tracing import Trace
from ...tracing.events import Event, Value
from .beside_drift import drifted, excuse
from .beside_events import Events
from .beside_numbers import Gap, gap_of, gap_of_arrays, noise_in, nothing
from .beside_pass import Pair, Pass
from .beside_record import Held, Record, TorchPass
from .beside_rows import NO_NODE, NOISE, NOT_KNOWN, BesideRow


class Walk:
    """Walks, and makes the rows.

    Parameters
    ----------
    trace : Trace
    record : Record
    steps : tuple of int
        The first, and the one before which it ends.

    Attributes
    ----------
    rows : list of BesideRow
        By their events.
    notes : list of str
        What could not be aligned, in words.
    leaves : dict of int to int
        Of the values of leaves, which of PyTorch's leaves they are.
    drifted : dict of int to str
        The values of leaves that differ only where anything may, and their names: see `drifted`.
    passed_here, passed_there : set of int
        What was passed over, see `Ways`.
    """

    def __init__(self, trace: Trace, record: Record, steps: tuple[int, int]) -> None:
        self.trace, self.record, self.events = trace, record, Events(trace)
        self.found: dict[tuple[int, int], BesideRow] = {}
        self.notes: list[str] = []
        self.leaves: dict[int, int] = {}
        self.drifted: dict[int, str] = {}
        self.passed_here, self.passed_there = set[int](), set[int]()
        self.noise: dict[int, np.ndarray[Any, Any] | None] = {}  # by leaves, where it is all
        in_step = True  # whether both sides have taken as many passes in all steps until now
        for step in range(*steps):
            ours = self.events.passes[step]
            theirs = [p for p in record.passes if p.step == step]
            in_step = in_step and len(ours) == len(theirs)
            both = [*zip(ours, theirs, strict=True)] if in_step else self.alike_ones(ours, theirs)
            if len(ours) != len(theirs):
                self.note(unequal(step, len(ours), len(theirs), len(both)))
            leaves: dict[int, int] = {}
            for seeds, other in both:
                walked = Pass(self.events, seeds, record, other)
                for pair in walked.pairs():
                    self.add_pair(pair)
                leaves |= walked.leaves
                self.passed_here |= walked.ways.passed_here
                self.passed_there |= walked.ways.passed_there
                for note in walked.notes:
                    self.note(note)
            self.leaves |= leaves
            drift = drifted(trace, record, step, leaves, self.noise)
            self.drifted |= drift
            excuse(trace, step, drift, self.found)
            if in_step:
                self.updates(step)
        if self.events.checking:
            self.note(
                "left out are the backward passes of gradcheck, which makes others in PyTorch"
            )
        self.rows = [self.found[key] for key in sorted(self.found)]

    def alike_ones(
        self, ours: list[list[Event]], theirs: list[TorchPass]
    ) -> list[tuple[list[Event], TorchPass]]:
        """The passes that begin at equal values on both sides, where these have not taken the same
        ones."""
        found, rest = [], theirs
        for seeds in ours:
            place = next((i for i, other in enumerate(rest) if self.alike(seeds, other)), None)
            if place is not None:
                found.append((seeds, rest[place]))
                rest = rest[place + 1 :]
        return found

    def alike(self, seeds: list[Event], other: TorchPass) -> bool:
        """Whether two passes begin at nodes of the same names and at equal values, but for
        rounding."""
        ours = [seed.about for seed in seeds if seed.about is not None]
        if len(ours) != len(other.roots):
            return False
        for value, (place, number) in zip(ours, other.roots, strict=True):
            node = self.record.nodes[place]
            held = node.outputs.get(number, self.record.starts.get(node.leaf))
            if node.name != self.events.node(value) or held is None:
                return False
            if not gap_of(self.trace.values[value], held, 0.0).within:
                return False
        return True

    def note(self, text: str) -> None:
        """Say something, once."""
        if text not in self.notes:
            self.notes.append(text)

    def add(
        self, event: Event, number: int, nodes: tuple[str, str], about: Value,
        shape: tuple[int, ...], gap: Gap,
    ) -> None:  # fmt: skip
        """Add a row about one of several things of an event, unless there is one already."""
        name = self.events.label(about)
        where = event.index, event.kind, event.step
        row = BesideRow(
            *where, *nodes, name, shape, gap.difference, gap.eps, gap.within, gap.remark
        )
        self.found.setdefault((event.index, number), row)

    def add_pair(self, pair: Pair) -> None:
        """Add the row of a pair."""
        event, held = pair.event, pair.held
        value = self.trace.values[event.outputs[pair.output]]
        about = value if event.about is None else self.trace.values[event.about]
        gap = nothing(NOT_KNOWN) if held is None else gap_of(value, held, pair.terms)
        if not pair.theirs:
            gap = nothing(NO_NODE)
        elif pair.ours != pair.theirs:
            gap = gap._replace(remark=f"{pair.theirs} in PyTorch; {gap.remark}".removesuffix("; "))
        if event.kind == "grad" and event.about is not None and held is not None:
            self.noise[event.about] = noise_in(value, held, pair.terms)
        number = [*event.outputs].index(pair.output)
        self.add(event, number, (pair.ours, pair.theirs), about, value.shape, gap)

    def updates(self, step: int) -> None:
        """Compare parameters after the last lines of the optimizers that changed them."""
        theirs = {
            place: (update.optimizer, value)
            for update in self.record.updates
            if update.step == step
            for place, value in update.parameters
        }
        terms = max((value.largest for _, value in theirs.values()), default=0.0)
        last: dict[int, tuple[Event, int]] = {}
        for event in self.trace.events:
            if (event.kind, event.step) == ("update", step) and "p" in event.outputs:
                known = enumerate(event.details["values"])
                last |= {value: (event, i) for i, value in known if value is not None}
        for value, (event, number) in last.items():
            if self.leaves.get(value) in theirs:
                optimizer, other = theirs[self.leaves[value]]
                gap = self.updated(value, event, number, other, terms)
                leaf, names = self.trace.values[value], (event.title, optimizer)
                self.add(event, number, names, leaf, leaf.shape, gap)

    def updated(self, value: int, event: Event, number: int, other: Held, terms: float) -> Gap:
        """How far a parameter is from PyTorch's after an event, in whose vector it is.

        Of an element whose gradient is 0 but for rounding on both sides nothing is asked: what an
        optimizer makes of that, as Adam of its sign, may be anything.
        """
        vector = self.trace.values[event.outputs["p"]].array
        _, start, end, shape = event.details["parts"][number]
        if vector is None or other.array is None:
            return nothing("it is too large to be kept")
        ours = vector[start:end].reshape(shape)
        gap = gap_of_arrays(ours, other.array, other, terms)
        noise = self.noise.get(value)
        if gap.within or noise is None:
            return gap
        rest = gap_of_arrays(np.where(noise, other.array, ours), other.array, other, terms)
        if not rest.within:
            return gap
        return gap._replace(within=True, remark=f"{gap.remark}; {NOISE}")


def unequal(step: int, ours: int, theirs: int, both: int) -> str:
    """That a step has not as many passes on both sides."""
    passes = "backward pass" if ours == 1 else "backward passes"
    counts = f"step {step} has {ours} {passes} here and {theirs} in PyTorch"
    if not both:
        return f"{counts}, of which none begin at equal values"
    begin, are = ("begins", "is") if both == 1 else ("begin", "are")
    return f"{counts}, of which {both} {begin} at equal values, and {are} compared"
