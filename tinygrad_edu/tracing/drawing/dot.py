"""A graph in DOT, the language of the program graphviz, which is not needed here."""

from __future__ import annotations

from collections.abc import Iterator

from .graph import Graph, Node

SHAPES = {
    "op": "box", "module": "box3d", "parameter": "ellipse", "leaf": "ellipse", "input": "ellipse",
}  # fmt: skip


def description(graph: Graph) -> str:
    """The text of a digraph; the ops of a module are a cluster."""
    lines = ["digraph {", f"  label={quoted(graph.title)};", "  node [fontsize=11];"]
    lines += cluster([node for node in graph.nodes if node.kind in ("op", "module")], "", "  ")
    lines += [f"  {line_of(n)}" for n in graph.nodes if n.kind not in ("op", "module")]
    for edge in graph.edges:
        label = edge.shape if edge.norm is None else f"{edge.shape}\ngrad {edge.norm:.3g}"
        style = ", style=dashed" if edge.norm is None else ""
        lines.append(f"  n{edge.source} -> n{edge.target} [label={quoted(label)}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def cluster(nodes: list[Node], path: str, indent: str) -> Iterator[str]:
    """The nodes of a module, and within it the clusters of those below it."""
    below: dict[str, list[Node]] = {}
    for node in nodes:
        home = node.module.rpartition(".")[0] if node.kind == "module" else node.module
        if home == path:
            yield f"{indent}{line_of(node)}"
        else:
            rest = home.removeprefix(path).removeprefix(".")
            first = rest.partition(".")[0]
            below.setdefault(f"{path}.{first}".removeprefix("."), []).append(node)
    for inner, members in below.items():
        yield f"{indent}subgraph {quoted('cluster_' + inner)} {{"
        yield f"{indent}  label={quoted(inner)};"
        yield from cluster(members, inner, indent + "  ")
        yield f"{indent}}}"


def line_of(node: Node) -> str:
    """The statement of a node."""
    text = f"{node.label}\n{node.shape}" + (f"\n{node.name}" if node.name else "")
    bold = ", penwidth=2" if node.root else ""
    return f"n{node.id} [label={quoted(text)}, shape={SHAPES[node.kind]}{bold}];"


def quoted(text: str) -> str:
    """A text as DOT has it, with nothing in it that means something there."""
    text = "".join(c for c in text if c.isprintable() or c == "\n")
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
