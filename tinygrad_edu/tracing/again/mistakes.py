"""The classic mistakes of those who write an engine, each put into this one for a while.

Each is a small context manager that swaps one function of the engine for one with the mistake.
`what_if` makes a recorded step with each of them. Everything runs: nothing is simulated.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from ...autograd import engine
from ...autograd.broadcasting import undo_broadcast
from ...autograd.differentiable import forget_grad
from ...autograd.engine import GradientBuffer
from ...autograd.graph import AccumulateGrad, Array, Node, Shape
from ...tensor import Tensor
from ..seams import replaced
from . import replay


class Overwriting(GradientBuffer):
    """A buffer in which a contribution takes the place of what has arrived before."""

    def add(self, node: Node, number: int, grad: Array) -> tuple[int, int]:
        """Deliver `grad`, and lose what was there."""
        if node in self.waiting and grad is not None:
            self.waiting[node][1][number] = None
        return super().add(node, number, grad)


class DepthFirst(GradientBuffer):
    """A buffer from which a node goes as soon as it is reached, and only once: what arrives later
    is added to its gradient, but not handed on."""

    def __init__(self, expected: dict[Node, int]) -> None:
        super().__init__(expected)
        self.pushed = 0

    def add(self, node: Node, number: int, grad: Array) -> tuple[int, int]:
        """Deliver `grad`; a node that is reached for the first time goes next."""
        first = node not in self.waiting
        arrived, sums = self.waiting.get(node, (0, [None] * len(node.metadata)))
        if isinstance(node, AccumulateGrad):
            sums = [None]  # a leaf hands nothing on, and may add up as often as it likes
        if sums[number] is None:
            sums[number] = grad
        elif grad is not None:
            sums[number] = sums[number] + grad
        self.waiting[node] = arrived + 1, sums
        if first or isinstance(node, AccumulateGrad):
            ran = self.pushed - len(self.ready)  # what comes from the last node goes first
            heapq.heappush(self.ready, (self.pushed - ran * 2**40, node, sums))
            self.pushed += 1
        return arrived + 1, self.expected[node]


def keep_broadcast(grad: Array, shape: Shape) -> tuple[Array, tuple[int, ...]]:
    """`undo_broadcast`, but nothing is summed: the gradient keeps the shape of the result."""
    return grad, ()


def keep_grad(variable: Tensor, set_to_none: bool) -> None:
    """`forget_grad`, but nothing is forgotten."""


def zero_grad_forgotten() -> AbstractContextManager[None]:
    """Gradients are not forgotten before the next backward pass."""
    return replaced(replay, "forget_grad", keep_grad)


def overwritten() -> AbstractContextManager[None]:
    """A contribution is assigned where it should be added."""
    return replaced(engine, "GradientBuffer", Overwriting)


def broadcast_kept() -> AbstractContextManager[None]:
    """The gradient of an argument that was broadcast is not summed to its shape.

    It keeps the shape of the result, as in an engine of ``self.grad = self.grad + ...``, where it
    goes unnoticed until something does not fit.
    """
    return replaced(engine, "undo_broadcast", keep_broadcast)


def depth_first() -> AbstractContextManager[None]:
    """Nodes run as soon as they are reached, and not when their gradient is complete."""
    return replaced(engine, "GradientBuffer", DepthFirst)


class Mistake(NamedTuple):
    """A mistake, and what is said of it.

    Attributes
    ----------
    manager : callable
        Makes it, inside of ``with``.
    title, explanation : str
    harmless : str
        Why it does nothing where it does nothing.
    right, wrong : callable
        The engine's function, and what takes its place.
    """

    manager: Callable[[], AbstractContextManager[None]]
    title: str
    explanation: str
    harmless: str
    right: Callable[..., Any]
    wrong: Callable[..., Any]


MISTAKES = (
    Mistake(
        zero_grad_forgotten, "zero_grad forgotten",
        "A backward pass adds to .grad, so what the last step left there stays in the sum. The "
        "step is run twice, and the second pass is looked at.",
        "the second step's gradients are all that there is",
        forget_grad, keep_grad,
    ),
    Mistake(
        overwritten, "gradient overwritten, not added",
        "A tensor that is used in several places gets a contribution from each of them, and its "
        "gradient is their sum. With = in place of +=, only the last one to arrive is left.",
        "no gradient that leads to a parameter has two contributions that are not 0",
        GradientBuffer.add, Overwriting.add,
    ),
    Mistake(
        broadcast_kept, "sum over broadcast axes forgotten",
        "An argument that was broadcast was used once for each repetition, so its gradient is the "
        "sum over them. Without that sum it keeps the shape of the result.",
        "no argument that leads to a parameter was broadcast; a Linear layer's own derivative adds "
        "up over the batch",
        undo_broadcast, keep_broadcast,
    ),
    Mistake(
        depth_first, "nodes visited depth-first",
        "A node may hand on its gradient only when all contributions have arrived. Here each runs "
        "as soon as it is reached, once: what arrives later never goes further.",
        "each gradient that leads to a parameter happened to be complete when its node was reached",
        GradientBuffer.add, DepthFirst.add,
    ),
)  # fmt: skip
