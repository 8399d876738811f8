"""Adamax: Adam with the largest gradient of late in place of the root of their mean square.

References
----------
.. [1] D. P. Kingma and J. Ba, "Adam: A method for stochastic optimization", ICLR 2015,
   algorithm 2.
"""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor
from .averages import add_quotient, begin, count_step, descent, move_average
from .bucket import Bucket
from .checks import check_learning_rate
from .optimizer import Optimizer, ParamGroup, Params


class Adamax(Optimizer):
    """Divide the mean of the gradients by a maximum that slowly forgets.

    For each parameter ``p`` with gradient ``g``, in step ``t`` = 1, 2, ...::

        g <- g + w p                                (weight decay)
        m <- b1 m + (1 - b1) g
        u <- max(b2 u, |g| + eps)
        p <- p - lr / (1 - b1^t)  m / u

    Parameters
    ----------
    params
        As in `Optimizer`.
    lr : float or Tensor of one element
        Learning rate, not negative.
    betas : (float, float)
        ``b1`` and ``b2``, in [0, 1): how much a step keeps of the mean and of the maximum.
    eps : float
        Keeps the divisor from 0; not negative.
    weight_decay : float
        ``w``, not negative.
    maximize : bool
        Step along the gradient and not against it.
    foreach, differentiable, capturable
        Choose among PyTorch's implementations, of which there is one here; see `Optimizer`.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    state_names = ("step", "exp_avg", "exp_inf")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_learning_rate(lr)
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for index, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {index}: {beta}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _update(self, bucket: Bucket, group: ParamGroup) -> None:
        (b1, b2), scratch = group["betas"], bucket.scratch[0]
        if not bucket.state:
            begin(bucket, "exp_avg", "exp_inf")
        t = count_step(bucket)
        g = descent(bucket, group)
        m, u = bucket.state["exp_avg"], bucket.state["exp_inf"]
        move_average(m, g, 1 - b1, scratch)
        u *= b2
        np.abs(g, out=scratch)
        scratch += group["eps"]
        np.maximum(u, scratch, out=u)
        add_quotient(bucket.p, float(-(group["lr"] / (1 - b1**t))), m, u, scratch)
