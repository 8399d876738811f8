"""Running products and extremes, reductions that pass over nan, and pairs of reductions."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..bridge import LAYOUTS
from ..draws import FLOATS, choices, dim, one, pattern, reduced
from ..versions import AMINMAX
from .row import Row, reduction

ONE_DIM_REDUCED = reduced(several=False)
FIRST = [{"dim": 0}]


def joined_diff(library: ModuleType, x: Any, first: Any, last: Any) -> Any:
    return library.diff(x, prepend=first, append=last)


def sums_with_zero(name: str) -> Any:
    """The function `name` with something added to each result, so that each is of its own node."""

    def call(library: ModuleType, x: Any, **options: Any) -> Any:
        return [result + 0 for result in getattr(library, name)(x, **options)]

    return call


#: PyTorch's mean beside the variance is another than its mean alone.
PAIR: dict[str, Any] = {
    "edge_data": (),
    "skipped": {"nonfinite": "PyTorch's running mean is nan where the sum is infinite"},
    "scale": 1.0,  # numbers may cancel out in the mean, of which PyTorch's are then rounding errors
}

SCANS = (
    reduction(
        "cumprod",
        dim,
        edge_options=FIRST,
        skipped=dict.fromkeys(
            ("vector20", "nonfinite"), "0 and inf: PyTorch divides where there is nothing to divide"
        ),
    ),
    reduction("cummax", dim, edge_options=FIRST, exact="bits"),
    reduction("cummin", dim, edge_options=FIRST, exact="bits"),
    reduction("logcumsumexp", dim, edge_options=FIRST),
    reduction("diff", choices(n=(1, 2, 3), dim=(-1, 0)), edge_options=[{}, {"n": 2}],
              shapes=one(max_dims=3)),
    Row("diff-joined", joined_diff, pattern("ab,ac,ad"), (FLOATS,) * 3, mixed=()),
    reduction("nansum", reduced()),
    reduction("nanmean", reduced()),
    reduction("aminmax", ONE_DIM_REDUCED, exact="values", edge_options=[{}, *FIRST],
              call=lambda lib, x, **options: lib.aminmax(x, **options), since=AMINMAX),
    # Not of expanded tensors, as var and std.
    reduction("var_mean", reduced(correction=(..., 0, 2)), layouts=LAYOUTS[:3],
              call=sums_with_zero("var_mean"), **PAIR),
    reduction("std_mean", reduced(correction=(..., 0, 2)), layouts=LAYOUTS[:3],
              call=sums_with_zero("std_mean"), **PAIR),
    reduction("count_nonzero", choices(dim=(..., -1, 0)), shapes=one(min_dims=1)),
)  # fmt: skip

ROWS = SCANS
