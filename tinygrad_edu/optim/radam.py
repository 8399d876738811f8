"""RAdam: Adam that waits with its divisor until enough squares are known to trust their mean.

References
----------
.. [1] L. Liu, H. Jiang, P. He, W. Chen, X. Liu, J. Gao and J. Han, "On the variance of the adaptive
   learning rate and beyond", ICLR 2020, algorithm 2. As in PyTorch, the divisor is used where
   ``rho_t > 5`` (the paper: 4), and `eps` is added to it.
"""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor
from .averages import begin, count_step, descent_decoupled, move_average, move_square_average
from .bucket import Bucket
from .checks import check_learning_rate
from .optimizer import Optimizer, ParamGroup, Params


class RAdam(Optimizer):
    """Adam whose steps start as those of momentum and are rectified later on.

    For each parameter ``p`` with gradient ``g``, in step ``t`` = 1, 2, ...::

        g <- g + w p                        (weight decay; decoupled:  p <- p - lr w p)
        m <- b1 m + (1 - b1) g
        v <- b2 v + (1 - b2) g^2
        m^ = m / (1 - b1^t)
        rho_inf = 2 / (1 - b2) - 1
        rho = rho_inf - 2 t b2^t / (1 - b2^t)
        if rho > 5:
            r = sqrt((rho - 4)(rho - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho))
            p <- p - lr m^ r sqrt(1 - b2^t) / (sqrt(v) + eps)
        else:
            p <- p - lr m^

    ``rho`` counts how many squares the average ``v`` is worth.

    Parameters
    ----------
    params
        As in `Optimizer`.
    lr : float or Tensor of one element
        Learning rate, not negative.
    betas : (float, float)
        ``b1`` and ``b2``, in [0, 1): how much of the averages a step keeps.
    eps : float
        Keeps the divisor from 0; not negative.
    weight_decay : float
        ``w``, not negative.
    decoupled_weight_decay : bool
        Let weight decay shrink the parameters themselves, and stay out of the averages.
    maximize : bool
        Step along the gradient and not against it.
    foreach, capturable, differentiable
        Choose among PyTorch's implementations, of which there is one here; see `Optimizer`.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    state_names = ("step", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
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
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, bucket: Bucket, group: ParamGroup) -> None:
        (b1, b2), (scratch, divisor) = group["betas"], bucket.scratch
        if not bucket.state:
            begin(bucket, "exp_avg", "exp_avg_sq")
        m, v = bucket.state["exp_avg"], bucket.state["exp_avg_sq"]
        t = count_step(bucket)
        g = descent_decoupled(bucket, group)
        move_average(m, g, 1 - b1, scratch)
        move_square_average(v, g, b2, scratch)

        step = np.divide(m, 1 - b1**t, out=scratch)
        step *= float(group["lr"])
        rho_inf = 2 / (1 - b2) - 1
        rho = rho_inf - 2 * t * b2**t / (1 - b2**t)
        if rho > 5.0:
            np.sqrt(v, out=divisor)
            divisor += group["eps"]
            np.reciprocal(divisor, out=divisor)
            divisor *= (1 - b2**t) ** 0.5
            step *= divisor
            step *= rectification(rho, rho_inf)
        bucket.p -= step


def rectification(rho: float, rho_inf: float) -> float:
    """``r``, which grows to 1: by how much the divisor's variance exceeds what it will be."""
    return float(((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)) ** 0.5)
