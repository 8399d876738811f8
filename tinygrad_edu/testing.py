"""``torch.testing``: `assert_close`, which says where and how much two things differ.

Two tensors are close if ``|actual - expected| <= atol + rtol |expected|`` for each element. Things
made of tensors, lists and dicts of them, are compared part by part; Python's numbers as tensors of
their own precision; and what can be made a tensor, such as an array, as that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from .creation import as_tensor
from .dtypes import promote
from .missing import GIVEN_UP, NOT_YET, by_name, refuse
from .ops.closeness import IsClose, check_tolerances
from .tensor import Tensor

#: By NumPy's name of a dtype, `rtol` and `atol`; all others have to be equal.
TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}

NUMBERS = (int, float, complex, np.number)
TRUTHS = (bool, np.bool_)


class Demands(NamedTuple):
    """What is asked of two things, besides their values; see `assert_close`."""

    allow_subclasses: bool
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_device: bool
    check_dtype: bool
    check_layout: bool
    check_stride: bool

    def tolerances(self, *names: str) -> tuple[float, float]:
        """`rtol` and `atol` for things of these dtypes."""
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        found = [TOLERANCES.get(name, (0.0, 0.0)) for name in names]
        return max(rtol for rtol, _ in found), max(atol for _, atol in found)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise unless `actual` is as good as `expected`.

    Parameters
    ----------
    actual, expected : tensors, numbers, arrays, None, or sequences or mappings of them
    allow_subclasses : bool
        Whether one may be of a subclass of the other's type.
    rtol, atol : float, optional
        At least 0, of tensors; both or neither. By default those of the dtypes, see `TOLERANCES`,
        or the larger of them.
    equal_nan : bool
        Whether two NaNs are equal.
    check_device, check_layout : bool
        Without effect: these never differ.
    check_dtype, check_stride : bool
        Whether these have to be the same.
    msg : str or callable, optional
        The error's message, or what makes it of the one that there would be.

    Raises
    ------
    AssertionError
        If they differ.
    RuntimeError
        If two tensors are compared with `rtol` or `atol` below 0.
    TypeError
        If they are of kinds that are not compared.
    ValueError
        If only one of `rtol` and `atol` is given.
    """
    if (rtol is None) != (atol is None):
        lacking = "rtol" if rtol is None else "atol"
        raise ValueError(
            f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {lacking}."
        )
    demands = Demands(
        allow_subclasses, rtol, atol, equal_nan, check_device, check_dtype, check_layout,
        check_stride,
    )  # fmt: skip
    parts = list(pairs(actual, expected, ()))
    try:
        for path, one, other in parts:
            with_path(path, compare, one, other, demands)
    except AssertionError as error:
        if msg is None:
            raise
        raise AssertionError(msg(str(error)) if callable(msg) else msg) from None


def with_path(path: tuple[Any, ...], check: Callable[..., None], *args: Any) -> None:
    """``check(*args)``, an error of which says where it was found."""
    where = "".join(f"[{key!r}]" for key in path)
    try:
        check(*args)
    except AssertionError as error:
        if not path:
            raise
        raise AssertionError(f"{error}\n\nThe failure occurred for item {where}") from None


def pairs(
    actual: Any, expected: Any, path: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """All that stands at the same place in the two, with the keys that lead there."""
    if are_both(Sequence, actual, expected):
        if len(actual) != len(expected):
            with_path(path, fail, sequences_differ(len(actual), len(expected)))
        for index, (one, other) in enumerate(zip(actual, expected, strict=True)):
            yield from pairs(one, other, (*path, index))
    elif are_both(Mapping, actual, expected):
        if actual.keys() != expected.keys():
            with_path(path, fail, keys_differ(actual.keys(), expected.keys()))
        for key in sorted_if_possible(actual):
            yield from pairs(actual[key], expected[key], (*path, key))
    else:
        yield path, actual, expected


def are_both(kind: type, actual: Any, expected: Any) -> bool:
    """Whether both are of a kind, and no text."""
    return all(isinstance(x, kind) and not isinstance(x, str) for x in (actual, expected))


def sorted_if_possible(keys: Mapping[Any, Any]) -> list[Any]:
    """In order; or as they are, if they have none."""
    try:
        return sorted(keys)
    except TypeError:
        return list(keys)


def sequences_differ(actual: int, expected: int) -> str:
    """The message for sequences of two lengths."""
    return f"The length of the sequences mismatch: {actual} != {expected}"


def keys_differ(actual: Any, expected: Any) -> str:
    """The message for mappings with two sets of keys."""
    return (
        "The keys of the mappings do not match:\n"
        f"Missing keys in the actual mapping: {sorted(expected - actual)}\n"
        f"Additional keys in the actual mapping: {sorted(actual - expected)}"
    )


def fail(text: str) -> NoReturn:
    """Raise an AssertionError."""
    raise AssertionError(text)


def compare(actual: Any, expected: Any, demands: Demands) -> None:
    """Raise unless two things that have no parts are close."""
    if actual is None or expected is None:
        if actual is not expected:
            fail(f"None mismatch: {actual} is not {expected}")
    elif isinstance(actual, TRUTHS) and isinstance(expected, TRUTHS):
        if bool(actual) is not bool(expected):
            fail(f"Booleans mismatch: {bool(actual)} is not {bool(expected)}")
    elif isinstance(actual, NUMBERS) and isinstance(expected, NUMBERS):
        compare_numbers(actual, expected, demands)
    else:
        compare_tensors(*as_tensors(actual, expected, demands), demands)


def compare_numbers(actual: Any, expected: Any, demands: Demands) -> None:
    """The same for two numbers."""
    names = ["float64" if isinstance(x, float | complex) else "int64" for x in (actual, expected)]
    if demands.check_dtype and type(actual) is not type(expected):
        fail(f"The (d)types do not match: {type(actual)} != {type(expected)}.")
    rtol, atol = demands.tolerances(*names)
    both_nan = demands.equal_nan and actual != actual and expected != expected
    if not (actual == expected or both_nan or is_within(actual, expected, rtol, atol)):
        fail(of_scalars(actual, expected, rtol, atol))


def is_within(actual: Any, expected: Any, rtol: float, atol: float) -> bool:
    """Whether two different numbers are close."""
    distance = abs(actual - expected)
    return bool(math.isfinite(distance) and distance <= atol + rtol * abs(expected))


def as_tensors(actual: Any, expected: Any, demands: Demands) -> tuple[Tensor, Tensor]:
    """Both as tensors, if they are of related types."""
    related = isinstance(actual, type(expected)) or isinstance(expected, type(actual))
    if related and (demands.allow_subclasses or type(actual) is type(expected)):
        try:
            return as_tensor(actual), as_tensor(expected)
        except (TypeError, ValueError, RuntimeError):  # of a kind that no tensor is made of
            pass
    raise TypeError(
        f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}."
    )


