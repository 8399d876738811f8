"""The backward pass: from the loss back to every leaf, one node at a time.

`backward_pass` is a generator. Each step runs one node: it takes the complete gradient of the
node's output, asks the node for its derivatives, and hands each of them on to the node that made
the argument, where it is added to what has already arrived. Then it yields a `Step`, a record of
what has just happened. ``Tensor.backward`` drains the generator; a stepper takes the same steps
one by one.

A node runs when its gradient is complete: when all contributions have arrived that the graph says
will come, one for each use of its output. Of several such nodes the one recorded last goes first,
and leaves go before all others. That is PyTorch's order, so sums of several gradients are added in
the same order and round the same way.

In a debugger three frames lie between ``Tensor.backward`` and the derivative that runs:
`backward_pass`, `run_node`, and the node's `backward`. To stop at each node in pdb:
``b torch.autograd.engine.run_node``, and for leaves ``accumulate``.

The method is reverse accumulation [1]_.

.. [1] A. Griewank and A. Walther, "Evaluating Derivatives", 2nd edition, SIAM 2008, chapter 3.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .broadcasting import undo_broadcast
from .grad_mode import derivative_on_tensors, set_grad_enabled
from .gradients import add_to_grad, as_tensor, copied, held_elsewhere, in_mode, to_dtype
from .graph import NO_EDGE, AccumulateGrad, Array, Edge, Node, NoEdge, Shape
from .hooks import accumulate_hooked, run_output_hooks, shown
from .op_node import OpNode


class Step(NamedTuple):
    """What one step of the backward pass has done.

    The arrays are those that the engine works with, and a leaf's gradient goes on changing: copy
    what is to stay as it is.

    Attributes
    ----------
    node : Node
        The node that ran.
    grad_outputs : list of Array
        The complete gradients with respect to its outputs; None stands for zero.
    grad_inputs : list of Array
        What was handed on to each of ``node.next_functions``. Empty for a leaf: its gradient was
        added to its ``grad``.
    counts : list of (int, int)
        Of each of these, which contribution to its node it was, and of how many: (k, n); (0, 0)
        where there is none.
    summed_axes : dict of int to tuple of int
        By their place in `grad_inputs`, the gradients that were summed over axes, because the
        argument had been broadcast along them.
    """

    node: Node
    grad_outputs: list[Array]
    grad_inputs: list[Array]
    counts: list[tuple[int, int]]
    summed_axes: dict[int, tuple[int, ...]]


class GradientBuffer:
    """The gradients that are on their way: what has arrived where, and which nodes are ready.

    Parameters
    ----------
    expected : dict of Node to int
        How many contributions each node waits for.
    """

    def __init__(self, expected: dict[Node, int]) -> None:
        self.expected = expected
        self.waiting: dict[Node, tuple[int, list[Array]]] = {}  # how many have arrived; their sums
        self.ready: list[tuple[int, Node, list[Array]]] = []  # a heap: the last recorded first

    def add(self, node: Node, number: int, grad: Array) -> tuple[int, int]:
        """Deliver `grad` to output `number` of `node`; say which it was to arrive there, and of
        how many."""
        expected = self.expected[node]
        if node in self.waiting:
            arrived, sums = self.waiting.pop(node)
        else:
            arrived, sums = 0, [None] * len(node.metadata)
        if sums[number] is None:
            sums[number] = grad
        elif grad is not None:
            sums[number] = sums[number] + grad
        arrived += 1
        if arrived == expected:
            heapq.heappush(self.ready, (-node.sequence_nr, node, sums))
        else:
            self.waiting[node] = arrived, sums
        return arrived, expected


def backward_pass(
    roots: Sequence[Edge],
    grads: Sequence[Array],
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
    captured: dict[Edge, Array] | None = None,
) -> Iterator[Step]:
    """Run the nodes behind `roots`, from the last recorded to the leaves.

    Parameters
    ----------
    roots : sequence of Edge
        Where to start.
    grads : sequence of Array
        The gradient with respect to each root: arrays, or tensors under `create_graph`.
    retain_graph : bool
        Whether nodes keep what they saved, so that another pass can run through them.
    create_graph : bool
        Whether derivatives work on tensors, and so are themselves recorded.
    captured : dict of Edge to Array, optional
        If given, only the nodes on the way to these edges run, the gradients that arrive there
        are put into it, and no leaf's ``grad`` changes.

    Yields
    ------
    Step
        After each node that has run.
    """
    useful = None if captured is None else nodes_on_the_way(roots, captured)
    buffer = GradientBuffer(count_contributions(roots, useful))
    for (node, number), grad in zip(roots, grads, strict=True):
        if useful is None or node in useful:
            grad = to_dtype(grad, node.metadata[number][1])
            buffer.add(node, number, copied(grad) if isinstance(node, AccumulateGrad) else grad)
        elif node.hooks is not None:  # it leads nowhere, but is shown all the same
            shown = [grad if i == number else None for i in range(len(node.metadata))]
            run_output_hooks(node, node.hooks, shown, create_graph)
    while buffer.ready:
        _, node, grad_outputs = heapq.heappop(buffer.ready)
        edges: Sequence[Edge | NoEdge] = node.next_functions
        last = False  # whether a gradient was wanted here, and none behind
        if useful is not None and captured is not None:
            edges = [edge if edge[0] in useful else NO_EDGE for edge in edges]
            last = all(argument is None for argument, _ in edges)
            if not last:  # as in PyTorch, before a hook may change it
                capture(node, grad_outputs, captured)
        if node.hooks is not None:
            run_output_hooks(node, node.hooks, grad_outputs, create_graph)
        if last and captured is not None:
            capture(node, grad_outputs, captured)
            continue
        if isinstance(node, AccumulateGrad):
            accumulate(node, grad_outputs)
            yield Step(node, grad_outputs, [], [], {})
            continue
        grad_inputs = run_node(node, grad_outputs, edges, create_graph)
        if not retain_graph:
            node.release()
        counts, summed_axes = send_gradients(node, grad_outputs, edges, grad_inputs, buffer)
        yield Step(node, grad_outputs, grad_inputs, counts, summed_axes)


def count_contributions(roots: Iterable[Edge], useful: set[Node] | None = None) -> dict[Node, int]:
    """How many gradients will arrive at each node (of those in `useful`, if that is given)."""
    expected: dict[Node, int] = {}
    stack: list[Edge | NoEdge] = list(roots)
    while stack:
        node = stack.pop()[0]
        if node is None or (useful is not None and node not in useful):
            continue
        if node in expected:
            expected[node] += 1
        else:
            expected[node] = 1
            stack += node.next_functions
    return expected


def nodes_on_the_way(roots: Iterable[Edge], targets: Iterable[Edge]) -> set[Node]:
    """The nodes that lie on a way from `roots` to one of `targets`, both ends included."""
    reached: set[Node] = set()
    stack: list[Edge | NoEdge] = list(roots)
    while stack:
        node = stack.pop()[0]
        if node is not None and node not in reached:
            reached.add(node)
            stack += node.next_functions
    useful = {node for node, _ in targets}
    for node in sorted(reached, key=lambda node: node.sequence_nr):  # arguments before results
        if any(argument in useful for argument, _ in node.next_functions):
            useful.add(node)
    return useful


def capture(node: Node, grads: list[Array], captured: dict[Edge, Array]) -> None:
    """Put the gradients of a node's outputs where they were asked for."""
    for number, grad in enumerate(grads):
        if (node, number) in captured:
            captured[node, number] = grad


