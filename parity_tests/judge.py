"""The judge: is what the engine computed right?

Shape, dtype, a missing tensor, and where the nans and infinities stand must be PyTorch's. What is
not floating point must be equal. Floating point numbers are held against the *truth* and not
against PyTorch's rounding, because two right programs round differently:

    max|x - G|  <=  max(C eps max|G|,  K noise)

where x is the engine's answer, G the truth, and `noise` how far rounding takes PyTorch itself from
the truth:

- float32 (and float16): G is what PyTorch computes from the same numbers in float64. C = 32, K = 4.
- float64: G is PyTorch's float64 answer. C = 8, K = 4. A run of our own code in long double would
  see less rounding, but not a wrong formula: it would repeat it, and the distance to it would then
  excuse what it should convict. PyTorch's answer knows nothing of our formulas.
- `noise` is the largest max|torch - G|, for the numbers of the case and for a few sets of numbers
  close by, since a single one may by luck round to nothing. For float64 it is measured in float32,
  and multiplied by eps64 / eps32: rounding errors grow with eps.

Both bounds are maxima over the whole tensor, since errors of sums and products are in proportion
to the largest terms. For ops that work element by element a case may ask for each element to be
judged alone (`each`), so that one huge element cannot hide a wrong tiny one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch

import tinygrad_edu

from .replay import Replay as Replay
from .replay import replay_command
from .scoreboard.board import Board, Now, dtype_of, kind_of, name_of
from .told import with_replay

C = {torch.float16: 32, torch.float32: 32, torch.float64: 8}
K = 4
SIGNIFICANT = 120  # elements of a tensor that a failure prints


class Tally:
    """How much was compared in this process; `totals` adds the processes up."""

    cases = 0
    tensors = 0
    others = 0  # errors that both sides raised, and results that are no tensors
    deviating = 0  # cases in which the engine differs from PyTorch, for a reason that is written
    left_out = 0  # samples that have what the engine by rule has not, or a GPU
    reasons: ClassVar[Counter[str]] = Counter()  # of what a GPU has not
    differences: ClassVar[Counter[str]] = Counter()  # why cases deviate on a GPU alone


class Evidence(NamedTuple):
    """What PyTorch has to say about one tensor.

    Attributes
    ----------
    torch : Tensor or None
        Its answer in the dtype of the case.
    truth : Tensor or None, or callable
        Its float64 answer; for a float64 case `torch` itself. Or what computes that; called only if
        the engine's answer differs from PyTorch's.
    nearby : callable
        Computes, for sets of numbers close by, its answer in the precision of the case (but no more
        than float32) and the truth. Called only if the rest does not acquit.
    precision : dtype or None
        Of the narrowest floating point numbers among the arguments, where that is known.
    scale : float, or callable
        How large the numbers were of which this tensor may be a small difference; where it is
        larger, it takes the place of max|G|. Or what computes that; called as seldom as `truth`.
    """

    torch: torch.Tensor | None
    truth: torch.Tensor | Callable[[], torch.Tensor | None] | None = None
    nearby: Callable[[], list[tuple[torch.Tensor, torch.Tensor]]] = list
    precision: torch.dtype | None = None
    scale: float | Callable[[], float] = 0.0


def count_case() -> None:
    """One more case, of any number of comparisons, is about to be judged."""
    Tally.cases += 1


def leave_out(reason: str) -> None:
    """The case is not judged, since on the device it cannot be."""
    Tally.left_out += 1
    Tally.reasons[reason] += 1


def count_deviation() -> None:
    """The case that has just failed is known to differ, for a reason that is written."""
    Tally.deviating += 1
    excuse()


def count_differences(reasons: Collection[str]) -> None:
    """The case has differed for these reasons, as PyTorch does on a GPU, if there are any."""
    if reasons:
        Tally.deviating += 1
        Tally.differences.update({*reasons})


def excuse() -> None:
    """The comparison that has just failed does not count as failed on the scoreboard."""
    if Board.current is not None:
        Board.current.excuse()


def check(
    got: tinygrad_edu.Tensor | None, expected: Evidence | torch.Tensor | None, what: str = "result",
    *, each: bool = False, exact: str = "", zero_for_none: bool = False,
) -> None:  # fmt: skip
    """Raise if `got` is not right.

    Parameters
    ----------
    got : tinygrad_edu.Tensor or None
    expected : Evidence, torch.Tensor or None
        A tensor alone stands for evidence in which PyTorch's answer is the truth.
    what : str
        What the tensor is, for the message.
    each : bool
        Judge every element alone.
    exact : {"", "signs", "values", "bits"}
        Whether the signs of zeros must be equal, or all values, or both.
    zero_for_none : bool
        Accept zeros where PyTorch has None. That is for second-order gradients, where it depends
        on how a derivative is written whether a constant is seen to be one. None where PyTorch has
        zeros is not accepted: `grad` would call the input unused.

    Raises
    ------
    AssertionError
        With what was expected and what was got.
    """
    Tally.tensors += 1
    evidence = expected if isinstance(expected, Evidence) else Evidence(expected)
    if zero_for_none and evidence.torch is None and got is not None and not got.array.any():
        return
    problem = find_fault(got, evidence, each=each, exact=exact)
    board = Board.current
    if problem is None:
        if board is not None:
            board.passed(kind_of(what), _dtype_noted(evidence))
        return
    error = AssertionError(
        f"{what}: {problem}\n  expected {_text(evidence.torch)}\n  got      {_text(got)}\n"
        f"  replay   {replay_command()}"
    )
    if board is not None:
        board.failed(error, kind_of(what), _dtype_noted(evidence))
    raise error


def find_fault(got: Any, evidence: Evidence, *, each: bool, exact: str) -> str | None:
    """What is wrong with `got`, or None."""
    expected = evidence.torch
    if got is None or expected is None:
        return None if got is expected else f"{_kind(got)} where PyTorch has {_kind(expected)}"
    if type(got) is not tinygrad_edu.Tensor:
        return f"a {type(got).__name__}, not a Tensor"
    if tuple(got.shape) != tuple(expected.shape):
        return f"shape {tuple(got.shape)}, not {tuple(expected.shape)}"
    if str(got.dtype) != str(expected.dtype):
        return f"dtype {got.dtype}, not {expected.dtype}"
    if got.requires_grad != expected.requires_grad and expected.numel():
        return f"requires_grad is {got.requires_grad}, not {expected.requires_grad}"
    x, reference = got.detach().numpy(), values_of(expected)
    if x.shape != reference.shape or x.dtype != reference.dtype:
        return f"the array inside has shape {x.shape} and dtype {x.dtype}"
    # The very bits of PyTorch's answer are as far from the truth as its noise, so never too far.
    if Board.current is None and x.tobytes() == reference.tobytes():
        return None
    if not expected.is_floating_point():
        return None if np.array_equal(x, reference) else "different values"
    if not (np.isfinite(x).all() and np.isfinite(reference).all()):
        for name, pattern in (("nan", np.isnan), ("inf", np.isposinf), ("-inf", np.isneginf)):
            if not np.array_equal(pattern(x), pattern(reference)):
                return f"{name} in other places than PyTorch"
    if exact in ("values", "bits") and not np.array_equal(x, reference, equal_nan=True):
        return "different values"
    if exact in ("signs", "bits"):
        zeros = (x == 0) & (reference == 0)
        if (np.signbit(x) != np.signbit(reference))[zeros].any():
            return "0 where PyTorch has -0, or the other way round"
    if exact in ("values", "bits"):
        if Board.current is not None:
            Board.current.measure(0.0)
        return None
    return _distance_fault(x, reference, evidence, each)


@np.errstate(over="ignore")  # there may be more eps than float64 has numbers for
def _distance_fault(
    x: np.ndarray[Any, Any], reference: np.ndarray[Any, Any], evidence: Evidence, each: bool
) -> str | None:
    precision = _precision(evidence)
    eps, tolerated = torch.finfo(precision).eps, C[precision]
    exactly = _called(evidence.truth)
    truth, scale = _float64(evidence.torch if exactly is None else exactly), _called(evidence.scale)
    # Where the narrower type overflows, what must be infinite has been checked already.
    judged = np.isfinite(reference) & np.isfinite(truth)
    if not judged.any():
        return None
    right, ours = truth[judged], x[judged].astype(np.float64)
    size, error, noise = np.abs(right), np.abs(ours - right), np.abs(reference[judged] - right)
    # The smallest numbers have no digits to be precise in.
    smallest = tolerated * np.finfo(x.dtype).smallest_subnormal

    def excess(noise: np.ndarray[Any, Any]) -> str | None:
        sizes, errors = size, error
        if not each:
            sizes, errors, noise = (v.max(keepdims=True) for v in (size, error, noise))
        bound = np.maximum(tolerated * eps * np.maximum(sizes, scale), K * noise)
        bound = np.maximum(bound, smallest)
        if Board.current is not None:
            share = errors / bound
            Board.current.measure(tolerated * (share.max().item() if each else share.item()))
        if np.all(errors <= bound):
            return None
        worst = np.argmax(errors - bound)
        relative = f" ({errors[worst] / (eps * sizes[worst]):.3g} eps)" if sizes[worst] else ""
        return f"off by {errors[worst]:.3g} where {bound[worst]:.3g} is allowed{relative}"

    if excess(noise) is None:
        return None
    for answer, its_truth in evidence.nearby():
        pair = _float64(answer)[judged], _float64(its_truth)[judged]
        distance = np.abs(np.subtract(*pair, where=np.isfinite(pair).all(0), out=0 * right))
        noise = np.maximum(noise, distance * (eps / torch.finfo(answer.dtype).eps))
    return excess(noise)


def _called(value: Any) -> Any:
    """What a function returns that was given in place of a value, or the value."""
    return value() if callable(value) else value


def _precision(evidence: Evidence) -> torch.dtype:
    """Of the tensor, or of the numbers that it was computed from, if they have fewer digits."""
    own, given = evidence.torch.dtype, evidence.precision
    if given is None or given is own:
        return own
    return max(own, given, key=lambda dtype: torch.finfo(dtype).eps)


def _dtype_noted(evidence: Evidence) -> str:
    """Under which dtype the board has a comparison."""
    if evidence.torch is None:
        return dtype_of(Now.case)
    return name_of(
        _precision(evidence) if evidence.torch.is_floating_point() else evidence.torch.dtype
    )


def _float64(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    return values_of(tensor).astype(np.float64)


def values_of(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """As an array; also of the tensors of zeros that PyTorch keeps without memory."""
    return tensor.detach().numpy(force=True)


def _kind(value: Any) -> str:
    return "None" if value is None else "a tensor"


def _text(tensor: Any) -> str:
    if tensor is None:
        return "None"
    array = tensor.detach().numpy(force=True) if hasattr(tensor, "detach") else np.asarray(tensor)
    listed = np.array2string(array, threshold=SIGNIFICANT, floatmode="unique", prefix=" " * 11)
    return f"{tuple(array.shape)} {array.dtype}: {listed}"


@contextmanager
def judged_case(case_id: str, text: Callable[[], str]) -> Iterator[None]:
    """A case that can be replayed by its id: it is counted, and a failure in it begins with `text`,
    what was called."""
    count_case()
    Replay.case_id = case_id
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{text()}\n  {with_replay(str(error))}") from error
    finally:
        Replay.case_id = None
