"""A graph as a picture, in SVG: nothing else is needed to make it, and a browser to look at it."""

from __future__ import annotations

import html
import math
import unicodedata
from collections import Counter
from dataclasses import replace
from itertools import pairwise

from .graph import Edge, Graph, Node
from .layout import Layout, layout

HEIGHT, GAP, BETWEEN = 36, 18, 46
MARGIN, FOOT = 16, 30
SIZE = 12.0  # of letters, in pixels
OFTEN = 3
LONGEST = 30, 44  # letters of the two lines in a node

STYLE = """
.tge { --ground: #fff; --ink: #1c2733; --soft: #5b6b7b; --line: #9aa7b4;
  --op: #eef3f8; --module: #dfeaf6; --parameter: #fdf0d5; --input: #e4f3e6; --root: #b3261e;
  --small: #8fb8de; --large: #b3261e; font-family: ui-sans-serif, system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { .tge { --ground: #15191e; --ink: #e8edf2; --soft: #9fb0c0;
  --line: #5c6a78; --op: #232c35; --module: #1f3448; --parameter: #43361a; --input: #1f3a26;
  --root: #ff8a80; --small: #3f6f9c; --large: #ff8a80; } }
.tge-ground { fill: var(--ground); }
.tge text { fill: var(--ink); font-size: 12px; text-anchor: middle; }
.tge .tge-soft { fill: var(--soft); font-size: 10.5px; }
.tge-node rect { stroke: var(--line); }
.tge-op rect { fill: var(--op); } .tge-module rect { fill: var(--module); }
.tge-parameter rect, .tge-leaf rect { fill: var(--parameter); }
.tge-input rect { fill: var(--input); }
.tge .tge-root rect { stroke: var(--root); stroke-width: 2; }
.tge-edge { fill: none; stroke: var(--line); stroke-width: 1; }
.tge-none { stroke-dasharray: 3 4; }
.tge-tip { fill: var(--soft); stroke: none; }
"""


