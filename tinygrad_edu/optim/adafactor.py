"""Adafactor: Adam's second moment, kept as one number for each row and one for each column.

References
----------
.. [1] N. Shazeer and M. Stern, "Adafactor: Adaptive learning rates with sublinear memory cost",
   2018, algorithms 4 and 5. `lr` and the use of ``e1`` are PyTorch's.
"""

from __future__ import annotations

import numpy as np

from ..autograd.graph import wrap
from ..tensor import Tensor
from .averages import counter_dtype
from .bucket import Array, State, gradient
from .checks import check_learning_rate
from .optimizer import ParamGroup, Params
from .whole import WholeOptimizer, between, length


class Adafactor(WholeOptimizer):
    """Divide gradients by the root of a mean square that is a row's times a column's.

    For each parameter ``p`` with gradient ``g``, in step ``t`` = 1, 2, ..., with ``rms`` for the
    root of the mean square of all numbers::

        k = t^tau,   a = max(e2, rms(p)) min(lr, 1 / sqrt(t))
        p <- p - lr w p                                              (weight decay)
        r <- (1 - k) r + k mean over the columns of g^2
        c <- (1 - k) c + k mean over the rows of g^2
        v = r c / max(mean of r, e1)
        u = g / max(sqrt(v), e1)
        p <- p - a u / max(1, rms(u) / d)

    Vectors and single numbers have no rows: of them ``v <- (1 - k) v + k g^2``.

    Parameters
    ----------
    params
        As in `Optimizer`; of more dimensions than two, the last two are rows and columns.
    lr : float or Tensor of one element
        The largest relative step, not negative.
    beta2_decay : float
        ``tau``, not positive: how soon the means forget less.
    eps : (float or None, float)
        ``e1``, by default the precision of the dtype, and ``e2``; not negative.
    d : float
        How large, in its root of the mean square, an update may be; at least 1.
    weight_decay : float
        ``w``, not negative.
    foreach
        Chooses among PyTorch's implementations, of which there is one here; see `Optimizer`.
    maximize : bool
        Step along the gradient and not against it.

    Raises
    ------
    ValueError
        If a number is out of its range.
    ZeroDivisionError
        From `step`, if a parameter has no elements.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_learning_rate(lr)
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _update_group(self, parameters: list[Tensor], group: ParamGroup) -> None:
        e1, e2 = group["eps"]
        if e1 is None:  # for all parameters that of the first, as in PyTorch
            e1 = float(np.finfo(parameters[0].array.dtype).eps)
        lr = group["lr"].item() if isinstance(group["lr"], Tensor) else group["lr"]
        for parameter in parameters:
            p, state = parameter.array, self._state[parameter]
            g = -gradient(parameter) if group["maximize"] else gradient(parameter)
            if not state:
                begin(state, g)
            state["step"].array[...] += 1
            t, root = float(state["step"].array), p.size**0.5
            a = max(e2, length(p) / root) * min(lr, 1 / t**0.5)
            if group["weight_decay"] != 0:
                p *= 1 - lr * group["weight_decay"]
            v = mean_square(state, g, t ** group["beta2_decay"], e1)
            u = g * (1 / np.sqrt(np.maximum(v, p.dtype.type(e1 * e1))))
            p += u * p.dtype.type(-a / max(1.0, length(u) / (root * group["d"])))


def begin(state: State, g: Array) -> None:
    """The state before the first step."""
    state["step"] = wrap(np.zeros((), counter_dtype()))
    if g.ndim > 1:
        state["row_var"] = wrap(np.zeros((*g.shape[:-1], 1), g.dtype))
        state["col_var"] = wrap(np.zeros((*g.shape[:-2], 1, g.shape[-1]), g.dtype))
    else:
        state["variance"] = wrap(np.zeros_like(g))


def mean_square(state: State, g: Array, share: float, e1: float) -> Array:
    """The estimate ``v`` of the gradient's mean square, to which `g` adds its share."""
    if g.ndim < 2:
        variance: Array = state["variance"].array
        variance[...] = between(variance, g * g, share)
        return variance
    for name, dim in (("row_var", -1), ("col_var", -2)):
        mean = (g * g).sum(dim, keepdims=True) / g.dtype.type(g.shape[dim])
        state[name].array[...] = between(state[name].array, mean, share)
    rows, columns = state["row_var"].array, state["col_var"].array
    product: Array = rows @ columns
    product /= np.maximum(rows.mean(-2, keepdims=True), g.dtype.type(e1))
    return product
