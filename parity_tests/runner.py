"""Running a case on both sides, and having judged what comes out:

1. the results, and whether they share memory with the arguments;
2. the gradients that ``backward`` adds up, with random upstream gradients (derivatives on arrays);
3. the same with ``create_graph`` (derivatives on tensors);
4. the gradients of these gradients, with respect to the arguments and the upstream gradients;
5. the memory of arguments and upstream gradients, which must be as it was.

If PyTorch raises, so must the engine, an exception of the same type.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import ModuleType
from typing import Any

import numpy as np
import torch

import tinygrad_edu
from tinygrad_edu.memory import owner_of

from .bridge import Bridge
from .cases import DTYPES, SECOND, Case, Draws, arguments
from .devices import (
    NO_KERNEL,
    RAISES,
    RANDOM,
    STAYS,
    UNSET,
    Device,
    drew_random_numbers,
    lacks_kernel,
    seed_here,
)
from .gpu_differences import difference_on_gpu, left_unset
from .judge import Evidence, Tally, check, count_differences, excuse, judged_case, leave_out
from .ops import OPS
from .rows.row import Row
from .scoreboard.board import comparing
from .versions import as_raised

UNNAMED = "call"  # the op of a case that is a call of any function
NEARBY = 6  # sets of numbers on which the size of rounding errors is measured


def run(
    library: ModuleType, row: Row, case: Case, tensors: list[Any], draws: Draws
) -> dict[str, Any]:
    """Everything a case computes, by what it is called in messages."""
    outputs = flat(row.call(library, *tensors, **case.options))
    results = {f"result {i}": output for i, output in enumerate(outputs)}
    inputs = {f"argument {i}": t for i, t in enumerate(tensors) if t.requires_grad}
    outputs = [o for o in outputs if getattr(o, "requires_grad", False)]
    if len(outputs) > 1:  # not every output need be used
        rng = np.random.default_rng([case.seed, 999])
        outputs = [o for o in outputs if rng.random() < 0.8] or outputs[:1]
    if not outputs or not inputs:
        return results
    upstream = [draws(i, o) for i, o in enumerate(outputs)]
    library.autograd.backward(outputs, [u.detach() for u in upstream], retain_graph=True)
    for name, tensor in inputs.items():
        results[f"gradient of {name}"] = tensor.grad
    first = library.autograd.grad(
        outputs, list(inputs.values()), upstream, create_graph=True, allow_unused=True
    )
    for name, gradient in zip(inputs, first, strict=True):
        results[f"gradient of {name} with create_graph"] = gradient
    again = [g for g in first if g is not None and g.requires_grad and g.numel()]
    if not again or not row.twice:
        return results
    inputs |= {f"upstream gradient {i}": u for i, u in enumerate(upstream)}
    weights = [draws(SECOND + i, g).detach() for i, g in enumerate(again)]
    second = library.autograd.grad(again, list(inputs.values()), weights, allow_unused=True)
    for name, gradient in zip(inputs, second, strict=True):
        results[f"second-order gradient of {name}"] = gradient
    return results


def run_torch(row: Row, case: Case, tensors: list[torch.Tensor], draws: Draws) -> dict[str, Any]:
    """`run` on PyTorch, whose warnings (as for a variance of one element) are its own matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run(torch, row, case, tensors, draws)


def flat(result: Any) -> list[Any]:
    """The outputs of an op in one list."""
    if isinstance(result, tuple | list) and not isinstance(result, torch.Size | tinygrad_edu.Size):
        return [output for item in result for output in flat(item)]
    return [result]


@contextmanager
def default_dtype(dtype: torch.dtype) -> Any:
    """PyTorch with another default dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def in_precision(
    case: Case,
    row: Row,
    tensors: list[torch.Tensor],
    dtype: torch.dtype,
    rounded: torch.dtype = torch.float64,
    move: int = 0,
) -> dict[str, Any]:
    """What PyTorch computes in another floating point type.

    Parameters
    ----------
    case, row, tensors
        What is computed.
    dtype : torch.dtype
        All floating point numbers are converted to this.
    rounded : torch.dtype
        After they were rounded to this.
    move : int
        If not 0, the numbers move a little, differently for each `move`. Equal ones move alike; and
        arguments with special values do not move, off which they would fall.
    """

    def convert(tensor: torch.Tensor, movable: bool = True) -> torch.Tensor:
        if not tensor.is_floating_point():
            return tensor
        values = tensor.detach()
        if move and movable:
            values = values * (1 + 0.01 * (values * (1e4 * move)).sin())
        return values.to(rounded).to(dtype).requires_grad_(tensor.requires_grad)

    converted = {id(t): convert(t, movable=case.data == "normal") for t in tensors}
    with default_dtype(dtype):
        return run_torch(row, case, [converted[id(t)] for t in tensors], Draws(case, convert))


def nearby(
    case: Case, row: Row, tensors: list[torch.Tensor], precision: torch.dtype
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What PyTorch computes from numbers close by, in `precision` (at most float32) and exactly."""
    dtype = torch.float32 if precision is torch.float64 else precision
    return [
        (
            in_precision(case, row, tensors, dtype, dtype, move),
            in_precision(case, row, tensors, torch.float64, dtype, move),
        )
        for move in range(NEARBY)
    ]


