"""``torch.signal.windows``: values, gradients, dtypes, signatures and errors."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch

import tinygrad_edu

from .both import both, both_raise
from .judge import Evidence, check

WINDOWS = {
    "bartlett": [{}], "blackman": [{}], "cosine": [{}], "hamming": [{}], "hann": [{}],
    "nuttall": [{}], "exponential": [{}, {"tau": 2.5}, {"sym": False, "center": 1.5}],
    "gaussian": [{}, {"std": 0.7}], "kaiser": [{}, {"beta": 2.5}, {"beta": 0.0}],
    "general_hamming": [{}, {"alpha": 0.3}],
    "general_cosine": [{"a": [0.4, 0.5, 0.1, 0.05]}, {"a": (1.0,)}],
}  # fmt: skip
CALLS = [(name, options) for name, several in WINDOWS.items() for options in several]


@pytest.mark.parametrize("sym", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CALLS)
def test_values(name: str, options: dict[str, Any], dtype: str, sym: bool) -> None:
    for length in (0, 1, 2, 3, 8, 17, 64):
        made = {"sym": sym, **options}
        wide, theirs = (
            getattr(torch.signal.windows, name)(length, dtype=kind, **made)
            for kind in (torch.float64, getattr(torch, dtype))
        )
        ours = getattr(tinygrad_edu.signal.windows, name)(
            length, dtype=getattr(tinygrad_edu, dtype), **made
        )
        # Their places are rounded to the dtype, and what is far from 0 has few digits behind.
        check(ours, Evidence(theirs, theirs, scale=float(length)), f"{name} of {length}")
        assert wide.shape == theirs.shape


@pytest.mark.parametrize(("name", "options"), CALLS)
def test_what_requires_a_gradient(name: str, options: dict[str, Any]) -> None:
    def run(lib: Any) -> Any:
        window = getattr(lib.signal.windows, name)
        made = [window(n, requires_grad=True, **options) for n in (0, 1, 5)]
        default = window(4, **options)
        return [(x.requires_grad, x.is_leaf) for x in made], str(default.dtype), default.shape

    both(run)


@pytest.mark.parametrize("name", WINDOWS)
def test_signatures(name: str) -> None:
    """The same names in PyTorch's order; what is common to all may be in ``**common``."""
    theirs = inspect.signature(getattr(torch.signal.windows, name)).parameters
    ours = inspect.signature(getattr(tinygrad_edu.signal.windows, name)).parameters
    common = ["sym", "dtype", "layout", "device", "requires_grad"]
    own = [n for n in ours if n not in ("common", *common)]
    assert own == [n for n in theirs if n not in common]
    assert {n: ours[n].default for n in own} == {n: theirs[n].default for n in own}
    assert set(common) <= set(theirs)


@pytest.mark.parametrize(
    "line",
    ["hann(-1)", "kaiser(3, beta=-1)", "gaussian(3, std=0)", "exponential(3, tau=0)",
     "exponential(3, center=1)", "general_cosine(3, a=3)", "general_cosine(3, a=[])",
     "cosine(3, dtype=lib.float16)", "bartlett(3, dtype=lib.int64)", "nuttall(-2)"],
)  # fmt: skip
def test_errors(line: str) -> None:
    both_raise(lambda lib: eval(line, {**vars(lib.signal.windows), "lib": lib}), text=True)


def test_a_layout_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="implemented for strided tensors only"):
        tinygrad_edu.signal.windows.hann(3, layout=3)
