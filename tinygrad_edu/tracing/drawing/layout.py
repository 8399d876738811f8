"""Where the nodes of a graph go: in layers from top to bottom, with few crossings.

The steps are those of K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of
hierarchical system structures", IEEE Transactions on Systems, Man, and Cybernetics 11 (1981): each
node is put into a layer, by the longest path to it; an edge across several layers gets a place of
its own in each; within a layer, each is put in the middle of its neighbours, in turns from above
and from below; then each is moved sideways, as near to its neighbours as its layer lets it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

Links = dict[int, list[int]]
SWEEPS = 8


@dataclass
class Layout:
    """Places, in pixels.

    Attributes
    ----------
    x, y : dict of int to float
        The middle of each node.
    ways : dict of (int, int) to list of (float, float)
        Of each edge, the points between its ends.
    width, height : float
        Of the whole.
    """

    x: dict[int, float] = field(default_factory=dict)
    y: dict[int, float] = field(default_factory=dict)
    ways: dict[tuple[int, int], list[tuple[float, float]]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


def layout(
    widths: Mapping[int, float],
    edges: Sequence[tuple[int, int]],
    height: float,
    gaps: tuple[float, float],
) -> Layout:
    """Lay a graph without circles out.

    Parameters
    ----------
    widths : mapping of int to float
        By node.
    edges : sequence of (int, int)
    height : float
        Of each node.
    gaps : (float, float)
        Between nodes beside each other, and between layers.
    """
    layers = layers_of([*widths], edges)
    sizes, links, chains = with_places(widths, edges, layers)
    above: Links = {node: [] for node in sizes}
    below: Links = {node: [] for node in sizes}
    for source, target in links:
        below[source].append(target)
        above[target].append(source)
    rows = ordered(layers, above, below)
    middles = placed(rows, sizes, above, below, gaps[0])
    result = Layout()
    left = min((middles[n] - sizes[n] / 2 for n in sizes), default=0.0)
    result.width = max((middles[n] + sizes[n] / 2 for n in sizes), default=0.0) - left
    result.height = len(rows) * (height + gaps[1]) - gaps[1] if rows else 0.0
    everywhere = {
        node: (middles[node] - left, number * (height + gaps[1]) + height / 2)
        for number, row in enumerate(rows)
        for node in row
    }
    for node in widths:
        result.x[node], result.y[node] = everywhere[node]
    result.ways = {edge: [everywhere[p] for p in chain] for edge, chain in chains.items()}
    return result


def layers_of(nodes: Sequence[int], edges: Sequence[tuple[int, int]]) -> dict[int, int]:
    """The layer of each node: right below what it is made from, or, if by that no more edges become
    longer than shorter, right above where it is used."""
    above: Links = {node: [] for node in nodes}
    below: Links = {node: [] for node in nodes}
    for source, target in edges:
        above[target].append(source)
        below[source].append(target)
    order = in_order(nodes, above, below)
    layers: dict[int, int] = {}
    for node in order:
        layers[node] = max((layers[n] + 1 for n in above[node]), default=0)
    comes_along: dict[int, bool] = {}  # what is used once, as is all that it is made from
    for node in order:
        comes_along[node] = len(below[node]) == 1 and all(comes_along[n] for n in above[node])
    for node in reversed(order):
        longer = [n for n in above[node] if not comes_along[n]]
        if below[node] and len(longer) <= len(below[node]):
            layers[node] = min(layers[n] for n in below[node]) - 1
    return layers


def in_order(nodes: Sequence[int], above: Links, below: Links) -> list[int]:
    """The nodes, each after those that it is made from."""
    waits = {node: len(above[node]) for node in nodes}
    ready = [node for node in nodes if not waits[node]]
    for node in ready:
        for after in below[node]:
            waits[after] -= 1
            if not waits[after]:
                ready.append(after)
    return ready


def with_places(
    widths: Mapping[int, float], edges: Sequence[tuple[int, int]], layers: dict[int, int]
) -> tuple[dict[int, float], list[tuple[int, int]], dict[tuple[int, int], list[int]]]:
    """Give each edge a place in each layer that it crosses; they are put into `layers`, too."""
    sizes = dict(widths)
    links: list[tuple[int, int]] = []
    chains: dict[tuple[int, int], list[int]] = {}
    new = max(sizes, default=0) + 1
    for source, target in edges:
        chain = range(new, new + layers[target] - layers[source] - 1)
        new += len(chain)
        for number, place in enumerate(chain, 1):
            sizes[place], layers[place] = 8.0, layers[source] + number
        chains[source, target] = [*chain]
        links += zip([source, *chain], [*chain, target], strict=True)
    return sizes, links, chains


def ordered(layers: Mapping[int, int], above: Links, below: Links) -> list[list[int]]:
    """The nodes of each layer from left to right, with as few crossings as the sweeps find."""
    rows: list[list[int]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for node in depth_first(layers, above):
        rows[layers[node]].append(node)
    best, fewest = rows, crossings(rows, below)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        rows = [*rows]
        for number in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            beside = rows[number - 1] if down else rows[number + 1]
            rows[number] = by_barycenter(rows[number], beside, above if down else below)
        count = crossings(rows, below)
        if count < fewest:
            best, fewest = rows, count
    return best


def by_barycenter(row: Sequence[int], beside: Sequence[int], links: Links) -> list[int]:
    """The nodes of a layer, each by the mean place of its neighbours in the layer `beside` it."""
    there = {node: float(place) for place, node in enumerate(beside)}
    wanted = {
        node: mean([there[other] for other in links[node]], float(place))
        for place, node in enumerate(row)
    }
    return sorted(row, key=wanted.__getitem__)


def depth_first(layers: Mapping[int, int], above: Links) -> list[int]:
    """The nodes as one meets them from the last one upwards, so that neighbours come together."""
    seen: set[int] = set()
    found: list[int] = []
    for end in sorted(layers, key=lambda node: -layers[node]):
        stack = [end]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                found.append(node)
                stack += reversed(above[node])
    return found


def mean(numbers: Sequence[float], otherwise: float) -> float:
    """Their mean; `otherwise` of none."""
    return sum(numbers) / len(numbers) if numbers else otherwise


def crossings(rows: Sequence[Sequence[int]], below: Links) -> int:
    """How many pairs of edges cross."""
    count = 0
    for upper, lower in pairwise(rows):
        place = {node: i for i, node in enumerate(lower)}
        ends = np.array([p for node in upper for p in sorted(place[m] for m in below[node])], int)
        count += sum(int((ends[:i] > end).sum()) for i, end in enumerate(ends))
    return count


def placed(
    rows: Sequence[Sequence[int]],
    sizes: Mapping[int, float],
    above: Links,
    below: Links,
    gap: float,
) -> dict[int, float]:
    """Where the middle of each node is, from left to right."""
    middles: dict[int, float] = {}
    for row in rows:
        at = 0.0
        for node in row:
            middles[node] = at + sizes[node] / 2
            at += sizes[node] + gap
    for sweep in range(2 * SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            links = above if down else below
            wanted = [mean([middles[m] for m in links[n]], middles[n]) for n in row]
            spaces = [sizes[n] / 2 for n in row]
            for node, middle in zip(row, apart(wanted, spaces, gap), strict=True):
                middles[node] = middle
    return middles


def apart(wanted: Sequence[float], halves: Sequence[float], gap: float) -> list[float]:
    """The middles of nodes in a row: as near as can be to those `wanted`, and not too near to each
    other.

    Less the room that those before it take, each must be no smaller than the one before: what
    breaks this is pooled, and gets the mean [1]_.

    .. [1] R. Barlow et al., "Statistical Inference under Order Restrictions", Wiley 1972.
    """
    room, rooms = 0.0, []
    for number, half in enumerate(halves):
        room += half + halves[number - 1] + gap if number else 0.0
        rooms.append(room)
    pools: list[tuple[float, int]] = []
    for middle, room in zip(wanted, rooms, strict=True):
        total, count = middle - room, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            last = pools.pop()
            total, count = total + last[0], count + last[1]
        pools.append((total, count))
    means = [total / count for total, count in pools for _ in range(count)]
    return [m + room for m, room in zip(means, rooms, strict=True)]
