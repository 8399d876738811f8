"""What if the engine had one of the classic mistakes: a recorded step, made again with each.

`what_if` really runs the step, first as it is and then with each of the `mistakes` in turn, and
says in numbers what goes wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ..acts import Act, Added, Call, Pass, Update
from ..events import Code
from ..places import code_of
from ..traces import Trace
from .mistakes import MISTAKES, Mistake, zero_grad_forgotten
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
    updates = any(isinstance(act, Update) for act in trace.acts)
    for act in trace.acts:
        follows = isinstance(act, Call) and not act.enabled
        if passed and not updates and not follows:
            break
        acts.append(act)
        passed = passed or adds(act)
        if passed and isinstance(act, Update):
            break
    if not passed:
        raise RuntimeError("the trace has no backward pass that adds to gradients")
    return acts


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
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            same = (here == there) | (np.isnan(here) & np.isnan(there))
            apart = np.where(same, 0.0, np.abs(here - there))  # inf - inf is nan, and yet the same
            difference = float(apart.max(initial=0))
        except ValueError:  # shapes that do not broadcast: such a gradient is nothing alike
            difference = math.nan
        norms = [float(np.sqrt(np.square(g).sum())) for g in (here, there)]
    return Row(name, norms[0], norms[1], difference)


def said(rows: list[Row], right: Grads, wrong: Grads, error: str, mistake: Mistake) -> str:
    """What it does here, with numbers."""
    changed = [row for row in rows if row.largest_difference != 0]
    if not changed and not error:
        return f"Here it does no harm: {mistake.harmless}."
    text = f"Here it ends in an error, {error}." if error else ""
    if changed:
        worst = max(changed, key=lambda r: (math.isnan(r.largest_difference), r.largest_difference))
        here, there = right[worst.parameter], wrong.get(worst.parameter)
        faults = []
        if here is not None and there is not None and here.shape != there.shape:
            faults.append(f"has the shape {list(there.shape)}, and not {list(here.shape)}")
        norms = [f"{norm:.4g}" for norm in (worst.wrong_norm, worst.right_norm)]
        if norms[0] != norms[1]:
            faults.append(f"has the norm {norms[0]}, and not {norms[1]}")
        elif not math.isnan(worst.largest_difference):
            faults.append(f"is off by {worst.largest_difference:.4g} in an element")
        elif not faults:
            faults.append("has nan in other elements")
        text = (
            f"Here the gradients of {len(changed)} of {len(rows)} parameters are wrong: that of "
            f"{worst.parameter} {' and '.join(faults)}. {text}"
        )
    return text.strip()