def run_node(
    node: Node, grad_outputs: list[Array], edges: Sequence[Edge | NoEdge], create_graph: bool
) -> list[Array]:
    """What a node hands on to the arguments that have an edge, after its hooks have seen it."""
    if node.hooks is None and not create_graph:
        if len(grad_outputs) == 1 and grad_outputs[0] is not None:  # nothing to be filled in
            return node.backward(grad_outputs, edges, False)
        return derivatives(node, grad_outputs, edges, False)
    with set_grad_enabled(create_graph):
        before, after = (node.hooks.before, node.hooks.after) if node.hooks else ({}, {})
        outputs = shown(before, tuple(map(as_tensor, grad_outputs)))
        grads = [in_mode(grad, create_graph) for grad in outputs]
        with derivative_on_tensors(create_graph and isinstance(node, OpNode)):
            results = derivatives(node, grads, edges, create_graph)
        inputs = shown(after, tuple(map(as_tensor, results)), outputs)
        return [in_mode(grad, create_graph) for grad in inputs]


def derivatives(
    node: Node, grad_outputs: list[Array], edges: Sequence[Edge | NoEdge], create_graph: bool
) -> list[Array]:
    """The derivatives of one node; of an output that nobody has used the gradient is 0."""
    if len(grad_outputs) > 1 or grad_outputs[0] is None:
        if isinstance(node, OpNode) and all(grad is None for grad in grad_outputs):
            return [None] * len(edges)
        if node.materialize_grads:
            grad_outputs = [
                in_mode(np.zeros(*kind), create_graph) if grad is None and kind else grad
                for grad, kind in zip(grad_outputs, node.metadata, strict=True)
            ]
    return node.backward(grad_outputs, edges, create_graph)


def send_gradients(
    node: Node,
    grad_outputs: list[Array],
    edges: Sequence[Edge | NoEdge],
    grad_inputs: list[Array],
    buffer: GradientBuffer,
) -> tuple[list[tuple[int, int]], dict[int, tuple[int, ...]]]:
    """Deliver a node's derivatives, in the shape and dtype of the arguments they belong to.

    Returns
    -------
    list, dict
        The `counts` and `summed_axes` of the `Step`.
    """
    counts: list[tuple[int, int]] = []
    summed_axes: dict[int, tuple[int, ...]] = {}
    for index, (argument, number) in enumerate(edges):
        if argument is None:
            counts.append((0, 0))
            continue
        grad = grad_inputs[index]
        if grad is not None:
            shape, dtype = argument.metadata[number]
            if grad.shape != shape:
                grad, summed_axes[index] = reduced(node, index, grad, shape)
            if grad.dtype is not dtype:
                grad = to_dtype(grad, dtype)
            if isinstance(argument, AccumulateGrad) and held_elsewhere(grad, node, grad_outputs):
                grad = copied(grad)
            grad_inputs[index] = grad
        counts.append(buffer.add(argument, number, grad))
    return counts, summed_axes


def reduced(node: Node, index: int, grad: Array, shape: Shape) -> tuple[Array, tuple[int, ...]]:
    """`grad` summed to `shape`, and the axes that were summed."""
    try:
        return undo_broadcast(grad, shape)
    except ValueError:
        raise RuntimeError(
            f"Function {node.name()} returned an invalid gradient at index {index} - got "
            f"{list(grad.shape)} but expected shape compatible with {list(shape)}"
        ) from None


def accumulate(node: AccumulateGrad, grads: list[Array]) -> None:
    """Add the gradient that has arrived at a leaf, and which nobody else holds, to its ``grad``."""
    variable = node.variable
    if variable is None:
        return
    if node.hooks is None:
        add_to_grad(variable, grads[0])
    else:
        accumulate_hooked(variable, node.hooks, grads)
