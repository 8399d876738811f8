"""How far a tensor is from PyTorch's, in eps, and how far it may be: for ``tinygrad-edu compare``.

The two runs are free: nothing is copied from one to the other, as ``train --check`` does. So what
they are apart at a step is the rounding of all steps before, magnified by all that the training
magnifies, and there is no bound that all right programs keep. The allowance is generous against
rounding and small against any mistake in a formula: a difference may be as large as `TOLERANCE`
says, as a fraction of the largest magnitude in PyTorch's tensor.

Two things round more than that without being wrong. A gradient may be the sum of terms that
cancel (that of a bias in front of a batch normalization is 0 but for rounding), and near a minimum
all gradients are. What is left has the size of an eps of the terms, and it walks at random from one
step to the next. So after n steps a tensor is not held to less than ``TERMS sqrt(n)`` eps of the
largest magnitude that losses, gradients or parameters, each for themselves, had so far. A loss may
be such a sum, too (that of a policy that has not moved yet, with advantages of mean 0): it is held
to no less than that many eps of the largest gradient in its own pass, for that is what it changes
by when a parameter of size 1 is rounded.

In a run that has met float32, numbers in float64 may have been computed from such: they are held
to what is allowed in float32.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .records import Entry

#: By dtype, the largest difference that passes, as a fraction of the largest magnitude.
TOLERANCE = {"float64": 1e-9, "float32": 1e-4, "float16": 0.03, "bfloat16": 0.25}

EPS = {"bfloat16": 2.0**-7} | {
    name: float(np.finfo(name).eps) for name in ("float64", "float32", "float16")
}

TERMS = 8

#: The smallest number above 0.
LEAST = float(np.finfo(np.float64).smallest_subnormal)

INF = math.inf


class Measured(NamedTuple):
    """A tensor on both sides, and how far they are apart.

    Attributes
    ----------
    role, name : str
    dtype : str
        On PyTorch's side.
    shape : tuple of int
    eps : float
        The largest difference, in eps of the dtype times the scale; infinite if the tensors cannot
        be compared.
    allowed : float
        How many eps pass.
    remark : str
        The elements that are farthest apart, or why they cannot be compared.
    excused : bool
        Whether it passes only by what a control allows.
    """

    role: str
    name: str
    dtype: str
    shape: tuple[int, ...]
    eps: float
    allowed: float
    remark: str
    excused: bool = False

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return self.name if self.role == "loss" else f"{self.role} {self.name}"

    @property
    def passed(self) -> bool:
        """Whether it is within its tolerance."""
        return self.eps <= self.allowed


def measure(ours: Entry, theirs: Entry, terms: float, coarsest: str = "") -> Measured:
    """How far a tensor is from PyTorch's.

    Parameters
    ----------
    ours, theirs : Entry
    terms : float
        The magnitude of what is added up in it: no less is allowed than `TERMS` eps of that.
    coarsest : str, optional
        The coarsest dtype of what it may have been computed from, if that is not its own.
    """
    if (ours.dtype, ours.shape) != (theirs.dtype, theirs.shape):
        return unlike(theirs, f"{kind(ours)} in tinygrad_edu, {kind(theirs)} in PyTorch")
    if theirs.values is None or ours.values is None:  # both without a gradient
        return Measured(theirs.role, theirs.name, theirs.dtype, theirs.shape, 0.0, 0.0, "")
    a, b = ours.values, theirs.values
    gap, place = farthest(a, b)
    remark = ""
    if gap > 0.0:
        remark = f"{a[place]!s} in tinygrad_edu, {b[place]!s} in PyTorch"
        if theirs.whole and theirs.shape:
            where = ", ".join(map(str, np.unravel_index(place, theirs.shape)))
            remark = f"[{where}] is {remark}"
    if theirs.dtype not in EPS:  # integers are equal or wrong
        return Measured(*theirs[:4], 0.0 if gap == 0.0 else INF, 0.0, remark)
    coarsest = max(theirs.dtype, coarsest or theirs.dtype, key=TOLERANCE.__getitem__)
    eps, allowed = EPS[theirs.dtype], TOLERANCE[coarsest] / EPS[theirs.dtype]
    scale = max(theirs.largest, terms * TERMS * EPS[coarsest] / TOLERANCE[coarsest])
    apart = 0.0 if gap == 0.0 else gap / (eps * scale) if scale > 0.0 else INF
    return Measured(*theirs[:4], apart, allowed, remark)


def farthest(ours: NDArray[Any], theirs: NDArray[Any]) -> tuple[float, int]:
    """The largest difference between elements of two arrays in one dimension, and where it is.

    Equal elements, and nan and nan, are 0 apart, and no others; nan and a number infinitely.
    """
    equal = (ours == theirs) | ((ours != ours) & (theirs != theirs))
    if equal.all():
        return 0.0, 0
    with np.errstate(all="ignore"):
        gaps = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    gaps = np.where(np.isnan(gaps), INF, np.maximum(gaps, LEAST))  # integers may be too large
    gaps = np.where(equal, 0.0, gaps)
    place = int(gaps.argmax())
    return float(gaps[place]), place


def unlike(entry: Entry, remark: str) -> Measured:
    """A tensor that cannot be compared with the other side's."""
    return Measured(*entry[:4], INF, 0.0, remark)


def kind(entry: Entry) -> str:
    """The dtype and shape of a tensor in words."""
    return "no gradient" if entry.dtype == "none" else f"{entry.dtype} of shape {entry.shape}"
