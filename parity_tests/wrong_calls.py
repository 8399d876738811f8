"""Calls that are wrong in one place, or only unusual, and what both libraries make of them.

A valid call of a row of the table (see `cases`) is changed in one argument: another dtype, shape or
type, a dimension out of range, an argument that is missing or one too many. What stands in its
place is an expression, evaluated on each side with the names `lib`, `np` and, for what was there
before, `old`. Then both must return the same, or both must raise, with one exception type.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import tinygrad_edu

from .bridge import Bridge
from .cases import Case, arguments, cases
from .draws import sampled_from
from .judge import Evidence, check, count_case, excuse
from .ops import OPS
from .rows.row import Row
from .runner import compare_errors, default_dtype, flat, largest
from .scoreboard.board import comparing
from .wrong_calls_table import Outcome, reason_for

TENSORS = (
    "old.double()", "old.long()", "old.int()", "old.bool()", "old.to(lib.uint8)",
    "old.unsqueeze(0)", "old.flatten()", "old.sum()", "old[..., :1]", "old[None, None, None]",
    "old[..., None]", "old.detach()", "lib.ones(7)", "lib.ones(0)", "lib.ones(2, 7)",
    "lib.tensor(1)", "lib.tensor(1.5)", "lib.tensor(True)", "old.detach().numpy()", "1", "1.5",
    "True", "None", "'a'", "[1.0, 2.0]", "(old,)", "[old, old]", "np.float64(1.5)", "np.int64(1)",
    "object()", "lib.float32", "{}",
)  # fmt: skip

OTHERS = (
    "0", "1", "-1", "2", "7", "-7", "100", "0.0", "1.5", "-0.5", "float('nan')", "float('inf')",
    "True", "False", "None", "()", "(0,)", "[0]", "(0, 1)", "(0, -1)", "[0, 0]", "(7,)", "(-1, 0)",
    "(1.5,)", "(None,)", "(True,)", "lib.Size([1])", "range(1)", "lib.tensor(0)", "lib.tensor(1)",
    "lib.tensor(1.5)", "lib.tensor([0])", "lib.tensor([0, 1])", "lib.tensor(True)",
    "(lib.tensor(0),)", "np.int64(0)", "np.int32(1)", "np.float64(0.5)", "np.float32(2)",
    "np.bool_(True)", "np.array(0)", "np.array([0])", "{}", "{0}", "object()", "int",
    "lib.float64", "lib.int64", "lib.bool", "b'a'", "old", "(old, old)",
)  # fmt: skip

EXTRA = ("None", "1", "'a'", "lib.ones(2)")


class Change(NamedTuple):
    """The one place in which a call is changed.

    Attributes
    ----------
    kind : {"tensor", "option", "positional", "missing", "more", "extra"}
    place : int or str
        Of the tensor or the positional argument, or the name of the option.
    expression : str
        What is put there.
    """

    kind: str
    place: int | str
    expression: str = ""


#: Where numbers cancel, what is left of them in float64: an error in which they are so much larger
#: than in float32, by which a result is judged.
CANCELLED = torch.finfo(torch.float64).eps / torch.finfo(torch.float32).eps

#: What a call may raise; AttributeError comes from rows that call a method of what is no tensor.
ERRORS = (
    ArithmeticError, AttributeError, LookupError, NameError, RuntimeError, SyntaxError, TypeError,
    ValueError,
)  # fmt: skip


@functools.cache  # as in `draws`
def one_place(places: tuple[tuple[str, int | str], ...]) -> SearchStrategy[tuple[str, int | str]]:
    """One of these."""
    return st.sampled_from(places)


def change_of(draw: st.DrawFn, case: Case) -> Change:
    """A change to a call, drawn."""
    positional = case.options.get("args", ())
    named = [name for name in case.options if name != "args"]
    places: list[tuple[str, int | str]] = [("tensor", i) for i in range(len(case.shapes))]
    places += [("option", name) for name in named] * 2
    places += [("positional", i) for i in range(len(positional))] * 2
    places += [("missing", name) for name in named]
    places += [("more", 0), ("extra", "surplus")]
    kind, place = draw(one_place(tuple(places)))
    pools = {"tensor": TENSORS, "option": OTHERS, "positional": OTHERS, "missing": ("",)}
    return Change(kind, place, draw(sampled_from(pools.get(kind, EXTRA))))


@functools.cache
@st.composite
def wrong_calls(draw: st.DrawFn, row: Row) -> tuple[Case, Change]:
    """A case of a row, and a change to it."""
    case = draw(cases(row, (draw(sampled_from(("f32", "f64"))),)))
    return case, change_of(draw, case)


def changed(
    library: ModuleType, tensors: list[Any], options: dict[str, Any], change: Change
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments after the change."""
    tensors, options = list(tensors), dict(options)
    names = {"lib": library, "np": np, "torch": torch}
    kind, place, expression = change
    if kind == "tensor":
        tensors[place] = eval(expression, names | {"old": tensors[place]})
    elif kind == "option":
        options[place] = eval(expression, names | {"old": options[place]})
    elif kind == "positional":
        positional = list(options["args"])
        positional[place] = eval(expression, names | {"old": positional[place]})
        options["args"] = tuple(positional)
    elif kind == "missing":
        del options[place]
    elif kind == "extra":
        options[place] = eval(expression, names)
    elif "args" in options:
        options["args"] = (*options["args"], eval(expression, names))
    else:
        tensors.append(eval(expression, names))
    return tensors, options


