"""A backward pass of a trace and the same one in PyTorch, walked together from the loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...tracing.events import Event
from .beside_events import Events, after, output_of
from .beside_record import Edge, Held, Record, TorchPass
from .beside_ways import Further, Way, Ways


class Pair(NamedTuple):
    """An output of an event, and what PyTorch has in its place.

    Attributes
    ----------
    event : Event
    output : str
    ours, theirs : str
        The nodes; `theirs` is "" if there is none.
    held : Held or None
        None if it is not known.
    terms : float
        The magnitude of what is added up in it, see `measure`.
    """

    event: Event
    output: str
    ours: str
    theirs: str
    held: Held | None
    terms: float


class Pass:
    """A backward pass on both sides.

    Parameters
    ----------
    events : Events
    seeds : list of Event
        With which the pass began here.
    record : Record
    other : TorchPass

    Attributes
    ----------
    leaves : dict of int to int
        Of the values of leaves, which of PyTorch's leaves they are.
    notes : list of str
        What could not be aligned, in words.
    """

    def __init__(
        self, events: Events, seeds: list[Event], record: Record, other: TorchPass
    ) -> None:
        self.events, self.values, self.seeds = events, events.trace.values, seeds
        self.record, self.nodes, self.other = record, record.nodes, other
        self.begun = seeds[-1].index
        self.terms = max(
            (held.largest for visit in other.visits.values() for held in visit.leaving.values()),
            default=0.0,
        )
        self.ways = Ways(events, self.begun, record, other)
        self.visit = self.ways.visit
        self.leaves: dict[int, int] = {}
        self.notes: list[str] = []

    def pairs(self) -> Iterator[Pair]:
        """Walk the graph; yield what is to be compared, some of it perhaps twice."""
        if len(self.seeds) != len(self.other.roots):
            self.notes.append(
                f"a pass begins at {len(self.seeds)} tensors here and at {len(self.other.roots)} "
                "in PyTorch"
            )
        seen, waiting = set[tuple[int, Way]](), list[tuple[int, Way]]()
        for seed, root in zip(self.seeds, self.other.roots, strict=False):
            if seed.about is not None:
                arriving = self.visit(root).arriving.get(root[1])
                yield self.pair(seed, "grad", root, arriving, self.events.node(seed.about))
                waiting.append((seed.about, (root,)))
        for value, way in waiting:  # which grows
            if (value, way) in seen:
                continue
            seen.add((value, way))
            yield from self.about(value, way)
            for further in self.ways.behind(value, way[-1]):
                yield self.derivative(further, self.nodes[way[-1][0]].name)
                if further.event.about is not None and further.way:
                    waiting.append((further.event.about, further.way))

    def about(self, value: int, way: Way) -> Iterator[Pair]:
        """A value, and its complete gradient."""
        maker, shape = self.events.maker(value), self.values[value].shape
        ours, visit = self.events.node(value), self.visit(way[-1])
        if maker is not None:
            output = next(name for name, made in maker.outputs.items() if made == value)
            held = fitting(shape, [self.nodes[node].outputs.get(nr) for node, nr in way[::-1]])
            yield self.pair(maker, output, way[-1], held, ours)
        arrived = self.events.complete(value, self.begun)
        held = fitting(shape, [self.visit(edge).arriving.get(edge[1]) for edge in way[::-1]])
        if arrived is not None and held is not None:
            yield self.pair(arrived, "after", way[-1], held, ours)
        if maker is None:
            place = self.nodes[way[-1][0]].leaf
            if place >= 0 and self.ways.has_shape(place, self.values[value]):
                self.leaves[value] = place
            event = after(self.events.grads[value], self.begun)
            if event is not None and "grad" in event.outputs and visit.grad is not None:
                yield self.pair(event, "grad", way[-1], visit.grad, ours)

    def derivative(self, further: Further, theirs: str) -> Pair:
        """A derivative; or, where PyTorch's has the shape of the argument already, its sum."""
        event, way, gradients = further
        output, title = output_of(event), event.title
        shape, summed = self.values[event.outputs[output]].shape, self.events.broadcast(event)
        if summed is not None and all(held.shape != shape for held in gradients):
            event, output = summed, "sum"
            shape = self.values[event.outputs[output]].shape
        held = fitting(shape, gradients[::-1])
        return Pair(event, output, title, theirs if way or gradients else "", held, self.terms)

    def pair(self, event: Event, output: str, edge: Edge, held: Held | None, ours: str) -> Pair:
        """A pair, at a node."""
        terms = 0.0 if event.kind == "forward" and edge not in self.other.roots else self.terms
        return Pair(event, output, ours, self.nodes[edge[0]].name, held, terms)


def fitting(shape: tuple[int, ...], tensors: Sequence[Held | None]) -> Held | None:
    """The first of some tensors, if that is known; or, if it is of another shape, the next one that
    has this shape."""
    first = tensors[0] if tensors else None
    if first is None or first.shape == shape:
        return first
    return next((held for held in tensors if held is not None and held.shape == shape), first)
