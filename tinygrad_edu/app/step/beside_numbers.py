"""How far a value of a trace is from PyTorch's."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ...tracing.events import Summary, Value
from ..compare.measure import EPS, TERMS, TOLERANCE, farthest, measure
from ..compare.records import Entry
from .beside_record import Held

#: What is said of a tensor of which only a summary was kept.
SUMMARISED = "of so many elements the minimum, maximum, mean and root mean square are compared"

#: And of one that is 0 but for rounding.
CANCELLED = "what is left of larger terms that cancel"


class Gap(NamedTuple):
    """How far a value is from PyTorch's.

    Attributes
    ----------
    difference : float
        The largest absolute one; infinite where one side alone has nan, or another shape; nan if
        there is nothing to compare with.
    eps : float
        The same in eps of PyTorch's dtype times the largest magnitude in PyTorch's tensor.
    within : bool
        Whether it is no more than rounding explains, as for ``tinygrad-edu compare``: see
        `measure`.
    remark : str
        The elements that are farthest apart, or what else is to be said.
    """

    difference: float
    eps: float
    within: bool
    remark: str = ""


def nothing(remark: str) -> Gap:
    """Of what has nothing to be compared with."""
    return Gap(math.nan, math.nan, True, remark)


def gap_of(ours: Value, theirs: Held, terms: float) -> Gap:
    """How far `ours` is from `theirs`; of large ones, what is known of all their elements.

    Parameters
    ----------
    ours : Value
    theirs : Held
    terms : float
        The magnitude of what is added up in it: see `measure`.
    """
    if ours.shape != theirs.shape:
        return Gap(math.inf, math.inf, False, f"its shape in PyTorch is {theirs.shape}")
    if ours.array is not None and theirs.array is not None:
        return gap_of_arrays(ours.array, theirs.array, theirs, terms)
    mine, others = (numbers(summary, ours.size) for summary in (ours.summary, theirs.summary))
    gap = gap_of_arrays(mine, others, theirs, terms)
    counts = [(s.nans, s.infinities) for s in (ours.summary, theirs.summary)]
    if counts[0] != counts[1]:
        return Gap(math.inf, math.inf, False, "another number of elements is nan or infinite")
    return gap._replace(remark=SUMMARISED)


def noise_in(ours: Value, theirs: Held, terms: float) -> np.ndarray[Any, Any] | None:
    """Where both are so small that rounding explains all of it; None if that is not known."""
    if ours.array is None or theirs.array is None or ours.shape != theirs.shape:
        return None
    allowed = TOLERANCE.get(theirs.dtype, 0.0) * theirs.largest
    allowed = max(allowed, TERMS * EPS.get(theirs.dtype, 0.0) * terms)
    small: np.ndarray[Any, Any] = np.maximum(abs(ours.array), abs(theirs.array)) <= allowed
    return small


def numbers(summary: Summary, size: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """What is known of the elements of a large array, as numbers of their magnitude."""
    mean_square = summary.norm / math.sqrt(size)
    return np.array([summary.minimum, summary.maximum, summary.mean, mean_square])


def gap_of_arrays(
    ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any], held: Held, terms: float
) -> Gap:
    """The same for arrays; `held` says what dtype they have, and how large the elements are."""
    a, b = ours.reshape(-1), theirs.reshape(-1)
    difference, _ = farthest(a, b)
    whole = theirs.shape == held.shape
    mine, other = (Entry("", "", held.dtype, theirs.shape, x, held.largest, whole) for x in (a, b))
    measured = measure(mine, other, terms)
    remark = measured.remark
    if measured.passed and difference > TOLERANCE.get(held.dtype, 0.0) * held.largest:
        remark = f"{remark}; {CANCELLED}"
    unit = EPS.get(held.dtype, math.nan) * held.largest
    eps = 0.0 if difference == 0.0 else difference / unit if unit > 0.0 else math.inf
    return Gap(difference, eps, measured.passed, remark)
