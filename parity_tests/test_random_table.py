"""Goes through the table of all that draws random numbers: PyTorch's numbers, to the bit or nearly,
from whatever seed, in any size and memory layout, and the generators left in the same state."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu

from .judge import count_case
from .programs import Raised, raised
from .random_table import TABLE, Row
from .seeds import begin
from .versions import HALF_DRAWS, TRUNCATED_NORMALS

SIZES = (0, 1, 2, 15, 16, 17, 1000, 40_000)

#: Where the elements of a tensor lie.
LAYOUTS: dict[str, Callable[[ModuleType, int, Any], Any]] = {
    "rows": lambda lib, n, dtype: lib.zeros(n, dtype=dtype),
    "every other": lambda lib, n, dtype: lib.zeros(2 * n, dtype=dtype)[::2],
    "columns": lambda lib, n, dtype: lib.zeros(n // 2, 2, dtype=dtype).t(),
}


def layouts(row: Row, n: int) -> list[str]:
    """Those that make a difference to a row. (Columns are a matrix, for lines that take any.)"""
    if not re.search(r"\b[xpvw]\b", row.line) or n == max(SIZES):
        return ["rows"]
    flat = re.search(r"\b[vw]\.(reshape|expand)|multinomial", row.line)
    return list(LAYOUTS) if n % 2 == 0 and not flat else ["rows", "every other"]


def names(lib: ModuleType, row: Row, n: int, dtype: str, layout: str, own: bool) -> dict[str, Any]:
    """What a line may use, and two generators that have just been seeded."""
    numbers = np.random.default_rng(begin(n))
    kind = getattr(lib, dtype)

    def filled(values: Any) -> Any:
        tensor = LAYOUTS[layout](lib, n, kind if kind.is_floating_point else lib.float32)
        return tensor.copy_(lib.tensor(values.astype(np.float32)).reshape(tensor.shape))

    def anew(make: Callable[[], Any]) -> Any:
        before = lib.get_default_dtype()
        lib.set_default_dtype(kind)
        try:
            return make()
        finally:
            lib.set_default_dtype(before)

    def forked(make: Callable[[], Any]) -> list[Any]:
        with lib.random.fork_rng():
            first = make()
        return [first, make()]

    p, w, v = numbers.random(n), numbers.random(n) + 0.01, numbers.normal(size=n)
    lib.manual_seed(begin(n) + 3)
    given = lib.Generator().manual_seed(begin(n) + 4)
    return {
        "lib": lib, "nn": lib.nn, "F": lib.nn.functional, "init": lib.nn.init,
        "data": lib.utils.data, "d": lib.distributions, "n": n, "dtype": kind,
        "x": LAYOUTS[layout](lib, n, kind),
        "p": filled(p), "w": filled(w), "v": filled(v), "anew": anew, "forked": forked,
        "given": given, "g": given if own else None,
        "own": given if own else lib.default_generator,
    }  # fmt: skip


def arrays(value: Any) -> list[np.ndarray[Any, Any]]:
    """All numbers in a result."""
    if isinstance(value, dict):
        return arrays(list(value.values()))
    if isinstance(value, list) and value and all(type(item) is int for item in value):
        return [np.array(value)]
    if isinstance(value, list | tuple):
        return [array for item in value for array in arrays(item)]
    if hasattr(value, "detach"):
        return [value.detach().numpy()]
    return [np.asarray(value)] if isinstance(value, int | float) else []


def judge(mine: Any, theirs: Any, ulps: int, where: str) -> None:
    """Raise unless two results are equal, or as near as `ulps` says."""
    ours, expected = arrays(mine), arrays(theirs)
    assert [(a.shape, a.dtype) for a in ours] == [(a.shape, a.dtype) for a in expected], where
    for array, other in zip(ours, expected, strict=True):
        if not ulps:
            assert array.tobytes() == other.tobytes(), where
        elif other.size:
            off = np.abs(array.astype(float) - other).max()
            allowed = ulps * np.finfo(other.dtype).eps * np.abs(other).max()
            assert off <= allowed, f"{where}: off by {off:.2e}, not {allowed:.2e}"


@pytest.mark.parametrize("row", TABLE, ids=[f"{row.name}-{row.line}"[:60] for row in TABLE])
def test_row(row: Row) -> None:
    if row.name == "nn.init.trunc_normal_" and TRUNCATED_NORMALS.missing:
        pytest.skip(str(TRUNCATED_NORMALS))
    dtypes = [d for d in row.dtypes if not (d == "float16" and HALF_DRAWS.missing)]
    for dtype in dtypes:
        for n in SIZES:
            for layout in layouts(row, n) if n <= row.largest else []:
                for own in {False, n < max(SIZES)} if re.search(r"\b(g|own)\b", row.line) else [0]:
                    count_case()
                    compare(row, n, dtype, layout, bool(own))


def compare(row: Row, n: int, dtype: str, layout: str, own: bool) -> None:
    """Raise unless a row draws alike on both sides, and leaves the generators alike."""
    where = f"{row.name}: n={n}, {dtype}, {layout}, {'own' if own else 'default'} generator"
    results, states = [], []
    for lib in (torch, tinygrad_edu):
        scope = names(lib, row, n, dtype, layout, own)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is odd
            results.append(raised(lambda s=scope: eval(row.line, s)))
        generators = (lib.default_generator, scope["given"])
        states += [[g.get_state().numpy().tobytes() for g in generators]]
        states[-1] += [lib.randn(1, generator=g).item() for g in generators]
    theirs, mine = results
    if isinstance(theirs, Raised):
        assert isinstance(mine, Raised), f"{where}: {theirs.error!r}"
        assert isinstance(mine.error, type(theirs.error)), f"{where}: {theirs.error!r}"
    else:
        assert not isinstance(mine, Raised), f"{where}: {mine!r}"
        judge(mine, theirs, row.ulps, where)
    assert states[0] == states[1], f"{where}: the generators are left in other states"


def test_the_default_generators_exchange_their_states() -> None:
    tinygrad_edu.manual_seed(8)
    tinygrad_edu.randn(3)
    torch.set_rng_state(torch.from_numpy(tinygrad_edu.get_rng_state().numpy()))
    judge(tinygrad_edu.randn(20), torch.randn(20), 0, "ours, given to PyTorch")
    torch.rand(700)
    tinygrad_edu.set_rng_state(tinygrad_edu.from_numpy(torch.get_rng_state().numpy()))
    judge(tinygrad_edu.randn(3), torch.randn(3), 0, "PyTorch's, given to us")


def test_a_row_that_differs_is_noticed() -> None:
    wrong = "lib.rand(n) if 'edu' in lib.__name__ else lib.rand(n) * {}"
    with pytest.raises(AssertionError, match="n=3"):
        compare(Row("wrong", wrong.format("2")), 3, "float32", "rows", False)
    nearly = wrong.format("(1 + 2**-20)")
    compare(Row("nearly", nearly, ulps=9), 3, "float32", "rows", False)
    with pytest.raises(AssertionError, match=r"n=3.*off by .*e-07"):
        compare(Row("not nearly", nearly, ulps=7), 3, "float32", "rows", False)
    more = "lib.rand(n), lib.rand(n + ('edu' in lib.__name__))[:n]"
    with pytest.raises(AssertionError, match="states"):
        compare(Row("more", more), 3, "float32", "rows", False)


def test_the_table_is_complete() -> None:
    """Of what takes a generator in PyTorch and is here, each has a row."""
    places = [("", "lib"), ("Tensor.", "lib.Tensor"), ("nn.init.", "lib.nn.init"),
              ("data.", "lib.utils.data")]  # fmt: skip
    wanted = set()
    for prefix, place in places:
        theirs, ours = (eval(place, {"lib": lib}) for lib in (torch, tinygrad_edu))
        for name in dir(theirs):
            said = re.search(r"\bgenerator\b *[=:(]", str(getattr(theirs, name).__doc__))
            if name[0] != "_" and said:
                wanted |= {prefix + name} if hasattr(ours, name) else set()
    assert len(wanted) > 25
    same = {"Tensor.multinomial": "multinomial"}
    assert wanted - same.keys() <= {row.name.partition(",")[0] for row in TABLE}
