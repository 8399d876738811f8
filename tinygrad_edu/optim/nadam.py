"""NAdam: Adam with Nesterov's momentum.

Adam steps along the mean of the gradients so far. Nesterov's way is to step along what that mean is
about to become, as if the next gradient were like this one.

References
----------
.. [1] T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR 2016 workshop, algorithm 2, with
   the momentum schedule of section 3 ("mu_t") whose decay is 0.004 and base 0.96.
"""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor
from .averages import (
    add_quotient,
    count_step,
    counter_dtype,
    descent_decoupled,
    move_average,
    move_square_average,
)
from .bucket import Bucket
from .checks import check_learning_rate
from .optimizer import Optimizer, ParamGroup, Params


class NAdam(Optimizer):
    """Adam, one step of momentum ahead.

    For each parameter ``p`` with gradient ``g``, in step ``t`` = 1, 2, ...::

        g <- g + w p                        (weight decay; decoupled:  p <- p - lr w p)
        mu_t = b1 (1 - 0.96^(t psi) / 2)
        P <- mu_t P                         (from 1)
        m <- b1 m + (1 - b1) g
        v <- b2 v + (1 - b2) g^2
        d = sqrt(v / (1 - b2^t)) + eps
        p <- p - lr (1 - mu_t) / (1 - P) g / d - lr mu_{t+1} / (1 - P mu_{t+1}) m / d

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
    momentum_decay : float
        ``psi``: how fast the momentum ``mu_t`` grows from half of ``b1`` to ``b1``; not negative.
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

    state_names = ("step", "mu_product", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
        if not momentum_decay >= 0.0:
            raise ValueError(f"Invalid momentum_decay value: {momentum_decay}")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, bucket: Bucket, group: ParamGroup) -> None:
        lr, (b1, b2), psi = group["lr"], group["betas"], group["momentum_decay"]
        scratch, divisor = bucket.scratch
        if not bucket.state:
            begin(bucket)
        m, v = bucket.state["exp_avg"], bucket.state["exp_avg_sq"]
        t = count_step(bucket)
        g = descent_decoupled(bucket, group)

        mu = b1 * (1.0 - 0.5 * (0.96 ** (t * psi)))
        mu_next = b1 * (1.0 - 0.5 * (0.96 ** ((t + 1) * psi)))
        product = bucket.state["mu_product"]
        product *= mu
        so_far = product[0].item()

        move_average(m, g, 1 - b1, scratch)
        move_square_average(v, g, b2, scratch)
        np.sqrt(np.divide(v, 1 - b2**t, out=divisor), out=divisor)
        divisor += group["eps"]
        add_quotient(bucket.p, float(-lr * (1.0 - mu) / (1.0 - so_far)), g, divisor, scratch)
        add_quotient(bucket.p, float(-lr * mu_next / (1.0 - so_far * mu_next)), m, divisor, scratch)


def begin(bucket: Bucket) -> None:
    """The state before the first step: no momentum yet, in whatever sense."""
    bucket.remember("step", np.zeros(len(bucket.parameters), counter_dtype()))
    bucket.remember("mu_product", np.ones(len(bucket.parameters), counter_dtype()))
    bucket.remember("exp_avg", np.zeros_like(bucket.p))
    bucket.remember("exp_avg_sq", np.zeros_like(bucket.p))
