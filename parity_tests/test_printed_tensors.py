"""Tensors as a script prints them: alone, formatted, in lists and dicts, after any program."""

from __future__ import annotations

import contextlib
import io
from collections import OrderedDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu

from .judge import count_case
from .line_scripts import Script
from .printed import arrays, options, printoptions
from .programs import Raised, raised
from .steps import seeded

#: Where the elements lie; each gives all of them, some, or some of them twice.
LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "as it is": lambda x: x,
    "turned around": lambda x: x.permute(tuple(range(x.ndim))[::-1]),
    "flipped": lambda x: x.flip(tuple(range(x.ndim))),
    "every other": lambda x: x[..., ::2] if x.ndim else x,
    "repeated": lambda x: x.expand(2, *x.shape),
    "one of it": lambda x: x[0] if x.ndim and len(x) else x,
}

#: What makes something of it without rounding, so that both sides have the same numbers.
MADE: dict[str, Callable[[ModuleType, Any], Any]] = {
    "nothing": lambda lib, x: x,
    "clone": lambda lib, x: x.clone(),
    "unsqueeze": lambda lib, x: x.unsqueeze(-1),
    "view": lambda lib, x: x.reshape(-1),
    "cat": lambda lib, x: lib.cat([x.reshape(1, -1), x.reshape(1, -1)]),
    "stack": lambda lib, x: lib.stack([x, x]),
    "where": lambda lib, x: lib.where(x == x, x, x),
    "detach": lambda lib, x: x.detach(),
    "equal to itself": lambda lib, x: x == x,
    "split": lambda lib, x: x.reshape(-1).split(2)[-1],
    "no_grad": lambda lib, x: _without_graph(lib, x),
    "parameter": lambda lib, x: lib.nn.Parameter(x.detach(), x.is_floating_point()),
    "no gradient": lambda lib, x: lib.nn.Parameter(x.detach(), False),
}

#: How it is printed.
FORMS: dict[str, Callable[[Any], Any]] = {
    "repr": repr,
    "str": str,
    "f-string": lambda x: f"{x}",
    "f-string of repr": lambda x: f"{x!r}",
    "percent": lambda x: "%s %r" % (x, x),  # noqa: UP031
    "print": lambda x: printed(x, x),
    "list": lambda x: str([x, x.detach()]),
    "tuple": lambda x: str((x, (x,), 1.5)),
    "dict": lambda x: str({"a": x, "b": [x]}),
    "ordered": lambda x: str(OrderedDict(weight=x, bias=x)),
    "shape": lambda x: f"{x.shape} {x.size()} {x.dtype} {x.device} {x.shape[1:]} {x.layout}",
    "type": lambda x: f"{type(x)} {x.type()} {type(x.dtype)} {type(x.shape)}",
    "tolist": lambda x: str(x.tolist()),
    "numpy": lambda x: repr(x.detach().numpy()),
}
SPECS = ["", ".2f", ".3e", "10.4g", "d", ">12", "^9.1f", "+.0f", "08.3f", ",", "%", "x", "s"]


def _without_graph(lib: ModuleType, x: Any) -> Any:
    with lib.no_grad():
        return x.reshape(x.shape)


def printed(*values: Any) -> str:
    """What `print` writes."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print(*values)
    return out.getvalue()


def twins(array: npt.NDArray[Any], layout: str, made: str, wanted: bool) -> list[Any]:
    """The same tensor on both sides: PyTorch's first."""
    pair = []
    for lib in (torch, tinygrad_edu):
        x = lib.tensor(array.copy())
        if wanted and x.is_floating_point():
            x.requires_grad_()
        pair.append(MADE[made](lib, LAYOUTS[layout](x)))
    return pair


@settings(max_examples=400, deadline=None)
@given(
    array=arrays(),
    layout=st.sampled_from(list(LAYOUTS)),
    made=st.sampled_from(list(MADE)),
    wanted=st.booleans(),
    form=st.sampled_from(list(FORMS)),
    calls=st.lists(options, max_size=2),
)
def test_any_tensor_in_any_form(
    array: npt.NDArray[Any],
    layout: str,
    made: str,
    wanted: bool,
    form: str,
    calls: list[dict[str, Any]],
) -> None:
    theirs, mine = twins(array, layout, made, wanted)
    with printoptions(*calls):
        assert FORMS[form](mine) == FORMS[form](theirs)


@settings(max_examples=200, deadline=None)
@given(
    array=arrays(),
    made=st.sampled_from(["nothing", "clone", "detach", "parameter"]),
    wanted=st.booleans(),
    spec=st.sampled_from(SPECS),
)
def test_any_format(array: npt.NDArray[Any], made: str, wanted: bool, spec: str) -> None:
    """Of one number the spec is that of a Python number; of others none is understood."""
    texts = []
    for x in twins(array, "one of it", made, wanted):
        texts.append([raised(lambda y=y: format(y, spec)) for y in (x, x.reshape(-1)[:1].sum())])
    for expected, mine in zip(*texts, strict=True):
        if isinstance(expected, Raised):
            assert isinstance(mine, Raised) and type(mine.error) is type(expected.error)
        else:
            assert mine == expected


# After programs -----------------------------------------------------------------------------------

PROGRAMS = 300
PARTS = 5


@pytest.mark.parametrize("part", range(PARTS))
def test_what_programs_come_to(part: int) -> None:
    """Each tensor that a random program makes, and its gradient, is printed alike.

    Where the numbers differ by rounding, so may the last digit: then ours is printed with
    PyTorch's numbers. That must be rare.
    """
    count_case()
    all_of_them = rounded = 0
    for number in range(part, PROGRAMS, PARTS):
        script = Script()
        for line in seeded(number):
            script.theirs.run(line)
            script.ours.run(line)
            for tensor in script.theirs.tensors.values():
                raised(lambda t=tensor: t.grad_fn)  # PyTorch makes some nodes when asked for them
        for name, theirs in script.theirs.tensors.items():
            for pair in pairs(script.ours.names[name], theirs):
                all_of_them += 1
                rounded += texts_of(*pair, f"{name} of script/{number}")
    assert all_of_them > 500
    assert rounded < all_of_them / 50


def pairs(mine: Any, theirs: Any) -> list[tuple[Any, Any]]:
    """A tensor and the gradient that it has."""
    if theirs is None:
        return [(mine, theirs)]
    if isinstance(raised(lambda: theirs.grad_fn), Raised):
        return []  # which PyTorch prints as <Invalid>: the base of one of several views was changed
    return [(mine, theirs)] + ([(mine.grad, theirs.grad)] if theirs.is_leaf else [])


def texts_of(mine: Any, theirs: Any, where: str) -> bool:
    """Raise unless both print alike, and say whether that took PyTorch's numbers."""
    expected = repr([theirs])
    if repr([mine]) == expected:
        return False
    assert mine is not None and mine.shape == theirs.shape, where
    mine.array = theirs.detach().numpy()
    assert repr([mine]) == expected, where
    return True
