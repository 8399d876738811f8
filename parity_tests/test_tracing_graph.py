"""`Trace.graph`: what is in it is what ran, and its pictures are whole, valid and legible."""

import itertools
import random
import re
import xml.etree.ElementTree as ElementTree
from graphlib import TopologicalSorter

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.models import SimpleClassifier, SimpleCNN
from tinygrad_edu.tracing.drawing.dot import quoted
from tinygrad_edu.tracing.drawing.graph import Edge, Graph, Node, largest
from tinygrad_edu.tracing.drawing.layout import apart, crossings, layout
from tinygrad_edu.tracing.drawing.svg import to_draw

from .line_scripts import Side
from .steps import seeded
from .test_tracing import train


class Unrolled(nn.Module):
    """An LSTM of five steps, cell by cell."""

    def __init__(self):
        super().__init__()
        self.cell, self.out = nn.LSTMCell(3, 4), nn.Linear(4, 1)

    def forward(self, x):
        h = c = tinygrad_edu.zeros(x.shape[1], 4)
        for part in x:
            h, c = self.cell(part, (h, c))
        return self.out(h)


class Whole(nn.Module):
    """The same as a layer."""

    def __init__(self):
        super().__init__()
        self.lstm, self.out = nn.LSTM(3, 4), nn.Linear(4, 1)

    def forward(self, x):
        return self.out(self.lstm(x)[0][-1])


MODELS = {
    "classifier": (SimpleClassifier, (8, 10), (8, 1)),
    "cnn": (SimpleCNN, (2, 1, 8, 8), (2, 10)),
    "cells": (Unrolled, (5, 2, 3), (2, 1)),
    "lstm": (Whole, (5, 2, 3), (2, 1)),
}


def traced(name):
    tinygrad_edu.manual_seed(0)
    kind, x, y = MODELS[name]
    model = kind(1, (8, 8)) if kind is SimpleCNN else kind()
    with tinygrad_edu.trace.record() as trace:
        nn.functional.mse_loss(model(tinygrad_edu.rand(x)), tinygrad_edu.rand(y)).backward()
    return trace


def labels(graph):
    return [f"{node.name} = {node.label}".removeprefix(" = ") for node in graph.nodes]


def test_nodes_are_calls_and_leaves():
    _, _, trace = train(steps=2)
    graph = trace.graph()
    calls = [e for e in trace.events if e.kind == "forward" and e.step == 1]
    ops = [node for node in graph.nodes if node.kind == "op"]
    assert [node.events for node in ops] == [[e.index] for e in calls]
    assert [node.label for node in ops] == [e.title for e in calls]
    kinds = {node.label: node.kind for node in graph.nodes}
    assert kinds["layer_1.weight"] == "parameter" and kinds["x"] == kinds["y"] == "input"
    assert [node.label for node in graph.nodes if node.root] == ["BinaryCrossEntropy"]
    assert "h = Relu" in labels(graph) and repr(graph) == "<Graph: 16 nodes, 16 edges>"


def test_edges_are_what_was_taken_with_the_gradient_that_came_back():
    _, _, trace = train(steps=1)
    graph = trace.graph()
    by_event = {node.events[0]: node for node in graph.nodes if node.events}
    edges = {(e.source, e.target): e for e in graph.edges}
    count = 0
    for event in (e for e in trace.events if e.kind == "forward"):
        for value in event.inputs.values():
            (edge,) = (
                e for e in graph.edges
                if value in e.values and e.target == by_event[event.index].id
            )  # fmt: skip
            count += 1
            born = trace.values[value].born
            if born >= 0:
                assert edge.source == by_event[born].id
    assert count == len(edges) == len(graph.edges)
    h = trace.value("h")
    norms = [e.norm for e in graph.edges if h.id in e.values]
    ledger = [trace.values[e.inputs["grad"]].array for e in trace.ledger(h)]
    assert sorted(norms) == sorted(float(np.sqrt(np.square(g, dtype=float).sum())) for g in ledger)
    (shift,) = (e for e in graph.edges if trace.value("shift").id in e.values)
    assert shift.norm == trace.gradient(trace.value("shift")).summary.norm  # summed over the batch
    assert {graph.nodes[e.source].label for e in graph.edges if e.norm is None} == {"x", "y"}


