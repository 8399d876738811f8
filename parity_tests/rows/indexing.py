"""Picking elements by their places, and putting them back."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ..draws import (
    FLOATS,
    choices,
    indices,
    mask,
    pattern,
)
from .row import moving

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

ROWS = INDEXING
