"""A row: what is called with which arguments, and what kind of edge that is.

A tensor is written as its numbers, in as few letters as can be:

- ``T([1., 0.])``: numbers in the case's own dtype, float64 and float32; of which there is a
  gradient. ``T([1., 0.], "f16")`` has that dtype in each case.
- ``I([0, 2])``: integers (int64, or another dtype that is named); ``B([True])``: bools.
- ``N(2, 3)``: a tensor of this shape, with normally distributed numbers; what they are does not
  matter, or there are none, as in ``N(0, 3)``.

All of them take a layout of `bridge.lay_out`; ``fixed`` makes a tensor one that asks for no
gradient. A row is then ``edge("amax", "tie", T([1., 1., 0.]), dim=0)``.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ..versions import Since

inf, nan = math.inf, math.nan

#: The kinds of edges, and what is meant.
KINDS = {
    "0-d": "a tensor without dimensions",
    "all-neg-inf": "nothing but minus infinity",
    "bool": "truth values",
    "bound": "at a bound, or on a boundary between two pieces",
    "broadcast": "sizes of 1 and missing dimensions, on both sides",
    "constant": "equal numbers where their spread is asked for",
    "duplicate": "the same place more than once",
    "empty": "no elements",
    "far": "where another formula takes over, or a series is summed",
    "huge": "numbers whose square, sum or power overflows",
    "infinite": "infinities among other numbers",
    "integer": "integers, and what becomes of them",
    "kink": "where the derivative jumps",
    "layout": "gaps, other orders and repetition in memory",
    "mixed": "several dtypes in one call",
    "nan": "nan among other numbers",
    "negative-axis": "dimensions counted from the end",
    "half": "float16",
    "one": "a single element, or a size of 1",
    "padding": "padding as wide as it may be",
    "pole": "where the function or its derivative is infinite",
    "saturated": "where a loss or activation has no slope left, or all of it",
    "signed-zero": "0 and -0",
    "singular": "matrices without an inverse, or with equal singular values",
    "square": "square shapes, in which a transposed gradient fits as well",
    "stride": "strides and sizes that do not divide",
    "tie": "equal numbers where one is to be chosen",
    "tiny": "the smallest numbers, with few digits or none",
    "weight": "weights, masks or counts of zero",
    "window": "windows that overlap, have gaps, or are as large as what they move over",
    "zero": "zeros where numbers are multiplied, divided or measured",
}


class Given(NamedTuple):
    """A tensor argument.

    Attributes
    ----------
    values : number or nested list, optional
        None: normally distributed numbers.
    shape : tuple of int
        Where there are no values.
    code : str
        Of the dtype, see `cases.DTYPES`; "": the case's.
    layout : str
        See `bridge.lay_out`.
    wanted : bool
        Whether there is a gradient, if it is floating point.
    """

    values: Any = None
    shape: tuple[int, ...] = ()
    code: str = ""
    layout: str = "contiguous"
    wanted: bool = True


class Made(NamedTuple):
    """What a layer is made with, where the op is a class of `nn`."""

    args: tuple[Any, ...]
    options: dict[str, Any]


class Edge(NamedTuple):
    """One call.

    Attributes
    ----------
    op : str
        The name of a function, as in ``nn.functional.pad``, of a method or of a layer.
    kind : str
        One of `KINDS`.
    args, options : tuple, dict
        With a `Given` for each tensor.
    each : bool
        Judge every element of what comes out alone.
    exact : str
        See `rows.row.Row`.
    twice : bool
        Whether PyTorch has second-order gradients.
    wrong : bool
        Whether PyTorch raises.
    since : Since, optional
        What an older PyTorch lacks.
    """

    op: str
    kind: str
    args: tuple[Any, ...]
    options: dict[str, Any]
    each: bool = False
    exact: str = "signs"
    twice: bool = True
    wrong: bool = False
    since: Since | None = None


# What rows are written with -----------------------------------------------------------------------


def T(values: Any, code: str = "", layout: str = "contiguous") -> Given:
    """Floating point numbers."""
    return Given(values, code=code, layout=layout)


def I(values: Any, code: str = "i64", layout: str = "contiguous") -> Given:  # noqa: E743
    """Integers."""
    return Given(values, code=code, layout=layout)


def B(values: Any, layout: str = "contiguous") -> Given:
    """Bools."""
    return Given(values, code="b", layout=layout)


def N(*shape: int, code: str = "", layout: str = "contiguous") -> Given:
    """Numbers that do not matter."""
    return Given(None, shape, code, layout)


def fixed(tensor: Given) -> Given:
    """The tensor as one of which there is no gradient."""
    return tensor._replace(wanted=False)


def edge(op: str, kind: str, *args: Any, **options: Any) -> Edge:
    """A row."""
    return Edge(op, kind, args, options)


def layer(op: str, kind: str, made: Made, *args: Any, **options: Any) -> Edge:
    """A layer of `nn`, made as ``make(3, eps=0.0)`` says, and called."""
    return Edge(op, kind, (made, *args), options)


def make(*args: Any, **options: Any) -> Made:
    """What a layer is made with."""
    return Made(args, options)


# Marks of a row -----------------------------------------------------------------------------------


def wrong(op: str, kind: str, *args: Any, **options: Any) -> Edge:
    """A call for which PyTorch raises."""
    return Edge(op, kind, args, options, wrong=True)


def wrong_layer(op: str, kind: str, made: Made, *args: Any, **options: Any) -> Edge:
    """A call of a layer for which PyTorch raises."""
    return layer(op, kind, made, *args, **options)._replace(wrong=True)


def once(row: Edge) -> Edge:
    """A row of which PyTorch has no second-order gradients."""
    return row._replace(twice=False)


def each(*rows: Edge) -> tuple[Edge, ...]:
    """Rows of ops that work element by element, of which each is judged alone."""
    return tuple(row._replace(each=True) for row in rows)


def exactly(*rows: Edge) -> tuple[Edge, ...]:
    """Rows of ops that round nothing."""
    return tuple(row._replace(exact="bits") if row.exact == "signs" else row for row in rows)


def same(row: Edge) -> Edge:
    """A row of what rounds nothing, where a choice between 0 and -0 is the processor's."""
    return row._replace(exact="values")


def needs(since: Since, row: Edge) -> Edge:
    """A row that an older PyTorch lacks."""
    return row._replace(since=since)


def unsigned(row: Edge) -> Edge:
    """A row in which the sign of a zero depends on the order of additions."""
    return row._replace(exact="")