def judge_wrong_call(case: Case, change: Change) -> None:
    """Raise unless both sides make the same of the call.

    Raises
    ------
    AssertionError
        With the call, and what either side made of it.
    """
    count_case()
    row = OPS[case.op]
    bridge = Bridge()
    theirs = arguments(case, row)
    ours = [bridge.to_ours(t) for t in theirs]

    def call(library: ModuleType, tensors: list[Any]) -> Any:
        tensors, options = changed(library, tensors, case.options, change)
        return row.call(library, *tensors, **options)

    @functools.cache
    def exactly() -> list[Any]:
        converted = [in_float64(t) for t in arguments(case, row)]
        with warnings.catch_warnings(), default_dtype(torch.float64):
            warnings.simplefilter("ignore")
            return flat(attempt(lambda: call(torch, converted))[0])

    def evidence(i: int, result: torch.Tensor) -> Evidence:
        def scale() -> float:
            size = max(map(largest, arguments(case, row)), default=0.0)
            return max(largest(result), size * CANCELLED)

        return Evidence(result, lambda: truth_of(result, i, exactly()), list, torch.float32, scale)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if attempt(lambda: row.call(torch, *arguments(case, row), **case.options))[1]:
            return  # it was wrong already, and of two errors either may come first
        expected, their_error = attempt(lambda: call(torch, theirs))
        got, error = attempt(lambda: call(tinygrad_edu, ours))
    outcome = Outcome(case.op.split("-")[0], change.expression, change.place, their_error, error)
    try:
        with comparing(case.op, case):
            compare_outcomes(outcome, got, expected, evidence)
    except AssertionError:
        if reason_for(outcome) is None:
            raise
        excuse()


def in_float64(tensor: torch.Tensor) -> torch.Tensor:
    """The same numbers, if they are floating point, with more digits."""
    if not tensor.is_floating_point():
        return tensor
    return tensor.detach().double().requires_grad_(tensor.requires_grad)


def compare_outcomes(
    outcome: Outcome, got: Any, expected: Any, evidence: Callable[[int, torch.Tensor], Evidence]
) -> None:
    """Raise unless both sides raised one type of exception, or returned the same."""
    compare_errors(outcome.ours, outcome.theirs)
    if outcome.ours is not None:
        said = str(outcome.ours)
        slip = "object has no attribute" in said and not isinstance(outcome.ours, AttributeError)
        assert not slip and "ufunc" not in said, f"no words for a user: {outcome.ours!r}"
        return
    assert len(flat(got)) == len(flat(expected)), f"{got!r}, not {expected!r}"
    for i, (mine, other) in enumerate(zip(flat(got), flat(expected), strict=True)):
        if isinstance(other, torch.Tensor):
            assert isinstance(mine, tinygrad_edu.Tensor), f"{mine!r}, not {other!r}"
            check(mine, evidence(i, other))
        else:
            assert same_value(mine, other), f"{mine!r}, not {other!r}"


def truth_of(result: torch.Tensor, i: int, exactly: list[Any]) -> torch.Tensor:
    """What result `i` is without rounding to float32, if that can be told; otherwise what it is."""
    truth = exactly[i] if i < len(exactly) else None
    alike = isinstance(truth, torch.Tensor) and truth.shape == result.shape
    return truth if alike else result.double()


def attempt(function: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """What a call returned, and what it raised."""
    try:
        return function(), None
    except ERRORS as error:
        return None, error


def same_value(mine: Any, other: Any) -> bool:
    """Whether two results that are no tensors are equal."""
    if isinstance(other, float) and math.isnan(other):
        return isinstance(mine, float) and math.isnan(mine)
    return str(mine) == str(other)