def judge_case(case: Case) -> Exception | None:
    """Run a case on both sides, and raise if the engine is not right.

    Returns
    -------
    Exception or None
        What PyTorch raised, and the engine too.

    Raises
    ------
    AssertionError
        With the case's id, its arguments, what was expected and what was got.
    """
    row = OPS[case.op]
    theirs = arguments(case, row)

    def text() -> str:
        listed = "\n".join(f"  argument {i}: {t!r}" for i, t in enumerate(theirs))
        return f"{case.op} in case {case.id}\n{listed}"

    with judged_case(case.id, text):
        return judge_arguments(case, row, theirs)


def judge_arguments(case: Case, row: Row, theirs: list[torch.Tensor]) -> Exception | None:
    """Run a call on the given PyTorch tensors and on copies of them, and judge our side.

    Returns
    -------
    Exception or None
        What PyTorch raised, and the engine too.

    Raises
    ------
    AssertionError
        With what was expected and what was got.
    """
    with comparing(None if case.op == UNNAMED else case.op, case):
        return judge_call(case, row, theirs)


def judge_call(case: Case, row: Row, theirs: list[torch.Tensor]) -> Exception | None:
    """`judge_arguments` itself."""
    bridge = Bridge()
    ours = [bridge.to_ours(t) for t in theirs]
    before = {key: buffer.copy() for key, buffer in bridge.buffers.items()}
    reasons: list[str] = []  # why not all of it agrees
    if Device.current is None:
        expected, error = attempt(lambda: run_torch(row, case, theirs, Draws(case, lambda t: t)))
        placed, results = theirs, expected
    else:
        computed = error = None
        with known_differences(case, theirs, reasons):
            computed, error = run_on_device(case, row, theirs, bridge, Device.current)
        count_differences(reasons)
        if computed is None and error is None:
            return None  # left out, or not computed there
        placed, results = computed or (theirs, {})
        expected = {
            what: value.cpu() if isinstance(value, torch.Tensor) else value
            for what, value in results.items()
        }
    upstream = Draws(case, bridge.to_ours)
    got, our_error = attempt(lambda: run(tinygrad_edu, row, case, ours, upstream))
    compare_errors(our_error, error)
    for values, given in upstream.drawn:
        assert np.array_equal(values.numpy(), given.array), "an upstream gradient was changed"
    for key, buffer in before.items():
        assert np.array_equal(bridge.buffers[key], buffer), "an argument was changed"
    if error is not None:
        return error
    assert got.keys() == expected.keys(), f"computed {[*got]}, not {[*expected]}"
    evidence = evidence_for(case, row, theirs, expected)
    for what, value in got.items():
        with known_differences(case, theirs, reasons):
            if not isinstance(expected[what], torch.Tensor | None):
                Tally.others += 1
                assert value == expected[what], f"{what}: {value!r}, not {expected[what]!r}"
                continue
            is_result = what.startswith("result")
            check(
                value,
                evidence(what),
                what,
                each=case.data == "grid",
                exact=row.exact if is_result else "",
                zero_for_none=what.startswith("second"),
            )
            if is_result and expected[what].numel():
                check_sharing(value, results[what], ours, placed)
    count_differences(reasons)
    return None


def known_differences(
    case: Case, tensors: list[torch.Tensor], reasons: list[str]
) -> AbstractContextManager[None]:
    """A block in which a failure that is known of a GPU is none; its reason joins the others."""
    return nullcontext() if Device.current is None else forgiving(case, tensors, reasons)


@contextmanager
def forgiving(case: Case, tensors: list[torch.Tensor], reasons: list[str]) -> Iterator[None]:
    """`known_differences` with a GPU."""
    try:
        with comparing():
            yield
    except AssertionError as error:
        difference = difference_on_gpu(case, tensors, str(error))
        if difference is None:
            raise
        excuse()
        reasons.append(difference.reason)


