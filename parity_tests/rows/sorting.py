"""Sorting, order statistics, and finding and counting among bins."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ..bridge import LAYOUTS
from ..draws import FLOATS, choices, dim, one, pattern, reduced
from .row import Row, function, reduction

ONE_DIM_REDUCED = reduced(several=False)
FIRST = [{"dim": 0}]

#: With ties PyTorch's choice of an index, and so of who gets the gradient, is an accident; and it
#: misreads expanded tensors.
DISTINCT: dict[str, Any] = {
    "data": ("normal",), "layouts": LAYOUTS[:3], "exact": "values", "edge_data": (),
    "skipped": {"nonfinite": "many are equal"}, "mixed": (),
}  # fmt: skip
QUANTILES: dict[str, Any] = {
    "graph": "composed of other ops than PyTorch's", "data": ("normal",), "layouts": LAYOUTS[:3],
    "shapes": one(max_dims=3, empty=False),
    "skipped": {"nonfinite": "many are equal, and PyTorch's long sorts are not stable"},
}  # fmt: skip
#: PyTorch sorts with a comparison that has no place for nan.
NO_NAN = dict.fromkeys(("vector18", "vector19", "vector21", "nonfinite"), "nan is not compared")


def distinct(name: str) -> Any:
    """The function `name`; of integers, among which many are equal, without the indices."""

    def call(library: ModuleType, x: Any, **options: Any) -> Any:
        found = getattr(library, name)(x, **options)
        return found if x.is_floating_point() else values_of(name)(library, x, **options)

    return call


def values_of(name: str) -> Any:
    """The values that the function `name` finds, without the indices."""

    def call(library: ModuleType, x: Any, **options: Any) -> Any:
        found = getattr(library, name)(x.detach(), **options)
        return found.values if isinstance(found, tuple) else found

    return call


def quantile(library: ModuleType, x: Any, q: Any, **options: Any) -> Any:
    fractions = library.tensor(q, dtype=x.dtype) if isinstance(q, list) else q
    return library.quantile(x, fractions, **options)


def quantile_of_fractions(library: ModuleType, x: Any, q: Any) -> Any:
    return library.quantile(x, q.sigmoid(), dim=-1)


def small_counts(rng: np.random.Generator, shapes: Any, options: Any) -> Any:
    return rng.integers(0, 6, shapes[0])


def boundaries(rng: np.random.Generator, shapes: Any, options: Any) -> Any:
    return np.sort(rng.integers(-3, 4, shapes[0]).astype(np.float64), -1)


def bucketize(library: ModuleType, edges: Any, x: Any, **options: Any) -> Any:
    return library.bucketize(x, edges, **options)


def k_and_dim(shapes: Any) -> Any:
    return st.tuples(st.integers(0, 4), dim(shapes)).map(lambda o: {"k": o[0], **o[1]})


INTERPOLATIONS = (..., "lower", "higher", "midpoint", "nearest")
SORTING = (
    reduction("sort", lambda s: st.tuples(dim(s), choices(descending=(..., True), stable=(
        ..., True, False))(s)).map(lambda o: o[0] | o[1]), exact="bits",
        edge_options=[{}, {"descending": True}]),
    reduction("argsort", dim, edge_options=[{}, {"descending": True}]),
    reduction("msort", choices(), exact="bits"),
    reduction("topk", k_and_dim, call=distinct("topk"), **DISTINCT),
    reduction("topk-values", choices(k=(0, 1, 2), largest=(True, False), dim=(0, -1)),
              call=values_of("topk"), layouts=LAYOUTS[:3],
              edge_options=[{"k": 1}, {"k": 2, "largest": False}]),
    reduction("kthvalue", k_and_dim, call=distinct("kthvalue"), **DISTINCT),
    reduction("kthvalue-values", choices(k=(1, 2), dim=(0, -1)), call=values_of("kthvalue"),
              layouts=LAYOUTS[:3],
              edge_options=[{"k": 1}, {"k": 2}]),
    reduction("median", ONE_DIM_REDUCED, call=distinct("median"), **DISTINCT),
    reduction("median-all", choices(), call=function("median"), exact="values"),
    reduction("median-values", ONE_DIM_REDUCED, call=values_of("median"), layouts=LAYOUTS[:3],
              edge_options=FIRST),
    reduction("nanmedian", ONE_DIM_REDUCED, call=distinct("nanmedian"), **DISTINCT),
    reduction("nanmedian-all", choices(), call=function("nanmedian"), exact="values"),
    reduction("nanmedian-values", ONE_DIM_REDUCED, call=values_of("nanmedian"), layouts=LAYOUTS[:3],
              edge_options=FIRST),
    reduction("mode", reduced(whole=False, several=False), exact="values", edge_options=FIRST,
 skipped=NO_NAN),
    reduction("quantile", reduced(several=False, q=(0.3, 0.5, 0, 1, [0.1, 0.75], []),
              interpolation=INTERPOLATIONS), call=quantile, edge_options=[{"q": 0.4}],
              **QUANTILES),
    reduction("nanquantile", reduced(several=False, q=(0.3, 1), interpolation=INTERPOLATIONS),
              edge_options=[{"q": 0.4}], **QUANTILES),
    Row("quantile-fractions", quantile_of_fractions, pattern("ab,c", "b,", empty=False),
        (FLOATS, FLOATS), graph=QUANTILES["graph"], mixed=(), data=("normal",),
        skipped={"nonfinite": "of equal infinities PyTorch takes another weighted mean"}),
    reduction("unique", choices(return_inverse=(False, True), return_counts=(False, True),
              dim=(..., 0, -1)), shapes=one(min_dims=1, max_dims=3), edge_options=[{}]),
    reduction("unique_consecutive", choices(return_inverse=(False, True), dim=(..., 0, -1),
              return_counts=(False, True)), shapes=one(min_dims=1, max_dims=3),
              edge_options=[{}]),
    Row("bincount", function("bincount"), pattern("a", "a,a"), (small_counts, FLOATS),
        choices(minlength=(..., 3, 9)), graph="PyTorch has a node without a name"),
    reduction("histc", choices(bins=(..., 4, 1), min=(-1,), max=(2, 1.5))),
    Row("searchsorted", function("searchsorted"), pattern("a,bc", "a,", "ba,bc", "a,c"),
        (boundaries, FLOATS),
        choices(right=(False, True), out_int32=(False, True), side=(..., "right")), twice=False),
    Row("bucketize", bucketize, pattern("a,bc", "a,"), (boundaries, FLOATS),
        choices(right=(False, True)), twice=False),
)  # fmt: skip

ROWS = SORTING
