"""The table of everything under test.

A row is one op: how it is called, on either library (`call` gets the library as its first argument,
so both sides run the very same line), and how its arguments are drawn. What departs from the
defaults of a row is an exception, and has its reason beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from .bridge import LAYOUTS
from .draws import (
    FLOATS,
    GRID,
    POSITIVE,
    SMALL_GRID,
    VECTORS,
    Options,
    Shape,
    Shapes,
    broadcasting,
    choices,
    chunked,
    cut,
    dim,
    flipped,
    indices,
    larger_shape,
    mask,
    new_dim,
    new_shape,
    nothing,
    one,
    pattern,
    permutation,
    reduced,
    repeats,
    squeezed,
    two_dims,
)
from .versions import EQUAL_NAN

# Rows ---------------------------------------------------------------------------------------------


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
    exact : {"", "values", "bits"}
        Whether the result must equal PyTorch's, because nothing is rounded, or only once. Where a
        choice between 0 and -0 depends on the processor, the values suffice.
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
    graph : str
        Why the recorded graph differs from PyTorch's; empty: it does not.
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
    mixed: tuple[str, ...] = ("f32", "f64", "i64", "u8", "b")
    edge_data: tuple[str, ...] = ()
    edge_options: list[Options] | None = None
    skipped: Mapping[str, str] = MappingProxyType({})
    truth: Callable[..., Any] | None = None
    graph: str = ""

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


ARITHMETIC = (
    binary("add", options=choices(alpha=(..., ..., 2, -0.5))),
    binary("sub", options=choices(alpha=(..., ..., 3, -0.5))),
    binary("mul", exact="bits"),
    binary("div", exact="bits"),
    # PyTorch subtracts 1 from the exponent: it fails for bools, and 0 becomes 255 for uint8.
    binary("pow", POSITIVE, FLOATS, mixed=("f32", "f64", "i64")),
    unary("neg", exact="bits"),
    unary("square"),
)  # fmt: skip

NUMBERS = (2, -3, 0, 1, 0.5, -1.5, True, 2.0, 3.0)


def with_number(name: str, call: Callable[..., Any], **changes: Any) -> Row:
    """An op on a tensor and a Python number."""
    numbers = changes.pop("numbers", NUMBERS)
    return unary(
        name, changes.pop("kind", FLOATS), call=call, options=choices(number=numbers),
        edge_options=[{"number": n} for n in numbers], **changes,
    )  # fmt: skip


WITH_NUMBERS = (
    with_number("add-number", lambda _, x, number: x + number, exact="bits"),
    with_number("radd-number", lambda _, x, number: number + x, exact="bits"),
    with_number("sub-number", lambda _, x, number: x - number, exact="bits"),
    with_number("rsub-number", lambda _, x, number: number - x, exact="bits"),
    with_number("mul-number", lambda _, x, number: x * number, exact="bits"),
    with_number("rmul-number", lambda _, x, number: number * x, exact="bits"),
    with_number("div-number", lambda _, x, number: x / number),
    with_number("rdiv-number", lambda _, x, number: number / x),
    with_number("pow-number", lambda _, x, number: x**number, kind=POSITIVE),
    with_number("pow-number-signed", lambda _, x, number: x**number, numbers=(2, 3, -1, 0, 2.0)),
    with_number("rpow-number", lambda _, x, number: number**x, numbers=(2, 0.5, 1, 0, -2, 3.5)),
)

UNARY = (
    *(unary(name) for name in ("exp", "expm1", "sin", "cos", "tan", "sigmoid", "tanh")),
    *(unary(name, POSITIVE) for name in ("log", "log2", "log10", "rsqrt")),
    unary("log1p", POSITIVE),
    unary("sqrt", POSITIVE),  # PyTorch's own is now and then off by one bit
    unary("reciprocal", exact="bits"),
    *(unary(name, exact="bits") for name in ("abs", "sign", "floor", "ceil", "round", "trunc")),
    unary("relu", exact="values"),
)


def clamp_options(shapes: Shapes) -> SearchStrategy[Options]:
    return st.sampled_from(CLAMPS)


CLAMPS: list[Options] = [
    {"min": -1.0}, {"max": 1}, {"min": -1, "max": 0.5}, {"min": 1.0, "max": -1.0},
    {"min": 0, "max": 0}, {"min": float("-inf"), "max": 2.0},
]  # fmt: skip

CHOICES = (
    unary("clamp", options=clamp_options, edge_options=CLAMPS, exact="values"),
    unary("clip", options=clamp_options, edge_data=(), exact="values"),
    # Of equally many dimensions: PyTorch fails to broadcast shapes like (), (1,) and (1, 1) here.
    Row("clamp-tensors", lambda _, x, low, high: x.clamp(low, high),
        pattern("abc,abc,abc", "ab,1b,a1", "a1,ab,ab", "a,=,a"), (FLOATS,) * 3, exact="values"),
    Row("clamp-min-tensor", lambda _, x, low: x.clamp(min=low), broadcasting(),
        (FLOATS, FLOATS), exact="values"),
    Row("clamp-max-tensor", lambda _, x, high: x.clamp(max=high), broadcasting(),
        (FLOATS, FLOATS), exact="values"),
    binary("maximum", exact="values"),
    binary("minimum", exact="values"),
    Row("where", function("where"), broadcasting(3), (mask, FLOATS, FLOATS), exact="bits"),
    Row("where-number", lambda lib, condition, x, number: lib.where(condition, x, number),
        broadcasting(twice=False), (mask, FLOATS), choices(number=(0, 1.5, float("inf"))),
        exact="bits"),
    Row("where-numbers-first", lambda lib, condition, x, number: lib.where(condition, number, x),
        broadcasting(twice=False), (mask, FLOATS), choices(number=(0, 1.5, float("nan"))),
        exact="bits"),
    Row("masked_fill-tensor", lambda _, condition, x, value: x.masked_fill(condition, value),
        pattern("abc,abc,", "1b,ab,", "ab,ab,"), (mask, FLOATS, FLOATS), exact="bits",
        mixed=("f32", "f64")),
    Row("masked_fill", lambda _, condition, x, value: x.masked_fill(condition, value),
        pattern("abc,abc", "1b,ab", "b,ab", "ab,ab", "1,a"), (mask, FLOATS),
        choices(value=(0, -1.5, float("-inf"), True)), exact="bits"),
    *(binary(name) for name in ("eq", "ne", "lt", "le", "gt", "ge")),
    *(with_number(f"{name}-number", lambda lib, x, number, name=name: getattr(lib, name)(x, number))
      for name in ("eq", "ne", "lt", "le", "gt", "ge")),
    *(unary(name) for name in ("isnan", "isinf", "isfinite", "logical_not")),
    *(binary(name) for name in ("logical_and", "logical_or")),
    *(binary(name, edge_data=()) for name in ("bitwise_and", "bitwise_or", "bitwise_xor")),
    unary("bitwise_not", edge_data=()),
    Row("equal", function("equal"), pattern("ab,ab", "ab,=", "a,ab", "a,b"), (FLOATS, FLOATS),
        data=("ties",)),
    binary("allclose", options=choices(rtol=(..., 0.5), atol=(..., 1.0), equal_nan=EQUAL_NAN),
           data=("ties", "nonfinite"), edge_data=()),
)  # fmt: skip

ONE_DIM_REDUCED = reduced(several=False)
BY_VECTOR = [{"dim": 0}, {"dim": -1, "keepdim": True}]


def variance(
    x: np.ndarray[Any, Any], dim: Any = None, correction: float = 1, keepdim: bool = False
) -> Any:
    """The variance, with what NumPy does in long double."""
    dim = dim if x.ndim else None
    centred = x - x.mean(dim, keepdims=True)
    total = (centred * centred).sum(dim, keepdims=keepdim)
    return total / (centred.size / max(total.size, 1) - correction)


REDUCTIONS = (
    reduction("sum", reduced()),
    reduction(
        "sum-dtype",
        reduced(dtype=("float32",)),
        call=function("sum"),
        shapes=one(max_dims=1),  # few elements, for the truth is a float32 sum too
        edge_data=(),
        graph="the conversion is a node of its own",
    ),
    reduction("mean", reduced()),
    reduction(
        "prod",
        ONE_DIM_REDUCED,
        skipped={
            reason: "with inf and 0 PyTorch's second-order gradient is nan where it is finite"
            for reason in ("vector20", "nonfinite")
        },
    ),
    reduction("cumsum", dim, edge_options=[{"dim": 0}]),
    # Not of expanded tensors: of equal numbers PyTorch's rounding errors decide the gradient.
    reduction("var", reduced(correction=(..., 0, 1, 2, 1.5)), layouts=LAYOUTS[:3], truth=variance),
    reduction(
        "std",
        reduced(correction=(..., 0, 1, 2, 1.5)),
        layouts=LAYOUTS[:3],
        truth=lambda x, **options: np.sqrt(variance(x, **options)),
    ),
    reduction("logsumexp", reduced(whole=False), edge_options=BY_VECTOR),
    reduction("amax", reduced(), exact="values"),
    reduction("amin", reduced(), exact="values"),
    reduction("max", ONE_DIM_REDUCED, exact="values", edge_options=[{}, *BY_VECTOR]),
    reduction("min", ONE_DIM_REDUCED, exact="values", edge_options=[{}, *BY_VECTOR]),
    reduction("argmax", ONE_DIM_REDUCED, edge_options=[{}, *BY_VECTOR]),
    reduction("argmin", ONE_DIM_REDUCED, edge_options=[{}, *BY_VECTOR]),
    reduction("all", reduced()),
    reduction("any", reduced()),
    # Not with expanded upstream gradients: under equal numbers the whole gradient cancels out.
    reduction("softmax", dim, edge_options=[{"dim": 0}], layouts=LAYOUTS[:3]),
    reduction("log_softmax", dim, edge_options=[{"dim": 0}], layouts=LAYOUTS[:3]),
)

# Moving -------------------------------------------------------------------------------------------

DTYPE_NAMES = ("float64", "float32", "int64", "int32", "uint8", "bool")
SQUARE = pattern("abc", "ab", "abcd", "1b1")

MOVING = (
    moving("view", one(), new_shape),
    moving("view_as", pattern("abc,cba", "ab,ab1", "ab,b1a"), arguments=(FLOATS, FLOATS)),
    moving("reshape", one(), new_shape),
    moving("flatten", one(), lambda s: st.one_of(st.just({}), two_dims(s))),
    moving("unflatten", st.sampled_from((((6,),), ((2, 6),), ((6, 1),), ((2, 6, 3),))),
           choices(args=((0, (2, 3)), (1, (3, -1)), (-1, (-1, 1)), (0, (6,)), (-2, (1, 2))))),
    moving("transpose", one(), two_dims),
    moving("t", one(max_dims=3)),
    moving("T", SQUARE, call=lambda _, x: x.T),
    moving("mT", SQUARE, call=lambda _, x: x.mT),
    moving("permute", one(), permutation),
    moving("movedim", one(min_dims=1), two_dims),
    moving("expand", one(max_dims=3), larger_shape),
    moving("broadcast_to", one(max_dims=3), larger_shape),
    moving("repeat", one(max_dims=3), repeats),
    moving("squeeze", one(), squeezed),
    moving("unsqueeze", one(), new_dim),
    moving("flip", one(), flipped),
    moving("split", one(min_dims=1), cut),
    moving("chunk", one(min_dims=1), chunked),
    moving("unbind", one(min_dims=1), dim),
    moving("iteration", one(min_dims=1), call=lambda _, x: list(x)),
    moving("clone", one()),
    moving("contiguous", one()),
    moving("to", one(), choices(dtype=DTYPE_NAMES),
           call=lambda library, x, dtype: x.to(getattr(library, dtype))),
    moving("cat", pattern("ab,cb", "ab,cb,ab", "ab,=", "a,b,c", "ab,cb,db"), choices(dim=(0, ...)),
           call=lambda library, *xs, **o: library.cat(xs, **o), arguments=(FLOATS,) * 3),
    moving("cat-last", pattern("ab,ac", "bca,bcd,bcb", "ab,ac,="), choices(dim=(-1,)),
           call=lambda library, *xs, **o: library.cat(xs, **o), arguments=(FLOATS,) * 3),
    moving("stack", pattern("ab,ab", "ab,=", "a,a,a", "abc,abc"), choices(dim=(..., 0, 1, -1)),
           call=lambda library, *xs, **o: library.stack(xs, **o), arguments=(FLOATS,) * 3),
)  # fmt: skip

# Indexing -----------------------------------------------------------------------------------------

#: What may stand between the brackets of a tensor of shape (4, 3, 5).
KEYS = (
    "0", "-1", "3, -2", "1, 2, 0", "1:3", "::2", "-3:-1", "5:9", ":, 1", "..., 2", "1, ...", "...",
    "None", ":, None, 1", "0, ..., None", "1:, :2, ::3", ":, :, :", "lib.tensor(2)", "True",
    "lib.tensor([0, 2, 0])", "[0, 2, 0]", "lib.tensor([[0, 1], [3, 3]])", ":, lib.tensor([-1, 0])",
    "lib.tensor([0, 1, 1]), lib.tensor([2, 0, 0])", "lib.tensor([0, 3]), :, lib.tensor([1, 1])",
    "1, lib.tensor([2, 2])", "..., lib.tensor([4, 0])", "None, lib.tensor([1, 1])",
    "lib.tensor([[0], [1]]), lib.tensor([2, 0, 1])", "lib.tensor([], dtype=lib.int64)", "[]",
    "x > 0", "lib.tensor([True, False, True, False])", ":, lib.tensor([False, True, True])",
    "lib.tensor([True, False, True, False]), 1", "x[:, 0, 0] > 0, :, lib.tensor([2])",
    "lib.tensor([0, 1]), 1:3", "numpy.array([1, 0])", "numpy.int64(2)", "1:lib.tensor(3)",
    "0, :, lib.tensor([1, 1])", "lib.tensor([1, 0]), 1, lib.tensor([0, 0])",
)  # fmt: skip

#: Of these, the ones that name a place twice: what assigning different values there leaves is
#: undefined in PyTorch.
REPEATED = tuple(
    key for key in KEYS if any(twice in key for twice in ("[0, 2, 0]", "[3, 3]", "0, 0]", "1, 1]"))
)


def getitem(library: ModuleType, x: Any, key: str) -> Any:
    return eval(f"x[{key}]", {"lib": library, "x": x, "numpy": np})


def setitem(library: ModuleType, x: Any, value: Any, key: str) -> Any:
    y = x.detach().clone()
    names = {"lib": library, "x": x, "y": y, "value": value.detach(), "numpy": np}
    exec(f"y[{key}] = value", names)
    return y


INDEXING = (
    moving("getitem", st.just(((4, 3, 5),)), choices(key=KEYS), call=getitem),
    moving("gather", pattern("ab,ab", "abc,abc", "ab,ac", empty=False), choices(dim=(-1, 1)),
           arguments=(FLOATS, indices), call=lambda _, x, i, dim: x.gather(dim, i)),
    moving("gather-first", pattern("ab,ab", "ab,cb", "a,b", empty=False), choices(dim=(0,)),
           arguments=(FLOATS, indices), call=lambda _, x, i, dim: x.gather(dim, i)),
    # PyTorch has a gradient only for a source of the same shape as the index.
    moving("scatter_add", pattern("ab,ab,ab", "ab,ac,ac", "ab,1c,1c", empty=False),
           choices(dim=(1, -1)), arguments=(FLOATS, indices, FLOATS), exact="",
           call=lambda _, x, i, source, dim: x.scatter_add(dim, i, source)),
    moving("index_select", pattern("ab,c", "abd,c", "a,c", empty=False), choices(dim=(0, -1)),
           arguments=(FLOATS, indices), call=lambda _, x, i, dim: x.index_select(dim, i)),
    moving("masked_select", pattern("ab,ab", "b,ab", "ab,b", "ab,a1"), arguments=(mask, FLOATS),
           call=lambda _, condition, x: x.masked_select(condition)),
)  # fmt: skip

# Matrices -----------------------------------------------------------------------------------------

ADDMM = pattern("ac,ab,bc", "c,ab,bc", "1c,ab,bc", "a1,ab,bc", ",ab,bc")

MATRICES = (
    Row("mm", function("mm"), pattern("ab,bc", "aa,="), (FLOATS, FLOATS)),
    Row("mv", function("mv"), pattern("ab,b"), (FLOATS, FLOATS)),
    Row("dot", function("dot"), pattern("a,a", "a,="), (FLOATS, FLOATS)),
    Row("bmm", function("bmm"), pattern("dab,dbc", "daa,="), (FLOATS, FLOATS)),
    Row("outer", function("outer"), pattern("a,b", "a,="), (FLOATS, FLOATS)),
    Row("addmm", function("addmm"), ADDMM, (FLOATS,) * 3),
    Row("addmm-scaled", function("addmm"), ADDMM, (FLOATS,) * 3,
        choices(beta=(0.5, 2), alpha=(-1, 0.5)), graph="the factors are nodes of their own"),
    Row("linear", lambda lib, *xs: lib.nn.functional.linear(*xs),
        pattern("ab,cb,c", "ab,cb", "dab,cb,c", "b,cb,c", "dab,cb"), (FLOATS,) * 3,
        mixed=(),  # PyTorch mixes dtypes here for one-dimensional arguments only
        graph="one node, where PyTorch has one more for the transposition of the weight"),
    Row("matmul", function("matmul"),
        pattern("a,a", "ab,b", "b,bc", "ab,bc", "aa,=", "dab,bc", "dab,dbc", "1ab,dbc", "ab,dbc",
                "b,dbc", "dab,b", "edab,dbc", "e1ab,dbc", "edab,bc"),
        (FLOATS, FLOATS), graph="PyTorch folds batches with nodes that have no public names"),
    Row("matmul-operator", lambda _, x, y: x @ y, pattern("ab,bc", "ab,b", "a,a"),
        (FLOATS, FLOATS)),
)  # fmt: skip

# In place -----------------------------------------------------------------------------------------


def in_place(name: str, shapes: Any = None, options: Any = nothing, **changes: Any) -> Row:
    """An op that changes its first argument: here, a copy of it."""

    def call(library: ModuleType, x: Any, *rest: Any, args: Any = (), **more: Any) -> Any:
        y = x.detach().clone()
        result = getattr(y, name)(*(r.detach() for r in rest), *args, **more)
        return y, result is y

    defaults: Options = {"arguments": (FLOATS, FLOATS), "call": call, "exact": "bits"}
    shapes = pattern("ab,ab", "ab,b", "ab,1b", "ab,", "b,ab") if shapes is None else shapes
    return Row(name=name, shapes=shapes, options=options, **defaults | changes)


ONE: Options = {"arguments": (FLOATS,)}

IN_PLACE = (
    in_place("add_", options=choices(alpha=(..., 2)), exact=""),
    in_place("sub_", options=choices(alpha=(..., 0.5)), exact=""),
    in_place("mul_"),
    in_place("div_"),
    in_place("copy_"),
    in_place("zero_", one(), **ONE),
    in_place("fill_", one(), choices(args=((2,), (-0.5,), (True,), (float("nan"),))), **ONE),
    in_place("clamp_", one(), clamp_options, **ONE | {"exact": "values"}),
    Row("setitem", setitem, st.sampled_from([((4, 3, 5), value) for value in ((), (5,), (1,))]),
        (FLOATS, FLOATS), choices(key=[k for k in KEYS if k not in REPEATED]), exact="bits"),
)  # fmt: skip

OPS = {
    row.name: row
    for rows in (ARITHMETIC, WITH_NUMBERS, UNARY, CHOICES, REDUCTIONS, MOVING, INDEXING, MATRICES,
                 IN_PLACE)
    for row in rows
}  # fmt: skip

# Making tensors -----------------------------------------------------------------------------------

#: Calls on either library, `lib`; `x` is a tensor of shape (2, 3), which requires a gradient.
CREATIONS = (
    "lib.tensor(2)", "lib.tensor(2.5)", "lib.tensor(True)", "lib.tensor([])",
    "lib.tensor([[], []])", "lib.tensor([1, 2.5])", "lib.tensor([[1, 2], [3, 4]])",
    "lib.tensor([True, 2])", "lib.tensor(x)", "lib.tensor(numpy.ones(2))", "lib.tensor((1, 2))",
    "lib.tensor([-1], dtype=lib.uint8)", "lib.tensor(numpy.float64(2))",
    "lib.tensor([1.7, -1.7], dtype=lib.int64)", "lib.tensor([[1], [2, 3]])",
    "lib.tensor([1, 2], requires_grad=True)", "lib.tensor('a')", "lib.tensor(None)",
    "lib.tensor([1.0], requires_grad=True)", "lib.tensor([1, 2], dtype=lib.float32)",
    "lib.tensor(2**40)", "lib.tensor([300], dtype=lib.uint8)", "lib.as_tensor([1, 2])",
    "lib.as_tensor(x) is x", "lib.as_tensor(numpy.arange(3))",
    "lib.as_tensor(numpy.arange(3), dtype=lib.float32)", "lib.from_numpy(numpy.ones(2))",
    "lib.from_numpy([1])", "lib.from_numpy(numpy.array(['a']))", "lib.Tensor([1, 2])",
    "lib.Tensor()", "lib.zeros(2, 3)", "lib.zeros((2, 3))", "lib.zeros(())", "lib.zeros(0)",
    "lib.zeros(-1)", "lib.zeros(2, dtype=lib.int64)", "lib.zeros(2, requires_grad=True)",
    "lib.zeros_like(x)", "lib.ones(2, 3)", "lib.ones((2, 3), dtype=lib.bool)",
    "lib.ones_like(x, dtype=lib.int32)", "lib.ones(2, dtype=lib.int64, requires_grad=True)",
    "lib.empty(0, 3)", "lib.empty_like(x).shape", "lib.empty((2, 1)).shape", "lib.full((2,), 3)",
    "lib.full((2,), 3.5)", "lib.full((), True)", "lib.full((2, 2), 3, dtype=lib.float64)",
    "lib.full_like(x, 2)", "lib.eye(3)", "lib.eye(2, 3)", "lib.full_like(x, 2.7, dtype=lib.int64)",
    "lib.eye(3, 1, dtype=lib.int64)", "lib.eye(0)", "lib.arange(5)", "lib.arange(5.0)",
    "lib.arange(2, 5)", "lib.arange(5, 2, -1)", "lib.arange(0)", "lib.arange(0, 1, 0.1)",
    "lib.arange(1, 2, 0.3, dtype=lib.float64)", "lib.arange(0, 1)",
    "lib.arange(5, dtype=lib.float32)", "lib.arange(1.5, 4)", "lib.arange(2, 5, -1)",
    "lib.arange(0, 3, 0)", "lib.arange(0.5, 3, dtype=lib.int64)", "lib.arange(-3, 3, 2)",
    "lib.linspace(0, 1, 5)", "lib.linspace(-3, 7, 11)", "lib.linspace(0, 1, 1)",
    "lib.linspace(0, 1, 0)", "lib.linspace(1, 0, 7, dtype=lib.float64)", "lib.linspace(2, 2, 3)",
    "lib.linspace(0, 1, -1)", "lib.linspace(0, 10, 4, dtype=lib.int64)",
)  # fmt: skip

#: What is public and takes tensors, but has no row above, and where it is tested.
ELSEWHERE = {
    "equals": "test_leaves.py, as ==", "differs": "test_leaves.py, as !=",
    "multinomial": "test_random_stream.py", "bernoulli": "test_random_stream.py",
    "normal": "test_random_stream.py", "normal_": "test_random_stream.py",
    "uniform_": "test_random_stream.py",
}  # fmt: skip