def run_on_device(
    case: Case, row: Row, tensors: list[torch.Tensor], bridge: Bridge, device: torch.device
) -> tuple[tuple[list[torch.Tensor], dict[str, Any]] | None, Exception | None]:
    """The arguments on a device, and what PyTorch computes there, or what it raises on the CPU.

    Neither, if the case is left out.

    Raises
    ------
    AssertionError
        If PyTorch raises on the device, and not for want of a kernel.
    """

    def carry(tensor: torch.Tensor) -> torch.Tensor:
        return bridge.to_device(tensor, device)

    placed = [t if STAYS.get(case.op) == i else carry(t) for i, t in enumerate(tensors)]
    seed_here()
    _, error = attempt(lambda: run_torch(row, case, tensors, Draws(case, lambda t: t)))
    if error is not None or drew_random_numbers():
        leave_out(RAISES if error is not None else RANDOM)
        return None, error
    if left_unset(case, tensors):
        leave_out(UNSET)
        return None, None
    with device:  # so that what a row makes is there, too
        results, error = attempt(lambda: run_torch(row, case, placed, Draws(case, carry)))
    if error is None:
        return (placed, results), None
    if not lacks_kernel(error):
        raise AssertionError(f"PyTorch raises {error!r} on {device}") from error
    leave_out(NO_KERNEL)
    return None, None


def evidence_for(
    case: Case, row: Row, tensors: list[torch.Tensor], expected: dict[str, Any]
) -> Callable[[str], Evidence]:
    """What the judge may ask, by what the tensor is called in `expected`."""
    floating = {DTYPES[name] for name in case.dtypes if DTYPES[name].is_floating_point}
    precision = min(floating, key=lambda dtype: dtype.itemsize, default=None)

    @functools.cache
    def truth() -> dict[str, Any]:
        if precision is not torch.float64 and not row.one_precision:
            return in_precision(case, row, tensors, torch.float64)
        if row.truth is not None:
            return expected | {"result 0": true_result(case, row, tensors[0])}
        return expected

    @functools.cache
    def neighbours() -> list[tuple[dict[str, Any], dict[str, Any]]]:
        comparable = len(floating) == 1 and not row.one_precision
        return nearby(case, row, tensors, precision) if comparable else []

    @functools.cache
    def scale(of_seconds: bool) -> float:
        if of_seconds:  # may be the difference of terms as large as the others'
            seconds = (t for name, t in expected.items() if name.startswith("second"))
            return max(map(largest, seconds), default=0.0)
        # And where arguments cancel, as in the variance of equal numbers, an error squared is left.
        size = max(map(largest, tensors), default=0.0) if case.data == "normal" else 0.0
        return max(row.scale, size**2 * torch.finfo(precision).eps if precision else 0.0)

    def evidence(what: str) -> Evidence:
        return Evidence(
            expected[what],
            lambda: truth().get(what),
            lambda: [(r[what], t[what]) for r, t in neighbours() if r.get(what) is not None],
            precision,
            lambda: scale(what.startswith("second")),
        )

    return evidence


def true_result(case: Case, row: Row, tensor: torch.Tensor) -> torch.Tensor:
    """What the row's own function computes in long double."""
    assert row.truth is not None
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = tensor.numpy(force=True).astype(np.longdouble)
        return torch.from_numpy(np.asarray(row.truth(values, **case.options), np.float64))


def check_sharing(got: Any, expected: torch.Tensor, ours: list[Any], theirs: list[Any]) -> None:
    """Raise unless a result shares memory with the arguments with which PyTorch's does."""
    for i, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        shared = owner_of(got.array) is owner_of(mine.array)
        if shared != (address(expected) == address(other)):
            unlike = "shares" if shared else "does not share"
            raise AssertionError(f"a result {unlike} the memory of argument {i}, unlike PyTorch")


def largest(tensor: torch.Tensor | None) -> float:
    """The largest finite absolute value."""
    if tensor is None:
        return 0.0
    absolute = np.abs(tensor.numpy(force=True).astype(np.float64))  # quicker than by PyTorch
    return float(absolute[np.isfinite(absolute)].max(initial=0.0))


def address(tensor: torch.Tensor) -> int:
    """Where the memory of a tensor begins."""
    return tensor.untyped_storage().data_ptr()


def attempt(function: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """What a call returned, and what it raised."""
    try:
        return function(), None
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        return None, error


def compare_errors(ours: Exception | None, theirs: Exception | None) -> None:
    """Raise unless both raised, the engine the same type of exception, or neither did."""
    theirs = as_raised(theirs)
    if isinstance(theirs, torch.linalg.LinAlgError):  # a class of each library's own
        theirs = tinygrad_edu.linalg.LinAlgError(str(theirs))
    if theirs is ours is None:
        return
    with comparing(kind="error"):
        if theirs is None:
            raise AssertionError(f"raised where PyTorch does not: {ours!r}") from ours
        if not isinstance(ours, type(theirs)):
            raise AssertionError(f"PyTorch raises {theirs!r}, but the engine {ours!r}") from ours
    Tally.others += 1
