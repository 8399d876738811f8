"""What a replay does again, in order: the acts of a run, and where its numbers came from.

Events say what the engine did; acts are what made it do so: calls of ops, backward passes,
gradients forgotten, optimizers' updates. They name tensors by the numbers of their values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

#: Values (of gradients; None where there is none) by the values that they belong to.
Grads: TypeAlias = dict[int, "int | None"]


class Ref(NamedTuple):
    """Stands for a tensor among the arguments of a `Call`: the number of a value.

    Attributes
    ----------
    value : int
    strides : tuple of int
        How its elements lay in memory, on which it depends in which order they are added up.
    """

    value: int
    strides: tuple[int, ...] = ()


class Call(NamedTuple):
    """A call of an op, so that it can be made again.

    Attributes
    ----------
    op : type of Op, or of Function
        Which.
    args : tuple
        Its arguments, with a `Ref` in place of each tensor.
    several : bool
        Whether it returns a tuple.
    outputs : tuple of int
        The values that it returned.
    recorded : bool
        Whether it has become part of the graph.
    event : int
        Its event.
    enabled : bool
        Whether recording was on.
    random : object
        Of a user's Function, the state of the random numbers before.
    """

    op: Any
    args: tuple[Any, ...]
    several: bool
    outputs: tuple[int, ...]
    recorded: bool
    event: int = -1
    enabled: bool = True
    random: Any = None


@dataclass
class Pass:
    """A backward pass.

    Attributes
    ----------
    roots : list of int
        The values that it began at.
    grads : list of (int or numpy.ndarray)
        The gradients that it was given: numbers, or, with `create_graph`, values.
    retain_graph, create_graph : bool
    captured : list of int or None
        If not None, only the gradients of these values were asked for.
    retained : list of int
        The results that were to keep their gradients.
    held : dict of int to (int or None)
        What users have made of ``grad`` since the last pass: by value the value of its gradient.
    steps : int
        How many nodes have run.
    failed : bool
        Whether it ended in an error.
    unknown : bool
        Whether it ran through nodes that were there before the recording began.
    hooked : bool
        Whether users' hooks have run in it, which a replay does not call.
    results : dict of int to int
        With `create_graph`, of each of `captured` the value that its gradient is.
    """

    roots: list[int]
    grads: list[Any]
    retain_graph: bool
    create_graph: bool
    captured: list[int] | None
    retained: list[int]
    held: Grads
    steps: int = 0
    failed: bool = False
    unknown: bool = False
    hooked: bool = False
    results: dict[int, int] = field(default_factory=dict)


class Added(NamedTuple):
    """A gradient that a pass has captured was added to a leaf's ``grad``."""

    value: int


class Forgotten(NamedTuple):
    """A call of ``zero_grad``: of what, of which parameters, and whether they became None."""

    title: str
    values: tuple[int, ...]
    to_none: bool


class Outside(NamedTuple):
    """Something begins that computes with arrays, of which no op knows: an edit is lost there."""

    what: str


@dataclass
class Update:
    """An optimizer's update.

    Attributes
    ----------
    optimizer : int
        Which.
    kind : type of Optimizer
    groups : list of (dict, list of int)
        The options of each group, and its parameters that had a gradient.
    state : dict of int to dict, or None
        What it remembered of each before the step; None where that is what its last update left.
    held : dict of int to (int or None)
        As in `Pass`.
    """

    optimizer: int
    kind: Any
    groups: list[tuple[dict[str, Any], list[int]]]
    state: dict[int, dict[str, Any]] | None
    held: Grads = field(default_factory=dict)


class StepBegun(NamedTuple):
    """A step begins of an optimizer that has its own: the values of its parameters."""

    values: tuple[int, ...]


class StepEnded(NamedTuple):
    """It has ended: what they are, and what is said of it."""

    values: tuple[int, ...]
    title: str
    function: Callable[..., Any]
    numbers: dict[str, float]


Act: TypeAlias = Call | Pass | Added | Forgotten | Outside | Update | StepBegun | StepEnded


class Origin(NamedTuple):
    """Where the numbers of a value came from that no op has made.

    Attributes
    ----------
    kind : {"given", "array", "grad", "captured", "step", "computed"}
        From outside; from the array of another value, as after ``detach()``; from the ``grad`` of
        another value; from what a pass has captured; from an optimizer's update; from a function
        of the library that is no op.
    source : int
        The other value; of "captured" that which the gradient is of.
    pass_number : int
        Of "captured".
    function, values : callable, tuple of int
        Of "computed": which, and the values of the tensors that it takes.
    before : int or None
        The value that this same tensor, or tensor with the same history, had before.
    same_history : bool
        Whether an op has made the tensor, and its numbers have been changed since.
    changed : bool
        Of "given": whether the tensor, or its memory, had other numbers before.
    needs_grad : bool
        Whether it required a gradient.
    without_edge : bool
        Whether it is a view that was made under no_grad, to which no gradient goes.
    """

    kind: Literal["given", "array", "grad", "captured", "step", "computed"]
    source: int = -1
    pass_number: int = -1
    function: Callable[..., Any] | None = None
    values: tuple[int, ...] = ()
    before: int | None = None
    same_history: bool = False
    changed: bool = False
    needs_grad: bool = False
    without_edge: bool = False


def in_layout(array: np.ndarray[Any, Any], strides: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """A copy of an array whose elements lie in memory as `strides` say."""
    if not array.size:
        return np.array(array)
    steps = [(n - 1) * step for n, step in zip(array.shape, strides, strict=True)]
    first = -sum(step for step in steps if step < 0)
    length = first + sum(step for step in steps if step > 0) + array.itemsize
    memory = np.empty(length, np.uint8)
    copy: np.ndarray[Any, Any] = np.ndarray(array.shape, array.dtype, memory, first, strides)
    copy[...] = array
    return copy


def same_numbers(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> bool:
    """Whether two arrays are alike to the last bit, wherever their elements lie in memory."""
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    return first.tobytes() == second.tobytes()
