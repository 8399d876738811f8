"""A row of the table: one op, how it is called and how its arguments are drawn.

`call` gets the library as its first argument, so both sides run the very same line. What departs
from the defaults of a row is an exception, and has its reason beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

from hypothesis.strategies import SearchStrategy

from ..bridge import LAYOUTS
from ..draws import (
    FLOATS,
    GRID,
    SMALL_GRID,
    VECTORS,
    Options,
    Shape,
    Shapes,
    broadcasting,
    nothing,
    one,
)
from ..versions import Since

MIXED = ("f32", "f64", "i64", "u8", "b")


class Row(NamedTuple):
    """One op.

    Attributes
    ----------
    name : str
        Also that of the function, where `call` is not given.
    call : callable
        ``call(library, *tensors, **options)``.
    shapes : strategy
        Of the tensor arguments' shapes.
    arguments : tuple
        What the tensor arguments are: `Floats`, or a function of (generator, shapes, options).
        There may be fewer shapes.
    options : callable
        From shapes to a strategy of the other arguments.
    data : tuple of str
        The kinds of numbers for random cases.
    layouts : tuple of str
        How the arguments and upstream gradients may lie in memory.
    exact : {"", "signs", "values", "bits"}
        Whether the result must equal PyTorch's, because nothing is rounded, or only once. Where a
        choice between 0 and -0 depends on the processor, the values suffice; and where something is
        rounded, the signs of zeros may be compared alone.
    twice : bool
        Whether second-order gradients are compared.
    mixed : tuple of str
        The dtypes of which each argument may have its own.
    edge_data : tuple of str
        The sets of special values: "grid" (one argument), "grid2" (two), "vectors".
    edge_options : list, optional
        The options for these.
    skipped : dict, optional
        Sets of special values that are left out, and why.
    truth : callable, optional
        The result in long double, where PyTorch's float64 answer is not exact enough to be the
        truth for others, and its float32 answer is too exact to tell by how much.
    scale : float
        How large the numbers are of which a result or a gradient may be a small difference.
    one_precision : bool
        Whether in another precision PyTorch's answer is another one, as it is of random numbers: so
        that in each its own is the truth.
    graph : str
        Why the recorded graph differs from PyTorch's; empty: it does not.
    since : Since, optional
        What an older PyTorch lacks, so that there it has nothing to compare with.
    """

    name: str
    call: Callable[..., Any]
    shapes: SearchStrategy[Shapes]
    arguments: tuple[Any, ...]
    options: Callable[[Shapes], SearchStrategy[Options]] = nothing
    data: tuple[str, ...] = ("normal", "ties")
    layouts: tuple[str, ...] = LAYOUTS
    exact: str = ""
    twice: bool = True
    mixed: tuple[str, ...] = MIXED
    edge_data: tuple[str, ...] = ()
    edge_options: list[Options] | None = None
    skipped: Mapping[str, str] = MappingProxyType({})
    truth: Callable[..., Any] | None = None
    scale: float = 0.0
    one_precision: bool = False
    graph: str = ""
    since: Since | None = None

    def __hash__(self) -> int:
        return hash(self.name)

    def edges(self) -> Iterator[tuple[str, Shape]]:
        """Every set of special values of this row, and its shape."""
        for data in self.edge_data:
            if data == "vectors":
                named = ((f"vector{i}", (len(v),)) for i, v in enumerate(VECTORS))
                yield from ((name, size) for name, size in named if name not in self.skipped)
            else:
                yield data, (len(GRID),) if data == "grid" else (len(SMALL_GRID) ** 2,)


def function(name: str) -> Callable[..., Any]:
    """The library's function of this name."""

    def call(library: ModuleType, *tensors: Any, **options: Any) -> Any:
        if "dtype" in options:
            options["dtype"] = getattr(library, options["dtype"])
        return getattr(library, name)(*tensors, **options)

    return call


def method(name: str) -> Callable[..., Any]:
    """The tensor's method of this name; positional arguments come as the option ``args``."""

    def call(library: ModuleType, x: Any, *rest: Any, args: Any = (), **options: Any) -> Any:
        return getattr(x, name)(*rest, *args, **options)

    return call


def unary(name: str, kind: Any = FLOATS, **changes: Any) -> Row:
    """An op on each element."""
    call = changes.pop("call", function(name))
    return Row(name, call, one(), (kind,), **{"edge_data": ("grid",)} | changes)


def binary(name: str, first: Any = FLOATS, second: Any = FLOATS, **changes: Any) -> Row:
    """An op on each two elements, which broadcasts."""
    call = changes.pop("call", function(name))
    return Row(name, call, broadcasting(), (first, second), **{"edge_data": ("grid2",)} | changes)


def reduction(name: str, options: Any, **changes: Any) -> Row:
    """An op that makes one number of many."""
    call = changes.pop("call", function(name))
    shapes = changes.pop("shapes", one())
    return Row(name, call, shapes, (FLOATS,), options, **{"edge_data": ("vectors",)} | changes)


def moving(name: str, shapes: Any, options: Any = nothing, **changes: Any) -> Row:
    """An op that only moves numbers; its `args` are positional."""
    call = changes.pop("call", method(name))
    defaults: Options = {"exact": "bits", "data": ("normal",), "arguments": (FLOATS,)}
    return Row(name=name, call=call, shapes=shapes, options=options, **defaults | changes)