def picture(graph: Graph) -> str:
    """The text of the SVG."""
    nodes, edges = to_draw(graph)
    widths = {node.id: width_of(node) for node in nodes}
    places = layout(widths, [(e.source, e.target) for e in edges], HEIGHT, (GAP, BETWEEN))
    largest, smallest = ends = extent(graph)
    said = "No gradient has come back."
    if any(edge.norm is not None for edge in graph.edges):
        said = "All gradients are 0, or not finite. Dashed: none."
    if largest:
        said = (
            f"Thicker and redder lines: a larger gradient, from {smallest:.2g} to {largest:.2g}. "
        )
        said += "Dashed: none."
    width = max(places.width, SIZE * 0.5 * len(said)) + 2 * MARGIN
    height = places.height + 2 * MARGIN + FOOT
    shift = (width - places.width) / 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tge" role="img" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<title>{escaped(graph.title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="tge-ground" width="{width:.0f}" height="{height:.0f}" rx="6"/>',
        f'<g transform="translate({shift:.1f} {MARGIN})">',
    ]
    # The larger gradients are drawn last, above the others.
    for edge in sorted(edges, key=lambda edge: strength(edge, ends)):
        lines.append(edge_drawn(edge, places, strength(edge, ends)))
    lines += [node_drawn(node, places, widths[node.id]) for node in nodes]
    lines += [
        "</g>",
        f'<text class="tge-soft" x="{width / 2:.1f}" y="{height - MARGIN:.1f}">'
        f"{escaped(said)}</text>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def to_draw(graph: Graph) -> tuple[list[Node], list[Edge]]:
    """The nodes and edges; but a leaf that is used more than `OFTEN` times stands at each use."""
    uses = Counter(edge.source for edge in graph.edges)
    often = {n.id for n in graph.nodes if n.kind not in ("op", "module") and uses[n.id] > OFTEN}
    nodes = [node for node in graph.nodes if node.id not in often]
    edges = [edge for edge in graph.edges if edge.source not in often]
    repeated = (edge for edge in graph.edges if edge.source in often)
    for number, edge in enumerate(repeated, len(graph.nodes)):
        nodes.append(replace(graph.nodes[edge.source], id=number))
        edges.append(replace(edge, source=number))
    return nodes, edges


def extent(graph: Graph) -> tuple[float, float]:
    """The largest norm of a gradient, and the smallest that is not 0; of none, 0."""
    norms = [e.norm for e in graph.edges if e.norm is not None]
    norms = [n for n in norms if math.isfinite(n) and n > 0]
    return max(norms, default=0.0), min(norms, default=0.0)


def strength(edge: Edge, ends: tuple[float, float]) -> float:
    """How large its gradient is among all, from 0 to 1, by its logarithm. -1 of none."""
    largest, smallest = ends
    if edge.norm is None:
        return -1.0
    if not edge.norm > 0 or not largest:
        return 0.0 if edge.norm == 0 else 1.0
    decades = max(1.0, math.log10(largest / smallest))
    return min(1.0, max(0.0, 1 + math.log10(edge.norm / largest) / decades))


def width_of(node: Node) -> float:
    """How wide a node has to be for its two lines."""
    first, second = texts_of(node)
    return max(52.0, SIZE * 0.6 * letters(first) + 20, SIZE * 0.53 * letters(second) + 20)


def letters(text: str) -> int:
    """How many letters wide a text is: Chinese ones count twice."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def texts_of(node: Node) -> tuple[str, str]:
    """The two lines in a node."""
    first = f"{node.name} = {node.label}" if node.name else node.label
    second = node.shape
    if node.parameters:
        second += f", {node.parameters:,} parameters"
    return cut(first, LONGEST[0]), cut(second, LONGEST[1])


def cut(text: str, longest: int) -> str:
    """A text, not too long."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def node_drawn(node: Node, places: Layout, width: float) -> str:
    """A box with two lines, and all of it in the title that a browser shows."""
    x, y = places.x[node.id], places.y[node.id]
    first, second = texts_of(node)
    said = f"{node.label} {node.name}: {node.shape}" if node.name else f"{node.label}: {node.shape}"
    said += f", in {node.module}" if node.module and node.kind == "op" else ""
    said += "" if node.norm is None else f"; its gradient has the norm {node.norm:.4g}"
    kind = f"tge-node tge-{node.kind}" + (" tge-root" if node.root else "")
    rounded = 4 if node.kind in ("op", "module") else HEIGHT / 2
    return (
        f'<g class="{kind}"><title>{escaped(said)}</title>'
        f'<rect x="{x - width / 2:.1f}" y="{y - HEIGHT / 2:.1f}" width="{width:.1f}" '
        f'height="{HEIGHT}" rx="{rounded}"/>'
        f'<text x="{x:.1f}" y="{y - 2:.1f}">{escaped(first)}</text>'
        f'<text class="tge-soft" x="{x:.1f}" y="{y + 11:.1f}">{escaped(second)}</text></g>'
    )


def edge_drawn(edge: Edge, places: Layout, share: float) -> str:
    """A curve from the lower side of one node to the upper side of another, with a tip."""
    source, target = edge.source, edge.target
    start = places.x[source], places.y[source] + HEIGHT / 2
    end = places.x[target], places.y[target] - HEIGHT / 2 - 6
    points = [start, *places.ways[source, target], end]
    path = f"M{start[0]:.1f} {start[1]:.1f}"
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (y + to_y) / 2
        path += f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
    said = f"{edge.shape}" + ("" if edge.norm is None else f"; gradient of norm {edge.norm:.4g}")
    colour = f"color-mix(in srgb, var(--large) {100 * share:.0f}%, var(--small))"
    how = f' style="stroke: {colour}; stroke-width: {1 + 3 * share:.1f}"'
    x, y = end
    return (
        f"<g><title>{escaped(said)}</title>"
        f'<path class="tge-edge{" tge-none" if share < 0 else ""}" d="{path}"'
        f"{how if share >= 0 else ''}/>"
        f'<path class="tge-tip" d="M{x - 4:.1f} {y:.1f}h8l-4 6z"/></g>'
    )


def escaped(text: str) -> str:
    """A text as XML has it; what XML cannot hold is left out."""
    return html.escape("".join(c for c in text if c.isprintable()))
