"""The graph of a training step: what was computed from what, and how large the gradients were.

Its nodes are the calls of ops, and what no op has made: parameters and inputs. An edge is a value
that one of them made and another took. To see less, the ops of a module become one node.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from ...whole_file import write_whole
from ..events import Event, Value
from ..words import shape_text

if TYPE_CHECKING:
    from ..traces import Trace

NodeKind: TypeAlias = Literal["op", "module", "parameter", "leaf", "input"]


@dataclass
class Node:
    """A call of an op, several of them in a module, or a value that no op has made.

    Attributes
    ----------
    id : int
        Its place in ``Graph.nodes``, where a parameter or input stands before its first use: an
        edge goes from a smaller number to a larger.
    kind : {"op", "module", "parameter", "leaf", "input"}
    label : str
        The op, the module's path, or the value's name.
    shape : str
        Of what it is or makes, as ``5 x 4``.
    name : str
        What the program calls its result; "" if nothing.
    module : str
        The path of the module that it belongs to.
    events : list of int
        The calls that it stands for.
    parameters : int
        Of a module: how many elements those have that are used in it only.
    norm : float or None
        Of the gradient of what it is or makes.
    root : bool
        Whether a backward pass began at it.
    """

    id: int
    kind: NodeKind
    label: str
    shape: str = ""
    name: str = ""
    module: str = ""
    events: list[int] = field(default_factory=list)
    parameters: int = 0
    norm: float | None = None
    root: bool = False


@dataclass
class Edge:
    """A value that one node made and another took.

    Attributes
    ----------
    source, target : int
        Nodes.
    shape : str
        Of the value; of the first, if there are several.
    norm : float or None
        Of the gradient that came back along it; of the largest, if there are several; None if none
        did.
    values : list of int
    """

    source: int
    target: int
    shape: str
    norm: float | None
    values: list[int]


class Graph:
    """What `Trace.graph` returns; it shows itself in a notebook.

    Attributes
    ----------
    nodes : list of Node
    edges : list of Edge
    title : str
    """

    def __init__(self, nodes: list[Node], edges: list[Edge], title: str) -> None:
        self.nodes, self.edges, self.title = nodes, edges, title

    def __repr__(self) -> str:
        return f"<Graph: {len(self.nodes)} nodes, {len(self.edges)} edges>"

    def svg(self, file: str | PathLike[str] | None = None) -> str:
        """The graph as a picture, which is also written to `file`, if one is given."""
        from .svg import picture

        text = picture(self)
        if file is not None:
            write_whole(Path(file), text.encode())
        return text

    def dot(self, file: str | PathLike[str] | None = None) -> str:
        """The graph in the language of graphviz; it is also written to `file`, if one is given."""
        from .dot import description

        text = description(self)
        if file is not None:
            write_whole(Path(file), text.encode())
        return text

    def _repr_svg_(self) -> str:
        return self.svg()


def graph(trace: Trace, depth: int | None = None, step: int | None = None) -> Graph:
    """What `Trace.graph` returns."""
    if depth is not None and depth < 0:
        raise ValueError(f"depth counts levels of modules, from 0 on: it cannot be {depth}")
    steps = sorted({event.step for event in trace.events if event.kind == "forward"})
    if step is None:
        trained = [event.step for event in trace.events if event.kind == "seed"]
        step = trained[-1] if trained else (steps or [0])[-1]
    elif step not in steps:
        raise ValueError(f"there is no step {step} in the trace; there are {steps}")
    return Builder(trace, depth, step).graph()


class Builder:
    """Puts the graph of a step together.

    Parameters
    ----------
    trace : Trace
    depth : int or None
        How many levels of modules are looked into.
    step : int
    """

    def __init__(self, trace: Trace, depth: int | None, step: int) -> None:
        self.trace, self.depth, self.step = trace, depth, step
        self.nodes: list[Node] = []
        self.edges: dict[tuple[int, int], Edge] = {}
        self.makers: dict[int, Node] = {}  # by value
        events = [event for event in trace.events if event.step == step]
        self.forward = [event for event in events if event.kind == "forward"]
        self.returned = returned(trace, events)
        self.norms = complete(trace, events)

    def graph(self) -> Graph:
        """All of it."""
        groups = self._groups()
        users: dict[int, set[str]] = {}  # by value, the modules that are nodes; "" of single ops
        for path, events in groups:
            for event in events:
                for value in event.inputs.values():
                    users.setdefault(value, set()).add(path)
        for path, events in groups:
            inner = {value for event in events for value in event.outputs.values()}
            taken = [(event, v) for event in events for v in event.inputs.values()]
            outside = [(event, v) for event, v in taken if v not in inner]
            own = {v for _, v in outside if path and self._is_own(v, users[v])}
            for value in dict.fromkeys(v for _, v in outside if v not in own):
                self._leaf(value)
            node = self._node(path, events, own)
            for event, value in outside:
                if value not in own:
                    self._edge(self.makers[value], node, value, event)
            self.makers.update(dict.fromkeys(inner, node))
        for event in self.trace.events:
            if event.kind == "seed" and event.step == self.step and event.about in self.makers:
                self.makers[event.about].root = True
        title = f"Step {self.step}: what was computed from what"
        return Graph(self.nodes, [*self.edges.values()], title)

    def _groups(self) -> list[tuple[str, list[Event]]]:
        """The events that become a node each: with the module's path, or "" of a single op.

        A module that is called several times is as many nodes: were it one, the graph could go
        round in a circle.
        """
        groups: list[tuple[str, list[Event]]] = []
        last: tuple[str, int] | None = None
        for event in self.forward:
            parts = event.module.split(".") if event.module else []
            if self.depth is None or len(parts) <= self.depth:
                groups.append(("", [event]))
                last = None
                continue
            path = ".".join(parts[: self.depth + 1])
            # A list of modules is not called itself: then all that follow each other are one.
            calls = [
                number for called, number in event.details.get("running", ()) if called == path
            ]
            call = path, calls[0] if calls else 0
            if call == last:
                groups[-1][1].append(event)
            else:
                groups.append((path, [event]))
            last = call
        return groups

    def _is_own(self, value: int, users: set[str]) -> bool:
        """Whether it is a parameter that only one module uses, and needs no node of its own."""
        return self.trace.values[value].kind == "parameter" and len(users) == 1

    def _leaf(self, number: int) -> None:
        """The node of what no op of this step has made."""
        if number in self.makers:
            return
        value = self.trace.values[number]
        kind: NodeKind = "parameter" if value.kind == "parameter" else "input"
        if value.kind == "leaf":
            kind = "leaf"
        label = value.name or f"value {number}"
        self._add(kind, label, [value]).norm = self.norms.get(number)
        self.makers[number] = self.nodes[-1]

    def _node(self, path: str, events: list[Event], own: Iterable[int]) -> Node:
        """The node of one op, or of a module."""
        outputs = [self.trace.values[v] for v in events[-1].outputs.values()]
        node = self._add("module" if path else "op", path or events[0].title, outputs)
        node.name = outputs[0].name if outputs else ""
        node.module = path or events[0].module
        node.events = [event.index for event in events]
        node.parameters = sum(self.trace.values[v].size for v in own)
        node.norm = self.norms.get(outputs[0].id) if outputs else None
        return node

    def _add(self, kind: NodeKind, label: str, values: list[Value]) -> Node:
        node = Node(len(self.nodes), kind, label, ", ".join(shape_text(v.shape) for v in values))
        self.nodes.append(node)
        return node

    def _edge(self, source: Node, target: Node, value: int, event: Event) -> None:
        norm = self.returned.get((event.index, value))
        edge = self.edges.get((source.id, target.id))
        if edge is None:
            shape = shape_text(self.trace.values[value].shape)
            edge = self.edges[source.id, target.id] = Edge(source.id, target.id, shape, norm, [])
        elif norm is not None:
            edge.norm = norm if edge.norm is None else largest([edge.norm, norm])
        if value not in edge.values:
            edge.values.append(value)


def returned(trace: Trace, events: Iterable[Event]) -> dict[tuple[int, int], float]:
    """By call and value that it took, the norm of the gradient that the derivative handed on: the
    largest, where it took the value more than once."""
    handed: dict[tuple[int, int], dict[int, float]] = {}
    for event in events:
        if event.forward is None or event.about is None:
            continue
        if event.kind in ("derivative", "broadcast"):
            grads = handed.setdefault((event.forward, event.about), {})
            if event.kind == "broadcast":  # what was summed goes no further
                grads.pop(event.inputs["grad"], None)
            (grad,) = event.outputs.values()
            grads[grad] = trace.values[grad].summary.norm
    return {use: largest(grads.values()) for use, grads in handed.items()}


def largest(norms: Iterable[float]) -> float:
    """The largest of some norms; nan, if one is."""
    return float(np.max([*norms]))


def complete(trace: Trace, events: Iterable[Event]) -> dict[int, float]:
    """By value, the norm of its gradient when all that was to come had arrived."""
    return {
        event.about: trace.values[[*event.outputs.values()][-1]].summary.norm
        for event in events
        if event.kind in ("grad", "accumulate", "hook", "seed") and event.about is not None
        if event.outputs
    }