def test_an_edge_of_two_uses_has_the_larger_gradient():
    w = tinygrad_edu.tensor([2.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        (w**w).sum().backward()
    base, exponent = 2 * 2.0, 4 * np.log(2)  # y x^(y-1), and x^y ln x
    (edge,) = (e for e in trace.graph().edges if trace.value("w").id in e.values)
    assert edge.norm == pytest.approx(max(base, exponent)) == 4
    with tinygrad_edu.trace.record() as trace:  # the second derivative is the larger one
        w = tinygrad_edu.tensor([4.0], requires_grad=True)
        (w**w).sum().backward()
    (edge,) = (e for e in trace.graph().edges if trace.value("w").id in e.values)
    assert edge.norm == pytest.approx(256 * np.log(4))


def test_an_edge_of_two_uses_of_which_one_is_broadcast():
    w = tinygrad_edu.tensor([1.0, 2.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        table = tinygrad_edu.stack([w, w])
        (table.T.sum() + (table * w).sum()).backward()
    by_label = {node.id: node.label for node in trace.graph().nodes}
    (edge,) = (
        e for e in trace.graph().edges
        if by_label[e.target] == "Mul" and trace.value("w").id in e.values
    )  # fmt: skip
    assert edge.norm == pytest.approx(np.hypot(2, 4))  # the sum over both rows, not each


@pytest.mark.parametrize("first", [True, False])
def test_a_gradient_of_nothing_but_nan_is_the_largest(first):
    norms = [1.0, float("nan")] if first else [float("nan"), 1.0]
    assert np.isnan(largest(norms))


def test_modules_are_put_together():
    trace = traced("classifier")
    leaf = trace.graph(depth=0).nodes[2]
    assert labels(trace.graph(depth=0)) == ["x", "model", leaf.label, "MseLoss"]
    assert leaf.kind == "input" and leaf.label.startswith("value ")
    inside = [node for node in trace.graph(depth=1).nodes if node.kind == "module"]
    assert [node.label for node in inside] == [
        f"model.{name}" for name in (
            "layer_1", "activation_1", "layer_2", "activation_2", "output_layer",
            "output_activation",
        )
    ]  # fmt: skip
    assert [node.parameters for node in inside] == [176, 0, 136, 0, 9, 0]
    assert labels(trace.graph(depth=2)) == labels(trace.graph(depth=9)) == labels(trace.graph())


def test_a_module_that_is_called_again_is_another_node_and_nothing_goes_in_circles():
    trace = traced("cells")
    graph = trace.graph(depth=1)
    assert [n.label for n in graph.nodes].count("model.cell") == 5
    assert all(n.kind != "parameter" for n in graph.nodes)  # only the cell has used them
    assert len({number for e in trace.events for _, number in e.details.get("running", ())}) == 7
    for depth in (None, 0, 1):
        order(trace.graph(depth))


def order(graph):
    """The nodes, each after what it is made from; an error if there is a circle."""
    before = {node.id: set() for node in graph.nodes}
    for edge in graph.edges:
        before[edge.target].add(edge.source)
    return [*TopologicalSorter(before).static_order()]


def test_which_step():
    _, _, trace = train(steps=2)
    indices = [[i for n in trace.graph(step=s).nodes for i in n.events] for s in (0, 1)]
    assert max(indices[0]) < min(indices[1]) and len(indices[0]) == len(indices[1])
    assert repr(trace.graph()) == repr(trace.graph(step=1))
    for wrong, said in (({"step": 2}, r"no step 2 .* \[0, 1\]"), ({"depth": -1}, "cannot be -1")):
        with pytest.raises(ValueError, match=said):
            trace.graph(**wrong)


def test_a_trace_without_a_backward_pass_or_without_anything():
    with tinygrad_edu.trace.record() as trace:
        pass
    assert repr(trace.graph()) == "<Graph: 0 nodes, 0 edges>"
    drawn(trace.graph())
    with tinygrad_edu.trace.record() as trace:
        (tinygrad_edu.ones(2) * 2).sum()
    assert "No gradient has come back." in drawn(trace.graph())


@pytest.mark.parametrize("upstream", [0.0, float("nan")])
def test_gradients_that_are_all_0_have_come_back(upstream):
    x = tinygrad_edu.ones(2, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        (x * 2).backward(tinygrad_edu.full((2,), upstream))
    text = drawn(trace.graph())
    assert "All gradients are 0, or not finite." in text and "No gradient" not in text


# Pictures -------------------------------------------------------------------------------------

SVG = "{http://www.w3.org/2000/svg}"


def drawn(graph):
    """The picture's text, after a look at all that must be in it, and within it."""
    text = graph.svg()
    root = ElementTree.fromstring(text)
    width, height = float(root.get("width")), float(root.get("height"))
    moved = re.search(r"translate\((\S+) (\S+)\)", root.find(f"{SVG}g").get("transform"))
    boxes = [r for r in root.iter(f"{SVG}rect") if r.get("class") is None]
    nodes, edges = to_draw(graph)
    assert len(boxes) == len(nodes) >= len(graph.nodes) and len(edges) == len(graph.edges)
    places = [[float(box.get(k)) for k in ("x", "y", "width", "height")] for box in boxes]
    for (x, y, w, h), (x2, y2, w2, h2) in itertools.combinations(places, 2):
        assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y, "boxes overlap"
    for x, y, w, h in places:
        assert x + float(moved[1]) > 0 and x + w + float(moved[1]) < width
        assert y + float(moved[2]) > 0 and y + h + float(moved[2]) < height
    paths = [p for p in root.iter(f"{SVG}path") if p.get("class").startswith("tge-edge")]
    assert len(paths) == len(graph.edges)
    assert all(p.get("style") is None for p in paths if "tge-none" in p.get("class"))
    return text


@pytest.mark.parametrize("depth", [None, 0, 1])
@pytest.mark.parametrize("name", MODELS)
def test_models_are_drawn(name, depth):
    trace = traced(name)
    graph = trace.graph(depth)
    text = drawn(graph)
    assert text == trace.graph(depth)._repr_svg_()  # the same each time
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    for node in graph.nodes:
        assert f">{node.label}" in text or f"= {node.label}" in text or len(node.label) > 25


def test_the_largest_gradient_has_the_thickest_line():
    trace = traced("classifier")
    graph = trace.graph()
    root = ElementTree.fromstring(graph.svg())
    widths = {}
    for group in root.iter(f"{SVG}g"):
        path = group.find(f"{SVG}path")
        if path is not None and path.get("style"):
            norm = float(re.search(r"norm (\S+)$", group.find(f"{SVG}title").text)[1])
            widths[norm] = float(re.search(r"stroke-width: ([\d.]+)", path.get("style"))[1])
    ordered = [widths[norm] for norm in sorted(widths)]
    assert len(ordered) > 8 and ordered == sorted(ordered)
    assert ordered[0] == 1 and ordered[-1] == 4


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", range(4))
def test_random_programs_are_drawn_described_and_explained(part):
    for number in range(part, 60, 4):
        side = Side(tinygrad_edu)
        with tinygrad_edu.trace.record() as trace:
            for line in seeded(number):
                side.run(line)
        graph = trace.graph()
        assert len(order(graph)) == len(graph.nodes)
        assert all(edge.source < edge.target for edge in graph.edges)
        drawn(graph)
        nodes, edges = parsed(graph.dot())
        assert len(nodes) == len(graph.nodes) and len(edges) == len(graph.edges)
        for value in trace.values:
            text = trace.explain(value)
            assert text and "None" not in text.partition("\n")[0]


ODD = [
    '<script>alert("x")</script>',
    'a"b\\',
    "line\nbreak",
    "\x00\x1b&amp;",
    "名前" * 30,
    "\ud800",
]


def odd_graph():
    nodes = [
        Node(i, "op", name, shape=name, name=name, module=name, norm=float(i))
        for i, name in enumerate(ODD)
    ]
    norms = [0.0, float("nan"), float("inf"), 1e-300, 3.0]
    edges = [Edge(i, i + 1, ODD[i], norms[i], [0]) for i in range(len(ODD) - 1)]
    return Graph(nodes, edges, ODD[0])


def test_any_name_is_inert():
    text = drawn(odd_graph())
    assert "<script" not in text and "\x00" not in text and "\ud800" not in text
    assert "&lt;script&gt;" in text


def test_a_leaf_that_is_used_often_stands_at_each_use():
    graph = traced("cells").graph()
    nodes, edges = to_draw(graph)
    labels = [node.label for node in nodes]
    assert labels.count("cell.weight_hh") == 5 and labels.count("out.weight") == 1
    by_id = {node.id: node.label for node in nodes}
    assert len(by_id) == len(nodes)
    meant = [(by_id[e.source], e.target, e.values) for e in edges]
    there = [(graph.nodes[e.source].label, e.target, e.values) for e in graph.edges]
    assert sorted(meant, key=str) == sorted(there, key=str)


def test_a_long_name_is_cut_and_whole_in_its_title():
    text = Graph([Node(0, "op", "a" * 31), Node(1, "op", "b" * 30)], [], "").svg()
    assert f">{'a' * 29}…<" in text and f">{'a' * 31}: <" in text
    assert text.count("b" * 30) == 2


def test_files(tmp_path):
    graph = traced("classifier").graph()
    assert graph.svg(tmp_path / "g.svg") == (tmp_path / "g.svg").read_text("utf-8")
    assert graph.dot(tmp_path / "g.dot") == (tmp_path / "g.dot").read_text("utf-8")


# DOT ------------------------------------------------------------------------------------------

TOKEN = re.compile(r'\s*("(?:[^"\\\n]|\\.)*"|->|[\w.]+|[{}\[\];=,])')


def parsed(text):
    """The nodes and edges in a text in the DOT language, read by its grammar."""
    tokens, at = [], 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        assert found, f"no DOT from here: {text[at : at + 40]!r}"
        tokens.append(found[1])
        at = found.end()
    nodes, edges = {}, []

    def attributes():
        held = {}
        if tokens[0] == "[":
            tokens.pop(0)
            while tokens[0] != "]":
                name, equals, value = tokens.pop(0), tokens.pop(0), tokens.pop(0)
                assert equals == "="
                held[name] = value
                if tokens[0] == ",":
                    tokens.pop(0)
            tokens.pop(0)
        return held

    def block():
        assert tokens.pop(0) == "{"
        while tokens[0] != "}":
            first = tokens.pop(0)
            if first == "subgraph":
                tokens.pop(0)
                block()
                continue
            if tokens[0] == "=":
                del tokens[:2]
            elif tokens[0] == "->":
                tokens.pop(0)
                edges.append((first, tokens.pop(0)))
                attributes()
            else:
                held = attributes()
                if first != "node":
                    assert first not in nodes
                    nodes[first] = held
            assert tokens.pop(0) == ";"
        tokens.pop(0)

    assert tokens.pop(0) == "digraph"
    block()
    assert not tokens
    return nodes, edges


@pytest.mark.parametrize("depth", [None, 1])
@pytest.mark.parametrize("name", MODELS)
def test_dot_has_all_of_it(name, depth):
    graph = traced(name).graph(depth)
    nodes, edges = parsed(graph.dot())
    assert set(nodes) == {f"n{node.id}" for node in graph.nodes}
    assert edges == [(f"n{e.source}", f"n{e.target}") for e in graph.edges]
    for node in graph.nodes:
        assert nodes[f"n{node.id}"]["label"].startswith(f'"{node.label}\\n')


def test_clusters_are_modules():
    text = traced("classifier").graph().dot()
    assert text.count("subgraph") == 7
    assert '  subgraph "cluster_model" {' in text
    assert '    subgraph "cluster_model.layer_1" {' in text


def test_dot_of_any_name_is_valid():
    nodes, edges = parsed(odd_graph().dot())
    assert len(nodes) == len(ODD) and len(edges) == len(ODD) - 1
    assert quoted('a"b\\N\n\x00') == '"a\\"b\\\\N\\n"'


# The layout -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs_are_laid_out(seed):
    choice = random.Random(seed)
    count = choice.randint(1, 30)
    widths = {i: choice.uniform(10, 200) for i in range(count)}
    pairs = [*itertools.combinations(range(count), 2)]
    edges = choice.sample(pairs, min(len(pairs), choice.randint(0, 2 * count)))
    places = layout(widths, edges, 10, (5, 20))
    for source, target in edges:
        way = [places.y[source], *(y for _, y in places.ways[source, target]), places.y[target]]
        assert all(abs(b - a - 30) < 1e-9 for a, b in itertools.pairwise(way))
    rows = {}
    for node, y in places.y.items():
        rows.setdefault(y, []).append(node)
        assert widths[node] / 2 - 1e-6 <= places.x[node] <= places.width - widths[node] / 2 + 1e-6
        assert 5 <= y <= places.height - 5
    for row in rows.values():
        row.sort(key=places.x.__getitem__)
        for left, right in itertools.pairwise(row):
            between = places.x[right] - places.x[left] - (widths[left] + widths[right]) / 2
            assert between >= 5 - 1e-6


def test_what_leads_to_one_place_only_stands_above_it():
    """A long chain, at whose end joins what was computed from two leaves."""
    chain = [(i, i + 1) for i in range(6)]
    places = layout(dict.fromkeys(range(10), 10.0), [*chain, (7, 9), (8, 9), (9, 6)], 10, (5, 20))
    layer = {node: (y - 5) / 30 for node, y in places.y.items()}
    assert [layer[i] for i in (6, 9, 7, 8)] == [6, 5, 4, 4]


def test_a_tree_has_no_crossings_and_parents_are_in_the_middle():
    edges = [(i, j) for i in range(7) for j in (2 * i + 1, 2 * i + 2)]
    edges = random.Random(0).sample(edges, len(edges))
    places = layout(dict.fromkeys(range(15), 10.0), edges, 10, (5, 20))
    for a, b in itertools.combinations(edges, 2):
        if places.y[a[0]] == places.y[b[0]]:
            upper = places.x[a[0]] - places.x[b[0]]
            assert upper * (places.x[a[1]] - places.x[b[1]]) >= 0
    for node in range(7):
        middle = (places.x[2 * node + 1] + places.x[2 * node + 2]) / 2
        assert abs(places.x[node] - middle) < 2


def test_crossings_are_counted():
    below = {0: [2, 3], 1: [2], 2: [], 3: []}
    assert crossings([[0, 1], [2, 3]], below) == 1
    assert crossings([[1, 0], [2, 3]], below) == 0
    assert crossings([[0, 1], [3, 2]], below) == 0


@pytest.mark.parametrize("seed", range(20))
def test_a_row_is_as_near_to_what_is_wanted_as_can_be(seed):
    """No small change that keeps the gaps makes the sum of squares smaller."""
    draws = np.random.default_rng(seed)
    wanted, halves = draws.uniform(0, 100, 6), draws.uniform(1, 20, 6)
    found = np.array(apart(list(wanted), list(halves), 3.0))
    spaces = halves[1:] + halves[:-1] + 3
    assert (np.diff(found) >= spaces - 1e-9).all()
    for _ in range(200):
        other = found + draws.normal(0, 0.1, 6)
        if (np.diff(other) >= spaces).all():
            assert np.square(other - wanted).sum() >= np.square(found - wanted).sum() - 1e-9