def compare_tensors(actual: Tensor, expected: Tensor, demands: Demands) -> None:
    """The same for two tensors: first what they are, then their values."""
    attributes: list[tuple[str, Any, Any]] = [("shape", actual.shape, expected.shape)]
    if demands.check_dtype:
        attributes.append(("dtype", actual.dtype, expected.dtype))
    if demands.check_stride:
        attributes.append(("stride()", actual.stride(), expected.stride()))
    for name, one, other in attributes:
        if one != other:
            fail(f"The values for attribute '{name}' do not match: {one} != {other}.")
    rtol, atol = demands.tolerances(actual.array.dtype.name, expected.array.dtype.name)
    check_tolerances(rtol, atol)
    a, b = promote([actual.array, expected.array], to_float=False)
    promoted = a, b  # of bools, the message says True and False
    if a.dtype.kind != "f":
        a, b = a.astype(np.int64), b.astype(np.int64)
    with np.errstate(all="ignore"):
        close = IsClose.forward(a, b, rtol, atol, demands.equal_nan)
        if not close.all():
            say = of_tensors(a, b, close, rtol, atol) if a.ndim else None
            fail(say or of_scalars(promoted[0].item(), promoted[1].item(), rtol, atol))


def of_scalars(actual: Any, expected: Any, rtol: float, atol: float) -> str:
    """The message for two numbers."""
    absolute = abs(actual - expected)
    relative = math.inf if expected == 0 else absolute / abs(expected)
    exact = rtol == 0 and atol == 0
    return (
        f"Scalars are not {'equal' if exact else 'close'}!\n\n"
        f"Expected {expected} but got {actual}.\n"
        f"Absolute difference: {absolute}{allowed(exact, atol)}\n"
        f"Relative difference: {relative}{allowed(exact, rtol)}"
    )


def of_tensors(actual: Any, expected: Any, close: Any, rtol: float, atol: float) -> str:
    """The message for two arrays: how many elements differ, and where they differ most."""
    absolute = np.where(close, 0, np.abs(actual - expected))
    kind = absolute.dtype if absolute.dtype.kind == "f" else np.dtype(np.float32)
    relative = np.where(close, 0, absolute.astype(kind) / np.abs(expected).astype(kind))
    exact = rtol == 0 and atol == 0
    wrong = close.size - int(close.sum())
    lines = [
        f"Tensor-likes are not {'equal' if exact else 'close'}!\n",
        f"Mismatched elements: {wrong} / {close.size} ({wrong / close.size:.1%})",
    ]
    for name, found, bound in (("absolute", absolute, atol), ("relative", relative, rtol)):
        place = np.unravel_index(int(np.argmax(found)), found.shape)
        value, index = found[place].item(), tuple(map(int, place))
        lines.append(f"Greatest {name} difference: {value} at index {index}{allowed(exact, bound)}")
    return "\n".join(lines)


def allowed(exact: bool, bound: float) -> str:
    """The end of a line: how much would have been allowed."""
    return "" if exact else f" (up to {bound} allowed)"


#: What PyTorch has besides.
MISSING = by_name({GIVEN_UP: "assert_allclose", NOT_YET: "FileCheck make_tensor"})

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
