"""From a node of a trace to its arguments, and to the same arguments in PyTorch's graph.

Both libraries give their nodes the same names, with few exceptions, and both have a node's
arguments in the same order. So it is enough to take the same edges on both sides. Where one side
has nodes more, which have a single argument, as that for a transposition, these are passed over.
And where an op is one node here and several in PyTorch, as a recurrent layer, or a product of many
matrices, its arguments are looked for behind these: nodes of the same name, with the same values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...tracing.events import Event, Value
from .beside_events import LEAF, Events
from .beside_numbers import gap_of
from .beside_record import Edge, Held, Record, TorchNode, TorchPass, Visit

#: How many nodes are passed over at a stretch.
PASSED_OVER = 4

#: How many edges are looked at, at most, to find an argument.
LOOKED_AT = 300

#: Where a value is in PyTorch: its node, and before that the nodes which were passed over.
Way = tuple[Edge, ...]


class Further(NamedTuple):
    """From a node to one of its arguments.

    Attributes
    ----------
    event : Event
        The derivative.
    way : Way
        To the argument in PyTorch; empty if it was not found.
    gradients : list of Held
        What PyTorch has in the place of the derivative: along the way, the last is the one that
        arrives. Empty if it is not known, as where PyTorch adds up several before.
    """

    event: Event
    way: Way = ()
    gradients: list[Held] = []  # noqa: RUF012  # nobody changes it


class Ways:
    """Finds the ways of a backward pass.

    Parameters
    ----------
    events : Events
    begun : int
        The last seed of the pass.
    record : Record
    other : TorchPass

    Attributes
    ----------
    passed_here, passed_there : set of int
        Nodes that only one side has, and that were passed over: of this library by the values that
        they have made, of PyTorch by their places.
    """

    def __init__(self, events: Events, begun: int, record: Record, other: TorchPass) -> None:
        self.events, self.values, self.begun = events, events.trace.values, begun
        self.record, self.nodes, self.other = record, record.nodes, other
        self.passed_here, self.passed_there = set[int](), set[int]()
        self.places: dict[int, Edge] = {}  # of values that were looked for
        self.tried: set[tuple[int, Edge]] = set()  # from where a value was not found
        #: How many gradients are added up where an edge leads to.
        self.arrivals = Counter(
            further
            for place, visit in other.visits.items()
            for i, further in enumerate(self.nodes[place].edges)
            if further is not None and i in visit.leaving
        )

    def visit(self, edge: Edge) -> Visit:
        """What happened in PyTorch at the node of an edge."""
        return self.other.visits.get(edge[0], NEVER)

    def behind(self, value: int, edge: Edge) -> Iterator[Further]:
        """From the node of a value, which in PyTorch is that of an edge, to all its arguments."""
        node, gradients = self.nodes[edge[0]], self.visit(edge).leaving
        if not gradients or LEAF in (node.name, self.events.node(value)):
            return
        leaving = self.events.derivatives(value, self.begun)
        places = [i for i, further in enumerate(node.edges) if further and i in gradients]
        if len(places) != len(leaving):
            yield from self.looked_for(leaving, edge, set())
            return
        for event, place in zip(leaving, places, strict=True):
            further, gradient = node.edges[place], gradients[place]
            if event.about is None or further is None:
                yield Further(event, (), [gradient])
            elif past := self.past_theirs(event, further, gradient):
                yield past
            elif passed := self.past_ours(event, further):
                yield from map(Further, passed[:-1])
                yield Further(passed[-1], (further,), [gradient])
            elif self.is_equal(self.values[event.about], further):
                yield Further(event, (further,), [gradient])
            else:
                yield from self.looked_for([event], edge, set())

    def past_theirs(self, event: Event, edge: Edge, gradient: Held) -> Further | None:
        """Past nodes that only PyTorch has; None if these do not lead to a node of the same
        name."""
        wanted = LEAF if event.about is None else self.events.node(event.about)
        way, gradients = [edge], [gradient]
        while len(way) <= PASSED_OVER:
            node = self.nodes[way[-1][0]]
            if node.name == wanted:
                self.passed_there.update(place for place, _ in way[:-1])
                alone = all(self.arrivals[passed] == 1 for passed in way[:-1])
                return Further(event, tuple(way), gradients if alone else [])
            only, leaving = only_edge(node), self.visit(way[-1]).leaving
            if only is None or only not in leaving or (further := node.edges[only]) is None:
                break
            way.append(further)
            gradients.append(leaving[only])
        return None

    def past_ours(self, derivative: Event, edge: Edge) -> list[Event]:
        """The derivatives on the way to the node of an edge, past nodes that only this library has;
        none if they do not lead to a node of the same name."""
        way = [derivative]
        while (value := way[-1].about) is not None and len(way) <= PASSED_OVER:
            if self.events.node(value) == self.nodes[edge[0]].name:
                self.passed_here.update(e.about for e in way[:-1] if e.about is not None)
                return way
            further = self.events.derivatives(value, self.begun)
            if len(further) != 1:
                break
            way += further
        return []

    # Of ops that are several nodes on the other side ---------------------------------------------

    def looked_for(
        self, leaving: Iterable[Event], edge: Edge, taken: set[Edge], depth: int = 0
    ) -> Iterator[Further]:
        """Arguments that are somewhere behind an edge; those of an argument that is not, instead
        of it."""
        for event in leaving:
            value = event.about
            if value is None or (value, edge) in self.tried:
                continue
            found = self.places.get(value) or self.nearest(self.values[value], edge, taken)
            if found is not None:
                taken.add(found)
                self.places[value] = found
                yield Further(event, (found,), self.alone(value, found))
                continue
            self.tried.add((value, edge))
            yield Further(event)
            if depth < PASSED_OVER:
                further = self.events.derivatives(value, self.begun)
                yield from self.looked_for(further, edge, taken, depth + 1)

    def alone(self, value: int, edge: Edge) -> list[Held]:
        """The gradient that arrives in PyTorch, if it is a single contribution here."""
        arrived = self.events.complete(value, self.begun)
        gradient = self.visit(edge).arriving.get(edge[1])
        if arrived is None or arrived.details["n"] > 1 or gradient is None:
            return []
        return [gradient]

    def nearest(self, value: Value, edge: Edge, taken: set[Edge]) -> Edge | None:
        """The nearest edge behind another one that leads to a value, and is not taken."""
        waiting = [inner for inner in self.nodes[edge[0]].edges if inner is not None]
        seen = set(waiting)
        for found in waiting:  # which grows
            named = self.nodes[found[0]].name == self.events.node(value.id)
            if named and found not in taken and self.is_equal(value, found):
                return found
            further = [e for e in self.nodes[found[0]].edges if e is not None and e not in seen]
            seen.update(further)
            waiting += further
            if len(seen) > LOOKED_AT:
                break
        return None

    def is_equal(self, value: Value, edge: Edge) -> bool:
        """Whether an edge leads to what is a value, but for rounding; or to a leaf of its name."""
        node = self.nodes[edge[0]]
        if node.name != LEAF:
            held = node.outputs.get(edge[1])
        elif name := self.record.leaves[node.leaf]:
            named = bool(value.name) and dotted(name).endswith(dotted(value.name))
            return named and self.has_shape(node.leaf, value)
        else:
            held = self.record.starts.get(node.leaf)
        return held is not None and gap_of(value, held, 0.0).within

    def has_shape(self, leaf: int, value: Value) -> bool:
        """Whether a leaf has the shape of a value."""
        start = self.record.starts.get(leaf)
        return start is not None and start.shape == value.shape


#: Of a node that did not run.
NEVER = Visit()


def dotted(name: str) -> str:
    """A name with a dot before each part: ``.layers.0.weight`` for ``layers[0].weight``, too."""
    return "." + name.replace("[", ".").replace("]", "")


def only_edge(node: TorchNode) -> int | None:
    """The place of the edge of a node that has no other."""
    places = [i for i, edge in enumerate(node.edges) if edge is not None]
    return places[0] if len(places) == 1 else None
