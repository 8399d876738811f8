"""Averaged SGD: the mean of where the steps have led is better than where they have come to.

References
----------
.. [1] B. T. Polyak and A. B. Juditsky, "Acceleration of stochastic approximation by averaging",
   SIAM J. Control Optim. 30 (1992).
.. [2] L. Bottou, "Stochastic gradient descent tricks", in Neural networks: Tricks of the trade
   (2012), section 5: the schedules of ``eta`` and ``mu``.
"""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor
from .averages import count_step, counter_dtype, descent
from .bucket import Bucket
from .checks import check_learning_rate
from .optimizer import Optimizer, ParamGroup, Params


class ASGD(Optimizer):
    """SGD with a falling step size, and the average of the parameters on the side.

    For each parameter ``p`` with gradient ``g``, in step ``t`` = 1, 2, ..., from ``eta = lr`` and
    ``mu = 1``::

        g <- g + w p                                (weight decay)
        p <- (1 - lambd eta) p - eta g
        ax <- ax + mu (p - ax)
        eta <- lr / (1 + lambd lr t)^alpha
        mu <- 1 / max(1, t - t0)

    ``ax`` is in the state of each parameter; it follows `p` until step `t0` and is the average of
    all `p` from then on. Training does not use it.

    Parameters
    ----------
    params
        As in `Optimizer`.
    lr : float or Tensor of one element
        Learning rate of the first step, not negative.
    lambd : float
        Factor of the decay.
    alpha : float
        Power with which the step size falls.
    t0 : float
        The step at which averaging starts.
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

    state_names = ("step", "eta", "mu", "ax")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_learning_rate(lr)
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _update(self, bucket: Bucket, group: ParamGroup) -> None:
        lr, lambd, (scratch, _) = group["lr"], group["lambd"], bucket.scratch
        if not bucket.state:
            begin(bucket, float(lr))
        eta, mu, ax = (bucket.state[name] for name in ("eta", "mu", "ax"))
        t = count_step(bucket)
        g = descent(bucket, group)

        step_size = eta[0].item()
        bucket.p *= 1 - lambd * step_size
        bucket.p += np.multiply(g, -step_size, out=scratch)
        if mu[0] == 1:
            ax[...] = bucket.p
        else:
            np.subtract(bucket.p, ax, out=scratch)
            scratch *= mu[0].item()
            ax += scratch
        # In the state's precision, by way of the precision of plain numbers, as PyTorch rounds.
        eta[...] = counter_dtype()(float(lr / ((1 + lambd * lr * t) ** group["alpha"])))
        mu[...] = counter_dtype()(1 / max(1, t - group["t0"]))


def begin(bucket: Bucket, lr: float) -> None:
    """The state before the first step."""
    count = len(bucket.parameters)
    bucket.remember("step", np.zeros(count, counter_dtype()))
    bucket.remember("eta", np.full(count, lr, counter_dtype()))
    bucket.remember("mu", np.ones(count, counter_dtype()))
    bucket.remember("ax", np.zeros_like(bucket.p))
