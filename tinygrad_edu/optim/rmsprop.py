"""RMSprop: the gradient divided by the root of the mean of its squares.

References
----------
.. [1] T. Tieleman and G. Hinton, "Lecture 6.5: rmsprop", Neural networks for machine learning,
   Coursera 2012.
.. [2] A. Graves, "Generating sequences with recurrent neural networks", arXiv:1308.0850 (2013),
   equations 38 to 41: centered, with momentum. Like PyTorch, this multiplies the learning rate by
   the velocity, and adds `eps` after the root.
"""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor
from .averages import (
    add_quotient,
    begin,
    count_step,
    descent,
    move_average,
    move_square_average,
)
from .bucket import Array, Bucket
from .checks import check_learning_rate
from .optimizer import Optimizer, ParamGroup, Params


class RMSprop(Optimizer):
    """Divide the gradient by the root of a moving average of its squares.

    With smoothing ``a`` and momentum ``mu``, for each parameter ``p`` with gradient ``g``::

        g <- g + w p                                (weight decay)
        v <- a v + (1 - a) g^2
        d = sqrt(v) + eps
        p <- p - lr g / d
        or with momentum:   b <- mu b + g / d,   p <- p - lr b

    `centered` takes the mean away: ``m <- a m + (1 - a) g`` and ``d = sqrt(v - m^2) + eps``, in
    which ``v - m^2`` estimates the gradient's variance.

    Parameters
    ----------
    params
        As in `Optimizer`.
    lr : float or Tensor of one element
        Learning rate, not negative.
    alpha : float
        ``a``: how much of the averages a step keeps, not negative.
    eps : float
        Keeps the divisor from 0; not negative.
    weight_decay : float
        ``w``, not negative.
    momentum : float
        ``mu``, not negative; 0 for none.
    centered : bool
        Divide by the standard deviation.
    maximize : bool
        Step along the gradient and not against it.
    capturable, foreach, differentiable
        Choose among PyTorch's implementations, of which there is one here; see `Optimizer`.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    state_names = ("step", "square_avg", "momentum_buffer", "grad_avg")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_learning_rate(lr)
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        if not momentum >= 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not alpha >= 0.0:
            raise ValueError(f"Invalid alpha value: {alpha}")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, bucket: Bucket, group: ParamGroup) -> None:
        step, divisor = bucket.scratch
        if not bucket.state:
            begin(bucket, *names(group))
        count_step(bucket)
        g = descent(bucket, group)
        move_square_average(bucket.state["square_avg"], g, group["alpha"], step)
        if group["centered"]:
            move_average(bucket.state["grad_avg"], g, 1 - group["alpha"], step)
        np.sqrt(spread(bucket, group, step), out=divisor)
        divisor += group["eps"]
        if group["momentum"] > 0:
            b = bucket.state["momentum_buffer"]
            b *= group["momentum"]
            add_quotient(b, 1, g, divisor, step)
            bucket.p += np.multiply(b, float(-group["lr"]), out=step)
        else:
            add_quotient(bucket.p, float(-group["lr"]), g, divisor, step)


def names(group: ParamGroup) -> list[str]:
    """The vectors that are remembered, in PyTorch's order."""
    momentum = ["momentum_buffer"] if group["momentum"] > 0 else []
    return ["square_avg", *momentum, *(["grad_avg"] if group["centered"] else [])]


def spread(bucket: Bucket, group: ParamGroup, scratch: Array) -> Array:
    """The gradient's mean square, or with `centered` its variance, ``v - m^2``."""
    v = bucket.state["square_avg"]
    if not group["centered"]:
        return v
    m = bucket.state["grad_avg"]
    return np.subtract(v, np.multiply(m, m, out=scratch), out=scratch)
