"""The backward passes that run while a recording does.

One runs within another if a function that a pass has called begins one of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..autograd.engine import nodes_on_the_way
from ..autograd.graph import Edge, Node
from .events import Place


class Source(NamedTuple):
    """Where contributions to gradients come from: the forward call of the node that has run last,
    its module, and the user's line."""

    forward: int | None = None
    module: str = ""
    place: Place | None = None


#: Nothing is known yet.
BEGINNING = Source()


class Running:
    """A backward pass that runs.

    The engine counts what arrives at a node, for that has to run when all is there. Here is counted
    what arrives at each output of a node, for each has a gradient of its own.

    Parameters
    ----------
    roots : sequence of Edge
        Where it began; nowhere, if that was before the recording.
    captured : iterable of Edge or None
        If not None, only the gradients of these are wanted.
    source : Source
        The first contributions come from the line that has begun it.
    """

    def __init__(
        self,
        roots: Sequence[Edge] = (),
        captured: Iterable[Edge] | None = None,
        source: Source = BEGINNING,
    ) -> None:
        self.source = source
        self._expected = contributions(roots, captured)
        self._arrived: Counter[Edge] = Counter()

    def arrive(self, node: Node, number: int, at_node: tuple[int, int]) -> tuple[int, int]:
        """Which contribution to output `number` of a node has just arrived, and of how many.

        `at_node` is the same of the node: of a pass that was begun before the recording no more is
        known.
        """
        edge = node, number
        if edge not in self._expected:
            return at_node
        self._arrived[edge] += 1
        return self._arrived[edge], self._expected[edge]


def contributions(roots: Sequence[Edge], captured: Iterable[Edge] | None) -> Counter[Edge]:
    """How many gradients will arrive at each output of each node."""
    useful = None if captured is None else nodes_on_the_way(roots, captured)
    counts: Counter[Edge] = Counter()
    met: set[Node] = set()
    stack: list[Any] = list(roots)
    while stack:
        edge = stack.pop()
        node = edge[0]
        if node is None or (useful is not None and node not in useful):
            continue
        counts[edge] += 1
        if node not in met:
            met.add(node)
            stack += node.next_functions
    return counts
