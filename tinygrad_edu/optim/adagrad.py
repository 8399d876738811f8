"""Adagrad: steps that shrink with the gradients a parameter has seen so far.

References
----------
.. [1] J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods for online learning and
   stochastic optimization", JMLR 12 (2011): the diagonal case, figure 1. As in PyTorch, the
   learning rate may fall with the steps as well, which the paper does not have.
"""

from __future__ import annotations

import numpy as np

from ..autograd.graph import wrap
from ..tensor import Tensor
from .averages import add_quotient, count_step, counter_dtype, descent
from .bucket import Bucket
from .checks import check_learning_rate
from .optimizer import Optimizer, ParamGroup, Params


class Adagrad(Optimizer):
    """Divide the gradient by the root of the sum of its squares.

    For each parameter ``p`` with gradient ``g``, in step ``t`` = 1, 2, ...::

        g <- g + w p                                (weight decay)
        s <- s + g^2
        p <- p - lr / (1 + (t - 1) lr_decay)  g / (sqrt(s) + eps)

    Parameters
    ----------
    params
        As in `Optimizer`.
    lr : float or Tensor of one element
        Learning rate, not negative.
    lr_decay : float
        How fast the learning rate falls, not negative; 0 for not at all.
    weight_decay : float
        ``w``, not negative.
    initial_accumulator_value : float
        What ``s`` starts from, not negative. All have this state from the beginning, and not from
        the first step on.
    eps : float
        Keeps the divisor from 0; not negative.
    maximize : bool
        Step along the gradient and not against it.
    foreach, differentiable, fused
        Choose among PyTorch's implementations, of which there is one here; see `Optimizer`.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    state_names = ("step", "sum")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_learning_rate(lr)
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not lr_decay >= 0.0:
            raise ValueError(f"Invalid lr_decay value: {lr_decay}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not initial_accumulator_value >= 0.0:
            raise ValueError(
                f"Invalid initial_accumulator_value value: {initial_accumulator_value}"
            )
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for parameter in group["params"]:
                total = np.full_like(parameter.array, initial_accumulator_value)
                self.state[parameter] = {
                    "step": wrap(np.zeros((), counter_dtype())),
                    "sum": wrap(total),
                }

    def _update(self, bucket: Bucket, group: ParamGroup) -> None:
        scratch, divisor = bucket.scratch
        if not bucket.state:  # of a group that was added later
            start = self.defaults["initial_accumulator_value"]
            bucket.remember("step", np.zeros(len(bucket.parameters), counter_dtype()))
            bucket.remember("sum", np.full_like(bucket.p, start))
        t = count_step(bucket)
        g = descent(bucket, group)
        total = bucket.state["sum"]
        total += np.multiply(g, g, out=scratch)
        np.sqrt(total, out=divisor)
        divisor += group["eps"]
        lr = group["lr"] / (1 + (t - 1) * group["lr_decay"])
        add_quotient(bucket.p, float(-lr), g, divisor, scratch)
