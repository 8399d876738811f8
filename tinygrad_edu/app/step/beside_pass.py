"""A backward pass of a trace and the same one in PyTorch, walked together from the loss.

Both libraries give the nodes of their graphs the same names, with few exceptions, and both have a
node's arguments in the same order. So it is enough to take the same edges on both sides. Where one
side has nodes more, which have a single argument, as that for a transposition, these are passed
over. And where an op is one node here and several in PyTorch, as a recurrent layer, or a product of
many matrices, its arguments are looked for behind these, by their names and shapes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ...tracing.events import Event, Value
from .beside_events import LEAF, Events, after, output_of
from .beside_record import Edge, Held, Record, TorchNode, TorchPass, Visit

#: How many nodes are passed over at a stretch.
PASSED_OVER = 4

#: How many nodes are looked at, at most, for the argument of an op that is several nodes there.
LOOKED_AT = 1000

#: Where a value is in PyTorch: its node, and before that the nodes which were passed over.
Way = tuple[Edge, ...]


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
    passed_over : int
        How many nodes one side had more.
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
        #: By edge, how many gradients are added up there.
        self.arrivals = Counter(
            further
            for place, visit in other.visits.items()
            for i, further in enumerate(self.nodes[place].edges)
            if further is not None and i in visit.leaving
        )
        self.leaves: dict[int, int] = {}
        self.notes: list[str] = []
        self.passed_over = 0

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
            for event, further, gradients in self.behind(value, way[-1]):
                theirs = self.nodes[way[-1][0]].name if further else ""
                yield self.derivative(event, theirs, gradients)
                if event.about is not None and further:
                    waiting.append((event.about, further))

    # What is compared ---------------------------------------------------------------------------

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
            if place >= 0:
                self.leaves[value] = place
            event = after(self.events.grads[value], self.begun)
            if event is not None and "grad" in event.outputs and visit.grad is not None:
                yield self.pair(event, "grad", way[-1], visit.grad, ours)

    def derivative(self, event: Event, theirs: str, gradients: Sequence[Held]) -> Pair:
        """A derivative; or, where PyTorch's has the shape of the argument already, its sum."""
        output, title = output_of(event), event.title
        shape, summed = self.values[event.outputs[output]].shape, self.events.broadcast(event)
        if summed is not None and all(held.shape != shape for held in gradients):
            event, output = summed, "sum"
            shape = self.values[event.outputs[output]].shape
        held = fitting(shape, gradients[::-1])
        return Pair(event, output, title, theirs, held, self.terms)

    def pair(self, event: Event, output: str, edge: Edge, held: Held | None, ours: str) -> Pair:
        """A pair, at a node."""
        terms = 0.0 if event.kind == "forward" and edge not in self.other.roots else self.terms
        return Pair(event, output, ours, self.nodes[edge[0]].name, held, terms)

    def visit(self, edge: Edge) -> Visit:
        """What happened in PyTorch at the node of an edge."""
        return self.other.visits.get(edge[0], NEVER)

    # Where to go --------------------------------------------------------------------------------

    def behind(self, value: int, edge: Edge) -> Iterator[tuple[Event, Way, list[Held]]]:
        """The derivatives of the node of a value, each with the way to its argument in PyTorch, and
        the gradients along that; both are empty where none was found."""
        node, gradients = self.nodes[edge[0]], self.visit(edge).leaving
        if not gradients or node.name == LEAF or self.events.maker(value) is None:
            return
        leaving = self.events.derivatives(value, self.begun)
        places = [i for i, further in enumerate(node.edges) if further and i in gradients]
        if len(places) != len(leaving):
            yield from self.looked_for(leaving, edge)
            return
        for event, place in zip(leaving, places, strict=True):
            further = node.edges[place]
            if event.about is None or further is None:
                yield event, (), [gradients[place]]
                continue
            found = self.past_theirs(event.about, gradients[place], further)
            if found is None:
                *passed, event = self.past_ours(event, further)
                yield from ((one, (), []) for one in passed)
                found = (further,), [gradients[place]]
            yield event, *found

    def past_theirs(self, value: int, gradient: Held, edge: Edge) -> tuple[Way, list[Held]] | None:
        """The way to the node of a value past nodes that only PyTorch has, and the gradients along
        it, unless others are added to it there; None if it does not lead to a node of the same
        name."""
        way, gradients = [edge], [gradient]
        while len(way) <= PASSED_OVER:
            node = self.nodes[way[-1][0]]
            if node.name == self.events.node(value):
                self.passed_over += len(way) - 1
                alone = all(self.arrivals[passed] == 1 for passed in way[:-1])
                return tuple(way), gradients if alone else []
            only, leaving = only_edge(node), self.visit(way[-1]).leaving
            if only is None or only not in leaving or (further := node.edges[only]) is None:
                break
            way.append(further)
            gradients.append(leaving[only])
        return None

    def past_ours(self, derivative: Event, edge: Edge) -> list[Event]:
        """The derivatives on the way to the node of an edge, past nodes that only this library has;
        none but the first, if they do not lead to a node of the same name."""
        way = [derivative]
        while (value := way[-1].about) is not None and len(way) <= PASSED_OVER:
            if self.events.node(value) == self.nodes[edge[0]].name:
                self.passed_over += len(way) - 1
                return way
            further = self.events.derivatives(value, self.begun)
            if len(further) != 1:
                break
            way += further
        return [derivative]

    def looked_for(
        self, leaving: Iterable[Event], edge: Edge
    ) -> Iterator[tuple[Event, Way, list[Held]]]:
        """The arguments of a node that is several in PyTorch, found behind these."""
        taken: set[Edge] = set()
        for event in leaving:
            found = None
            if event.about is not None:
                found = self.nearest(self.values[event.about], edge, taken)
            if found is None:
                yield event, (), []
                continue
            taken.add(found)
            arrived = self.events.complete(event.about or 0, self.begun)
            gradient = self.visit(found).arriving.get(found[1])
            alone = arrived is not None and arrived.details["n"] == 1
            yield event, (found,), [gradient] if alone and gradient is not None else []

    def nearest(self, value: Value, edge: Edge, taken: set[Edge]) -> Edge | None:
        """The edge to what is like a value and nearest behind an edge, if it is not taken."""
        waiting = [inner for inner in self.nodes[edge[0]].edges if inner is not None]
        seen = set(waiting)
        for found in waiting:  # which grows
            if found not in taken and self.is_like(found, value):
                return found
            further = [e for e in self.nodes[found[0]].edges if e is not None and e not in seen]
            seen.update(further)
            waiting += further
            if len(seen) > LOOKED_AT:
                break
        return None

    def is_like(self, edge: Edge, value: Value) -> bool:
        """Whether an edge leads to a node of the same name as a value's, and to a tensor of the
        same shape; to a leaf of the same name, if the value has one."""
        node = self.nodes[edge[0]]
        if node.name != self.events.node(value.id):
            return False
        if node.name != LEAF:
            held = node.outputs.get(edge[1])
            return held is not None and held.shape == value.shape
        start, name = self.record.starts.get(node.leaf), self.record.leaves[node.leaf]
        same = not value.name or not name or f".{name}".endswith(f".{value.name}")
        return same and start is not None and start.shape == value.shape


#: Of a node that did not run.
NEVER = Visit()


def fitting(shape: tuple[int, ...], tensors: Sequence[Held | None]) -> Held | None:
    """The first of some tensors, if that is known; or, if it is of another shape, the next one that
    has this shape."""
    first = tensors[0] if tensors else None
    if first is None or first.shape == shape:
        return first
    return next((held for held in tensors if held is not None and held.shape == shape), first)


def only_edge(node: TorchNode) -> int | None:
    """The place of the edge of a node that has no other."""
    places = [i for i, edge in enumerate(node.edges) if edge is not None]
    return places[0] if len(places) == 1 else None
