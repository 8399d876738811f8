"""Adadelta: steps as large, on average, as the last ones were, in the parameter's own unit.

References
----------
.. [1] M. D. Zeiler, "ADADELTA: An adaptive learning rate method", arXiv:1212.5701 (2012),
   algorithm 1. The learning rate, which the paper does not need, is PyTorch's.
"""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor
from .averages import begin, count_step, descent, move_square_average
from .bucket import Bucket
from .checks import check_learning_rate
from .optimizer import Optimizer, ParamGroup, Params


class Adadelta(Optimizer):
    """Scale the gradient by the ratio of how large steps and gradients have been.

    For each parameter ``p`` with gradient ``g``::

        g <- g + w p                                (weight decay)
        v <- rho v + (1 - rho) g^2
        d = sqrt(u + eps) / sqrt(v + eps) g
        u <- rho u + (1 - rho) d^2
        p <- p - lr d

    Parameters
    ----------
    params
        As in `Optimizer`.
    lr : float or Tensor of one element
        Factor of the step, not negative.
    rho : float
        How much of the averages a step keeps, in [0, 1].
    eps : float
        Keeps the divisor from 0, and the first steps, for which ``u`` is 0; not negative.
    weight_decay : float
        ``w``, not negative.
    maximize : bool
        Step along the gradient and not against it.
    foreach, capturable, differentiable
        Choose among PyTorch's implementations, of which there is one here; see `Optimizer`.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    state_names = ("step", "square_avg", "acc_delta")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_learning_rate(lr)
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, bucket: Bucket, group: ParamGroup) -> None:
        rho, eps, (scratch, delta) = group["rho"], group["eps"], bucket.scratch
        if not bucket.state:
            begin(bucket, "square_avg", "acc_delta")
        count_step(bucket)
        g = descent(bucket, group)
        v, u = bucket.state["square_avg"], bucket.state["acc_delta"]
        move_square_average(v, g, rho, scratch)

        np.sqrt(np.add(u, eps, out=delta), out=delta)
        delta /= np.sqrt(np.add(v, eps, out=scratch), out=scratch)
        delta *= g
        move_square_average(u, delta, rho, scratch)
        bucket.p += np.multiply(delta, float(-group["lr"]), out=scratch)
