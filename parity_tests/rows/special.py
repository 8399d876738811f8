"""Gamma and Bessel functions, exponents, integrals and slopes, covariances; who is among whom."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ..draws import FLOATS, POSITIVE, Options, choices, one, pattern
from ..versions import NEXTAFTER
from .row import Row, binary, function, method, unary

COMPOSED = "composed of other ops than PyTorch's"
#: Near its roots, of which there are many, lgamma is a small difference of such numbers.
LGAMMA_TERMS = 1.0


def polygamma(library: ModuleType, x: Any, n: int) -> Any:
    return library.polygamma(n, x)


def frexp(library: ModuleType, x: Any) -> Any:
    mantissa, exponent = library.frexp(x)
    return mantissa, exponent


def weighted(library: ModuleType, x: Any, weights: Any, kind: str) -> Any:
    """Covariances under weights, which have no gradient; of no leaf, which PyTorch would change."""
    weights = weights.detach().abs()
    if kind == "fweights":
        weights = (2 * weights).long()
    return library.cov(x * 1, **{kind: weights})


def at_places(library: ModuleType, y: Any, x: Any, **options: Any) -> Any:
    return library.trapezoid(y, x, **options)


def spaced(library: ModuleType, y: Any, edge_order: int) -> Any:
    places = library.tensor([0.0, 0.5, 2.0, 2.5, 4.0], dtype=(y / 1).dtype)
    return library.gradient(y, spacing=(places,), dim=0, edge_order=edge_order)


FUNCTIONS = (
    unary("lgamma", scale=LGAMMA_TERMS),
    unary("digamma"),
    unary("erfinv"),
    unary("mvlgamma", options=choices(p=(1, 2, 3, 0)), edge_data=(), scale=LGAMMA_TERMS),
    # Of a there is no derivative. PyTorch's own errors are those of sums of many terms, so that the
    # two are compared in float32; exact sums in float64 are in test_functions_more.
    *(binary(name, POSITIVE, POSITIVE, edge_data=(), mixed=("f32", "f64"),
             call=lambda lib, a, x, name=name: getattr(lib, name)(a.detach(), x).float())
      for name in ("igamma", "igammac")),
    unary("i0"),
    unary("polygamma", POSITIVE, call=polygamma, options=choices(n=(0, 1, 2, 4)), edge_data=()),
    unary("polygamma-method", POSITIVE, call=method("polygamma"), edge_data=(),
          options=choices(args=((0,), (1,), (3,), (-1,)))),
    # PyTorch's derivative takes the power of two in float32, where it overflows.
    unary("frexp", call=frexp, exact="bits", edge_data=()),
    # For integer exponents PyTorch's gradient takes 2^other in integers, of which 2^-1 is 0.
    binary("ldexp", call=lambda lib, x, other: lib.ldexp(
        x if other.is_floating_point() else x.detach(), other)),
    binary("nextafter", exact="bits", mixed=(), since=NEXTAFTER),
    unary("isreal"),
    unary("angle"),
    Row("isin", lambda lib, x, y: lib.isin(x.detach(), y.detach()), pattern("ab,c", "a,bc", "a,"),
        (FLOATS, FLOATS), data=("ties",), layouts=("contiguous",)),  # others PyTorch cannot view
    unary("isin-number", call=lambda lib, x, number, invert: lib.isin(
        x.detach(), number, invert=invert), data=("ties",), edge_data=(),
        options=choices(number=(1, 0.5), invert=(False, True))),
)  # fmt: skip

CURVES: Options = {"graph": COMPOSED, "mixed": ("f32", "f64")}
DIMS = choices(dim=(..., 0, -1))

SUMS = (
    Row("trapezoid", function("trapezoid"), one(max_dims=3), (FLOATS,),
        choices(dim=(..., 0, -1), dx=(..., 2, 0.5)), **CURVES),
    Row("trapezoid-places", at_places, pattern("ab,b", "ab,ab", "b,b", "ab,1b", "ab,a"),
        (FLOATS, FLOATS), **CURVES),
    Row("trapz", function("trapz"), pattern("ab", "a"), (FLOATS,), DIMS, **CURVES),
    Row("cumulative_trapezoid", function("cumulative_trapezoid"), one(max_dims=3), (FLOATS,),
        choices(dim=(..., 0, -1), dx=(..., 2, 0.5)), **CURVES),
    Row("gradient", function("gradient"), st.sampled_from([((3,),), ((2, 4),), ((5, 3),), ((1, 3),),
        ((4, 2, 3),)]), (FLOATS,), choices(spacing=(..., 2.0, 0.5), edge_order=(..., 1, 2)),
        **CURVES),
    Row("gradient-dim", function("gradient"), st.sampled_from([((3, 4),), ((5, 3),)]), (FLOATS,),
        choices(dim=(0, -1, (0, 1), (1, 0)), spacing=(..., 2.0)), **CURVES),
    Row("gradient-places", spaced, st.sampled_from([((5,),), ((5, 2),)]), (FLOATS,),
        choices(edge_order=(1, 2)), **CURVES),
    Row("cov", function("cov"), pattern("ab", "a", "", "abc"), (FLOATS,),
        choices(correction=(..., 0, 2)), **CURVES),
    Row("cov-weighted", weighted, st.sampled_from([((3, 4), (4,)), ((5,), (5,)), ((3, 4), (3,))]),
        (FLOATS, FLOATS),
        choices(kind=("fweights", "aweights")), **CURVES | {"mixed": ()}),
    # Of one variable it is 1, and its gradient rounding errors.
    Row("corrcoef", lambda lib, x: lib.corrcoef(x if x.ndim > 1 else x.detach()),
        st.sampled_from([((3, 5),), ((2, 4),), ((4,),)]), (FLOATS,), data=("normal",), **CURVES),
    # PyTorch changes in place what it needs for the gradient.
    Row("dist", function("dist"), pattern("ab,ab", "ab,b", "a,a", ","), (FLOATS, FLOATS),
        choices(p=(..., 1, 2, 3, float("inf"))), mixed=("f32", "f64")),
    Row("renorm", function("renorm"), pattern("ab", "abc", "a"), (FLOATS,),
        choices(p=(1, 2, 3), dim=(0, -1), maxnorm=(0.5, 2.0)), scale=1.0),  # along a slice
)  # fmt: skip


def places(library: ModuleType, x: Any, shape: Any) -> Any:
    count = int(np.prod([*shape] if isinstance(shape, bytes) else shape))
    return library.unravel_index((x.detach() * 7).long().abs() % count, shape)


PLACES = (
    Row("unravel_index", places, pattern("a", "ab", ""), (FLOATS,),
        choices(shape=((2, 3), (7,), (2, 2, 5)))),
)  # fmt: skip

ROWS = (*FUNCTIONS, *SUMS, *PLACES)
