"""The classic mistakes of those who write an engine, each put into this one for a while.

Each is a small context manager that swaps one function of the engine for one with the mistake.
`what_if` makes a recorded step again with each of them in turn, and says in numbers what goes
wrong. Everything runs: nothing is simulated.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ...autograd import engine
from ...autograd.broadcasting import undo_broadcast
from ...autograd.differentiable import forget_grad
from ...autograd.engine import GradientBuffer
from ...autograd.graph import AccumulateGrad, Array, Node, Shape
from ...tensor import Tensor
from ..acts import Act, Added, Call, Pass, Update
from ..events import Code
from ..places import code_of
from ..seams import replaced
from ..traces import Trace
from . import replay
from .replay import ERRORS, Replay, check

#: By the names of parameters; None where there is none.
Grads: TypeAlias = dict[str, "np.ndarray[Any, Any] | None"]


class Row(NamedTuple):
    """What a mistake does to one parameter's gradient.

    Attributes
    ----------
    parameter : str
        Its name.
    right_norm, wrong_norm : float
        The root of the sum of squares of its gradient, without the mistake and with it; 0 where
        there is none.
    largest_difference : float
        Between two elements; where the shapes differ, after broadcasting.
    """

    parameter: str
    right_norm: float
    wrong_norm: float
    largest_difference: float


@dataclass
class WhatIf:
    """A step with a mistake in the engine.

    Attributes
    ----------
    name : str
        Of the context manager: "overwritten".
    title : str
        The mistake, in a few words.
    explanation : str
        What is wrong with it, and a sentence with what it does here, in numbers.
    rows : list of Row
        One for each parameter.
    error : str
        What the engine raised; "" if it ran to its end.
    right, wrong : Code or None
        The engine's function, and that with the mistake.
    """

    name: str
    title: str
    explanation: str
    rows: list[Row]
    error: str = ""
    right: Code | None = None
    wrong: Code | None = None


# The mistakes -------------------------------------------------------------------------------------


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


# The step with them -------------------------------------------------------------------------------


def what_if(trace: Trace) -> list[WhatIf]:
    """Make the first recorded training step again with each of the classic mistakes.

    Raises
    ------
    RuntimeError
        If the trace cannot be replayed, or has no backward pass.
    """
    check(trace, {})
    acts = first_step(trace)
    return [with_mistake(trace, acts, mistake) for mistake in MISTAKES]


def first_step(trace: Trace) -> list[Act]:
    """The acts up to an optimizer's update, or up to a pass and what follows it without recording.

    Raises
    ------
    RuntimeError
        If there is no backward pass that adds to gradients.
    """
    acts: list[Act] = []
    passed = False
    for act in trace.acts:
        follows = isinstance(act, Call) and not act.enabled
        if passed and not has_update(trace) and not follows:
            break
        acts.append(act)
        passed = passed or adds(act)
        if passed and isinstance(act, Update):
            break
    if not passed:
        raise RuntimeError("the trace has no backward pass that adds to gradients")
    return acts


def has_update(trace: Trace) -> bool:
    """Whether an optimizer has made an update."""
    return any(isinstance(act, Update) for act in trace.acts)


def adds(act: Act) -> bool:
    """Whether an act adds to the ``grad`` of leaves."""
    return isinstance(act, Added) or (isinstance(act, Pass) and act.captured is None)


def with_mistake(trace: Trace, acts: list[Act], mistake: Mistake) -> WhatIf:
    """The step without a mistake, and with it."""
    twice = mistake.manager is zero_grad_forgotten  # in the second step it shows
    right, failure = gradients(trace, acts, nullcontext, twice)
    if failure:
        raise RuntimeError(f"the step cannot be made again: {failure}")
    wrong, error = gradients(trace, acts, mistake.manager, twice)
    rows = []
    for name in right:
        if right[name] is not None or wrong.get(name) is not None:
            rows.append(row(name, right[name], wrong.get(name)))
    return WhatIf(
        mistake.manager.__name__, mistake.title,
        f"{mistake.explanation} {said(rows, right, wrong, error, mistake)}",
        rows, error, code_of(mistake.right), code_of(mistake.wrong),
    )  # fmt: skip


def gradients(
    trace: Trace, acts: list[Act], mistake: Callable[[], AbstractContextManager[None]], twice: bool
) -> tuple[Grads, str]:
    """The gradients that a step comes to, and the error that it ends in."""
    again = Replay(trace, trace.edits)
    found: Grads = {}
    last = max(number for number, act in enumerate(acts) if adds(act))
    try:
        if twice:  # the mistake is made between the two
            again.run(acts)
            again.captured = []
            with mistake():
                again.forget_all()
        with mistake():
            again.run(acts[: last + 1])
            found = held(again)
            again.run(acts[last + 1 :])
    except ERRORS as error:
        found = found or held(again)
        return found, f"{type(error).__name__}: {error}"
    return found, ""


def held(again: Replay) -> Grads:
    """By name, copies of the gradients that parameters have now, or, if there are none, leaves."""
    leaves = again.leaves()
    values = again.trace.values
    chosen = [v for v in leaves if values[v].kind == "parameter"] or [*leaves]
    found: Grads = {}
    for value in chosen:
        grad = leaves[value]._grad
        name = values[value].name or f"value {value}"
        found[name] = None if grad is None else np.array(grad.array)
    return found


def row(name: str, right: np.ndarray[Any, Any] | None, wrong: np.ndarray[Any, Any] | None) -> Row:
    """What a mistake does to a gradient."""
    here, there = (np.zeros(()) if g is None else np.asarray(g, np.float64) for g in (right, wrong))
    try:
        difference = float(np.abs(here - there).max(initial=0))
    except ValueError:  # shapes that do not broadcast: the one of a gradient that is nothing alike
        difference = float("nan")
    norms = [float(np.sqrt(np.square(g).sum())) for g in (here, there)]
    return Row(name, norms[0], norms[1], difference)


def said(rows: list[Row], right: Grads, wrong: Grads, error: str, mistake: Mistake) -> str:
    """What it does here, with numbers."""
    changed = [row for row in rows if row.largest_difference != 0]
    if not changed and not error:
        return f"Here it does no harm: {mistake.harmless}."
    text = f"Here it ends in an error, {error}." if error else ""
    if changed:
        worst = max(changed, key=lambda r: abs(r.wrong_norm - r.right_norm))
        here, there = right[worst.parameter], wrong.get(worst.parameter)
        shapes = ""
        if here is not None and there is not None and here.shape != there.shape:
            shapes = f"the shape {list(there.shape)}, and not {list(here.shape)}, and "
        text = (
            f"Here the gradients of {len(changed)} of {len(rows)} parameters are wrong: that of "
            f"{worst.parameter} has {shapes}the norm {worst.wrong_norm:.4g}, and not "
            f"{worst.right_norm:.4g}. " + text
        )
    return text.strip()
