"""The backward pass: from the loss back to every leaf, one node at a time.

`backward_pass` is a generator. Each step runs one node: it takes the complete gradient of the
node's output, asks the node for its derivatives, and hands each result on to the node that made
the argument, where it is added to what has already arrived. Then it yields a `Step`, a record of
what has just happened. ``Tensor.backward`` drains the generator; a stepper takes the same steps
one by one.

A node runs when its gradient is complete, that is when all its contributions have arrived. Of
several such nodes the one recorded last goes first, and leaves go before all others: that is
PyTorch's order, so sums of several gradients are added in the same order and round the same way.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..dtypes import from_numpy_dtype
from .grad_mode import set_grad_enabled
from .graph import AccumulateGrad, Array, Edge, Node, TensorBase, wrap
from .op import OpNode, undo_broadcast


class Contribution(NamedTuple):
    """A gradient that one node has handed to another.

    Attributes
    ----------
    edge : Edge
        To which output of which node it went.
    grad : Array or None
        The gradient, in the shape and dtype of that output; None stands for zero.
    summed_axes : tuple of int
        The axes it was summed over, because the argument was broadcast along them.
    arrived, expected : int
        It was number `arrived` of the `expected` ones which that node waits for.
    """

    edge: Edge
    grad: Array
    summed_axes: tuple[int, ...]
    arrived: int
    expected: int


class Step(NamedTuple):
    """What one step of the backward pass has done.

    Attributes
    ----------
    node : Node
        The node that ran.
    grad_outputs : list of Array
        The complete gradients with respect to its outputs.
    contributions : list of Contribution
        What it gave to its arguments. Empty for a leaf: the gradient was added to its ``grad``.
    """

    node: Node
    grad_outputs: list[Array]
    contributions: list[Contribution]


class Inbox:
    """The gradients that are on their way: what has arrived where, and which nodes are complete.

    Parameters
    ----------
    expected : dict of Node to int
        How many contributions each node waits for.
    """

    def __init__(self, expected: dict[Node, int]) -> None:
        self.expected = expected
        self._arrived = dict.fromkeys(expected, 0)
        self._sums: dict[Node, list[Array]] = {}
        self._ready: list[tuple[float, int, Node]] = []
        self.borrowed: set[Node] = set()  # nodes whose gradient is an array that others hold too

    def add(self, edge: Edge, grad: Array, fresh: bool) -> int:
        """Deliver one contribution, and say how many have now arrived at its node."""
        node, number = edge
        assert node is not None
        sums = self._sums.setdefault(node, [None] * len(node.metadata))
        if sums[number] is None:
            sums[number] = grad
            if not fresh:
                self.borrowed.add(node)
        elif grad is not None:
            sums[number] = sums[number] + grad
            self.borrowed.discard(node)
        self._arrived[node] = arrived = self._arrived[node] + 1
        if arrived == self.expected[node]:
            priority = -math.inf if isinstance(node, AccumulateGrad) else -node.sequence_nr
            heapq.heappush(self._ready, (priority, node.sequence_nr, node))
        return arrived

    def complete(self) -> Iterator[tuple[Node, list[Array]]]:
        """Every node with its gradients, as soon as they are complete."""
        while self._ready:
            node = heapq.heappop(self._ready)[-1]
            yield node, self._sums.pop(node)


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
    inbox = Inbox(count_contributions(roots, captured))
    for edge, grad in zip(roots, grads, strict=True):
        if edge.node in inbox.expected:
            inbox.add(edge, grad, fresh=False)
    for node, grad_outputs in inbox.complete():
        borrowed = node in inbox.borrowed
        if run_output_hooks(node, grad_outputs):
            borrowed = True
        for edge in captured or ():
            if edge.node is node and captured is not None:
                captured[edge] = grad_outputs[edge.output_nr]
        if isinstance(node, AccumulateGrad):
            if captured is None and grad_outputs[0] is not None:
                accumulate(node.variable, grad_outputs[0], borrowed)
                yield Step(node, grad_outputs, [])
        elif any(edge.node in inbox.expected for edge in node.next_functions):
            with set_grad_enabled(create_graph):
                grad_inputs = run(node, grad_outputs, create_graph)
            if not retain_graph:
                node.release()
            yield Step(node, grad_outputs, hand_on(node, grad_outputs, grad_inputs, inbox))


def count_contributions(
    roots: Iterable[Edge], targets: Iterable[Edge] | None = None
) -> dict[Node, int]:
    """How many gradients will arrive at each node: one for each use of each of its outputs.

    Parameters
    ----------
    roots : iterable of Edge
        Where gradients come from.
    targets : iterable of Edge, optional
        If given, only the nodes on a way to one of these count.
    """
    expected: dict[Node, int] = {}
    stack = list(roots)
    while stack:
        node = stack.pop().node
        if node in expected:
            expected[node] += 1
        elif node is not None:
            expected[node] = 1
            stack.extend(node.next_functions)
    if targets is None:
        return expected
    useful = {edge.node for edge in targets}
    for node in sorted(expected, key=lambda node: node.sequence_nr):  # arguments before results
        if any(edge.node in useful for edge in node.next_functions):
            useful.add(node)
    edges = [*roots, *(e for n in expected if n in useful for e in n.next_functions)]
    expected = {}
    for edge in edges:
        if edge.node is not None and edge.node in useful:
            expected[edge.node] = expected.get(edge.node, 0) + 1
    return expected


def run(node: Node, grad_outputs: list[Array], create_graph: bool) -> Sequence[Array]:
    """The derivatives of one node, between the hooks that users put before and after it."""
    if all(grad is None for grad in grad_outputs):
        return [None] * len(node.next_functions)
    grads = [
        fill_in(node, number, create_graph) if grad is None else grad
        for number, grad in enumerate(grad_outputs)
    ]
    if node.hooks is None:
        return node.derivatives(grads, create_graph)
    outputs = tuple(map(as_tensor, grads))
    for hook in tuple(node.hooks.before.values()):
        outputs = hook(outputs) or outputs
    inputs = node.derivatives([like(o, create_graph) for o in outputs], create_graph)
    tensors = tuple(None if grad is None else as_tensor(grad) for grad in inputs)
    for hook in tuple(node.hooks.after.values()):
        tensors = hook(tensors, outputs) or tensors
    return [None if t is None else like(t, create_graph) for t in tensors]


def fill_in(node: Node, number: int, create_graph: bool) -> Array:
    """Zeros for an output that nobody used."""
    zeros = np.zeros(*node.metadata[number])
    return wrap(zeros) if create_graph else zeros


def hand_on(
    node: Node, grad_outputs: list[Array], grad_inputs: Sequence[Array], inbox: Inbox
) -> list[Contribution]:
    """Deliver a node's results: first undo broadcasting, and take the argument's dtype."""
    contributions = []
    for index, (edge, grad) in enumerate(zip(node.next_functions, grad_inputs, strict=True)):
        if edge.node not in inbox.expected:
            continue
        axes: tuple[int, ...] = ()
        # Ours to keep, if the derivative has just made it; a user's function may return anything.
        fresh = isinstance(node, OpNode) and not any(grad is g for g in grad_outputs)
        if grad is not None:
            shape, dtype = edge.node.metadata[edge.output_nr]
            try:
                grad, axes = undo_broadcast(grad, shape)
            except ValueError:
                raise RuntimeError(
                    f"Function {node.name()} returned an invalid gradient at index {index} - got "
                    f"{list(grad.shape)} but expected shape compatible with {list(shape)}"
                ) from None
            grad = to_dtype(grad, dtype)
            fresh = fresh and (isinstance(grad, TensorBase) or grad.base is None)
        arrived = inbox.add(edge, grad, fresh)
        expected = inbox.expected[edge.node]
        contributions.append(Contribution(edge, grad, axes, arrived, expected))
    return contributions


def to_dtype(grad: Array, dtype: np.dtype[np.generic]) -> Array:
    """`grad` in the dtype of the tensor it belongs to."""
    if isinstance(grad, np.ndarray | np.generic):
        return grad if grad.dtype is dtype else grad.astype(dtype, copy=False)
    return grad.to(from_numpy_dtype(dtype))


def accumulate(variable: TensorBase, grad: Array, borrowed: bool = True) -> None:
    """Add `grad` to ``variable.grad``.

    Like PyTorch, it adds in place, so that whoever holds the gradient sees the sum; but not under
    ``create_graph``, where the old sum may be part of a graph.
    """
    before = variable._grad
    if not isinstance(grad, np.ndarray | np.generic):  # a Tensor
        variable._grad = grad.clone() if before is None else before + grad
    elif before is None:
        variable._grad = wrap(grad.copy() if borrowed else grad)
    else:
        np.add(before.array, grad, out=before.array)
        before._version += 1
    for hook in tuple((variable._accumulated_hooks or {}).values()):
        hook(variable)


def run_output_hooks(node: Node, grads: list[Array]) -> bool:
    """Show complete gradients to the hooks of the tensors they belong to.

    Returns
    -------
    bool
        Whether any hook saw one; it may then have kept, or replaced, the gradient.
    """
    if isinstance(node, AccumulateGrad):
        by_output = {0: node.variable._hooks} if node.variable._hooks else {}
    else:
        by_output = node.hooks.outputs if node.hooks else {}
    seen = False
    for number, hooks in by_output.items():
        for hook in tuple(hooks.values()):
            if grads[number] is not None:
                seen = True
                replacement = hook(as_tensor(grads[number]))
                if replacement is not None:
                    grads[number] = like(replacement, isinstance(grads[number], TensorBase))
    for number, reference in node.hooks.retaining.items() if node.hooks else ():
        tensor = reference()
        if tensor is not None and grads[number] is not None:
            accumulate(tensor, grads[number])
    return seen


def as_tensor(grad: Array) -> Array:
    """What a hook sees of a gradient."""
    return grad if isinstance(grad, TensorBase) else wrap(grad)


def like(tensor: TensorBase, create_graph: bool) -> Array:
    """What the engine works on: the tensor under `create_graph`, and else its array."""
    return tensor if create_graph else tensor.array
