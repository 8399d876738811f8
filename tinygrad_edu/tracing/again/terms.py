"""The terms that an element of a gradient is made of.

A derivative is linear in the gradient that comes in: each element of what it returns is a sum of
elements of that gradient, each times a number, its *coefficient*. The coefficients are found by
differentiating the derivative itself, as ``create_graph=True`` does: so for every op there are, and
they are those of the very lines that ran.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...autograd import engine
from ...autograd.grad_mode import set_grad_enabled
from ...autograd.graph import NO_EDGE, Node, wrap
from ...autograd.op_node import OpNode
from ...random import fork_rng
from ...tensor import Tensor
from ..acts import Call, Ref
from ..described import argument_names
from ..events import Event
from ..traces import FROM_FILE, Trace
from .one_call import Index, called_again, float_positions, is_op, pulled, whole


@dataclass(frozen=True)
class Term:
    """One term of an element of a gradient.

    Attributes
    ----------
    index : tuple of int
        Of the element of the incoming gradient.
    coefficient, grad, product : float
        The derivative of the element with respect to that one; that one; both multiplied.
    of : str
        Which incoming gradient, as the event's `inputs` name it: "grad", or of an op with several
        outputs "grad_1".
    """

    index: Index
    coefficient: float
    grad: float
    product: float
    of: str = "grad"


class Terms(NamedTuple):
    """An element of a gradient, term by term.

    Attributes
    ----------
    rows : list of Term
        Those whose coefficient is not 0.
    total : float
        The sum of their products.
    """

    rows: list[Term]
    total: float


def terms(trace: Trace, event: Event, index: Index) -> Terms:
    """The terms that make up one element of what a derivative has returned.

    Parameters
    ----------
    trace : Trace
        As it was recorded, or a replay; not one from a file.
    event : Event
        Of the kind "derivative".
    index : tuple of int
        The place of the element.

    Raises
    ------
    ValueError
        If the event is none of a derivative.
    IndexError
        If there is no such element.
    RuntimeError
        If there are no terms to be had; it says why.
    """
    return Derivative(trace, event).terms(index)


def sparse(
    trace: Trace, event: Event, budget: int = 2000
) -> list[tuple[Index, list[tuple[Index, float]]]]:
    """The coefficients of the elements of what a derivative has returned, as far as they go.

    Parameters
    ----------
    trace, event
        As for `terms`.
    budget : int
        How many coefficients may be listed in all.

    Returns
    -------
    list of (index, list of (index in the incoming gradient, coefficient))
        From the first element on, only whole ones; coefficients of 0 are left out. Of an op with
        several outputs, the index begins with the number of the output.
    """
    derivative = Derivative(trace, event)
    found: list[tuple[Index, list[tuple[Index, float]]]] = []
    for index in np.ndindex(derivative.out.array.shape):
        several = len(derivative.grads) > 1
        row = [
            ((number, *place), coefficient) if several else (place, coefficient)
            for number, place, coefficient in derivative.coefficients(index)
        ]
        budget -= len(row)
        if budget < 0:
            break
        found.append((index, row))
    return found


class Derivative:
    """A derivative, called again on tensors, which record what it does with the gradient.

    Parameters
    ----------
    trace : Trace
    event : Event

    Attributes
    ----------
    grads : list of Tensor
        The incoming gradients.
    out : Tensor
        What it returns.
    """

    def __init__(self, trace: Trace, event: Event) -> None:
        if event.kind != "derivative":
            raise ValueError(f"event {event.index} is no derivative, but of kind {event.kind!r}")
        if trace.from_file:
            raise RuntimeError(FROM_FILE)
        call = None if event.forward is None else trace.calls.get(event.forward)
        if call is None:
            raise RuntimeError(
                f"the forward call of event {event.index}, {event.title}, is not in the trace: it "
                "was made before the recording began"
            )
        self.trace, self.title = trace, event.title
        self.names: list[str] = []
        node, number = self._node(call, event.details["argument"])
        self.grads = self._incoming(event, node)
        edges = [edge if i == number else NO_EDGE for i, edge in enumerate(node.next_functions)]
        with set_grad_enabled(True), np.errstate(all="ignore"), fork_rng():
            out = engine.run_node(node, list(self.grads), edges, True)[number]
        self.out: Tensor = out

    def _node(self, call: Call, argument: str) -> tuple[Node, int]:
        """The node of the call, made again; and which of its edges is that of an argument."""
        if is_op(call):
            position = argument_names(call.op, len(call.args)).index(argument)
            _, results = called_again(self.trace, call, self.title, [position])
        else:  # a user's function: of its tensors one knows only their order
            tensors = [n for n, item in enumerate(call.args) if isinstance(item, Ref)]
            position = tensors[int(argument)]
            wanted = float_positions(self.trace, call)
            _, results = called_again(self.trace, call, self.title, wanted)
        node: Node = next(r.grad_fn for r in results if r.grad_fn is not None)
        if isinstance(node, OpNode):
            return node, [rule.position for rule in node.rules].index(position)
        return node, int(argument)

    def _incoming(self, event: Event, node: Node) -> list[Any]:
        """The gradients of the node's outputs; None where there is none."""
        single = len(node.metadata) == 1
        self.names = ["grad" if single else f"grad_{i}" for i in range(len(node.metadata))]
        grads: list[Any] = []
        for name in self.names:
            if name not in event.inputs:
                grads.append(None)
                continue
            grads.append(wrap(whole(self.trace, event.inputs[name], self.title).copy()))
            grads[-1]._requires_grad = True
        return grads

    def coefficients(self, index: Index) -> Iterator[tuple[int, Index, float]]:
        """The coefficients that are not 0 of one element: number of the incoming gradient, index
        in it, and coefficient."""
        if len(index) != self.out.array.ndim or not all(
            0 <= i < n for i, n in zip(index, self.out.array.shape, strict=True)
        ):
            raise IndexError(f"{index} is no element of shape {self.out.array.shape}")
        if not self.out._requires_grad:  # it is a constant, as the derivative of a step
            return
        present = [(i, grad) for i, grad in enumerate(self.grads) if grad is not None]
        try:
            found = pulled(self.out, index, [grad for _, grad in present])
        except RuntimeError as error:
            raise RuntimeError(f"{self.title} cannot be taken apart into terms: {error}") from None
        for (number, _), row in zip(present, found, strict=True):
            if row is not None:
                for place in np.argwhere(row).tolist():
                    spot = tuple(place)
                    yield number, spot, float(row[spot])

    def terms(self, index: Index) -> Terms:
        """The terms of one element."""
        rows = []
        for number, place, coefficient in self.coefficients(index):
            grad = self.grads[number].array[place]
            with np.errstate(all="ignore"):  # nan and infinity are what one may be looking for
                product = float(grad.dtype.type(coefficient) * grad)
            rows.append(Term(place, coefficient, float(grad), product, self.names[number]))
        return Terms(rows, float(sum(row.product for row in rows)))
