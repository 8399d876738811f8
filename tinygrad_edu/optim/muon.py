"""Muon: momentum whose matrix is made nearly orthogonal before each step.

The update of a matrix mostly stretches along a few directions. Muon takes its singular values all
to about 1, so that every direction learns. It needs no singular value decomposition for that: an
odd polynomial of the matrix is the same polynomial of its singular values, and one that pushes them
towards 1 is applied a few times (the Newton-Schulz iteration).

References
----------
.. [1] K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
.. [2] J. Liu et al., "Muon is scalable for LLM training", 2025: how the rate is adjusted.
"""

from __future__ import annotations

import math

import numpy as np

from ..autograd.graph import wrap
from ..tensor import Tensor
from .bucket import Array, gradient
from .checks import check_learning_rate
from .optimizer import ParamGroup, Params
from .whole import WholeOptimizer, between

ADJUSTMENTS = (None, "original", "match_rms_adamw")


class Muon(WholeOptimizer):
    """Step along the momentum made orthogonal, for parameters that are matrices.

    For each parameter ``p`` of shape (n, m) with gradient ``g``::

        b <- mu b + (1 - mu) g
        u = mu b + (1 - mu) g            (nesterov; otherwise u = b)
        o = newton_schulz(u)
        p <- p - lr w p                  (weight decay)
        p <- p - lr r o                  (r = sqrt(max(1, n / m)), or 0.2 sqrt(max(n, m)))

    Parameters
    ----------
    params
        As in `Optimizer`, of two dimensions each.
    lr : float or Tensor of one element
        Learning rate, not negative.
    weight_decay : float
        ``w``, not negative.
    momentum : float
        ``mu``, not negative.
    nesterov : bool
        Whether the momentum looks a step ahead.
    ns_coefficients : (float, float, float)
        a, b, c of the polynomial ``a x + b x^3 + c x^5``.
    eps : float
        The least length that a matrix is divided by before the iteration.
    ns_steps : int
        How often the polynomial is applied; less than 100.
    adjust_lr_fn : {None, "original", "match_rms_adamw"}
        Which ``r``: the first, which is the default, or the second, with which rates for AdamW fit.

    Raises
    ------
    ValueError
        If a number is out of its range, or a parameter is no matrix.

    Notes
    -----
    As in PyTorch the iteration is computed in bfloat16, which has 8 binary digits. NumPy has no
    such dtype: here it is float32 in which only those digits are used.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_learning_rate(lr)
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in ADJUSTMENTS:
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.ndim != 2:
                    raise ValueError(
                        "Muon only supports 2D parameters whereas we found a parameter with size: "
                        f"{parameter.size()}"
                    )

    def _update_group(self, parameters: list[Tensor], group: ParamGroup) -> None:
        lr, keep = group["lr"], group["momentum"]
        for parameter in parameters:
            p, g, state = parameter.array, gradient(parameter), self._state[parameter]
            if g.ndim != 2:
                raise ValueError("Param gradient must be a 2D matrix")
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = wrap(np.zeros_like(g))
            b = state["momentum_buffer"].array
            b[...] = between(b, g, 1 - keep)
            u = between(g, b, keep) if group["nesterov"] else b
            o = newton_schulz(u, group["ns_coefficients"], group["ns_steps"], group["eps"])
            p *= float(1 - lr * group["weight_decay"])
            p += o.astype(p.dtype) * p.dtype.type(-float(lr * ratio(group["adjust_lr_fn"], p)))


def ratio(adjust_lr_fn: str | None, p: Array) -> float:
    """By how much the learning rate is larger, for a matrix of this shape."""
    rows, columns = p.shape
    if adjust_lr_fn == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))


def newton_schulz(
    matrix: Array, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Array:
    """A matrix with the same singular vectors and singular values of about 1.

    With X the matrix over its length, so that no singular value is above 1, in each step::

        A = X X^T
        X <- a X + (b A + c A A) X

    Returns
    -------
    array of float32, with the digits of bfloat16

    Raises
    ------
    ValueError
        If there are 100 steps or more, or not 3 coefficients.
    """
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = map(np.float32, coefficients)
    tall = matrix.shape[0] > matrix.shape[1]
    x = bfloat16(matrix.T if tall else matrix)
    length = bfloat16(np.sqrt((x * x).sum()))
    x = bfloat16(x / np.maximum(length, bfloat16(np.asarray(eps))))
    for _ in range(steps):
        gram = bfloat16(x @ x.T)
        change = bfloat16(b * gram + c * (gram @ gram))
        x = bfloat16(a * x + change @ x)
    return x.T if tall else x


def bfloat16(x: Array) -> Array:
    """Numbers rounded to 8 binary digits, the nearest ones (of two, the even one), as float32."""
    single = np.array(x, np.float32, order="C")
    bits = single.view(np.uint32)
    up = (bits >> 16 & 1) + np.uint32(0x7FFF)
    rounded = ((bits + up) & np.uint32(0xFFFF0000)).view(np.float32)
    return np.where(np.isnan(single), single, rounded)
