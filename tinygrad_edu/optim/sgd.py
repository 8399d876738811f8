"""Stochastic gradient descent, with momentum.

References
----------
.. [1] I. Sutskever, J. Martens, G. Dahl and G. Hinton, "On the importance of initialization and
   momentum in deep learning", ICML 2013: momentum (equations 1 and 2) and Nesterov's (3 and 4).
   Like PyTorch, this multiplies the learning rate by the velocity and not by the gradient alone.
"""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor
from .bucket import Array, Bucket
from .checks import check_learning_rate
from .optimizer import Optimizer, ParamGroup, Params


class SGD(Optimizer):
    r"""Step against the gradient: ``p <- p - lr g``.

    With weight decay ``w``, momentum ``mu`` and dampening ``tau``, for each parameter ``p`` with
    gradient ``g``::

        g <- g + w p
        b <- mu b + (1 - tau) g        (at the first step b <- g)
        g <- b,  or with nesterov:  g <- g + mu b
        p <- p - lr g

    Parameters
    ----------
    params
        As in `Optimizer`.
    lr : float or Tensor of one element
        Learning rate, not negative.
    momentum : float
        How much of the velocity ``b`` a step keeps, not negative; 0 for none.
    dampening : float
        How much of the gradient is left out of the velocity.
    weight_decay : float
        Factor of the penalty ``w/2 |p|^2`` on the parameters, not negative.
    nesterov : bool
        Step along ``g + momentum b``: the velocity one step ahead, with the gradient at `p`.
    maximize : bool
        Step along the gradient and not against it.
    foreach, differentiable, fused
        Choose among PyTorch's implementations, of which there is one here; see `Optimizer`.

    Raises
    ------
    ValueError
        If a number is out of its range, or Nesterov's momentum is 0 or dampened.
    """

    state_names = ("momentum_buffer",)

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_learning_rate(lr)
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _update(self, bucket: Bucket, group: ParamGroup) -> None:
        p, g = bucket.p, bucket.g
        if group["maximize"]:
            g = -g
        if group["weight_decay"] != 0:
            g = g + group["weight_decay"] * p
        if group["momentum"] != 0:
            g = add_momentum(g, bucket, group)
        p -= np.multiply(g, float(group["lr"]), out=bucket.scratch[0])


def add_momentum(g: Array, bucket: Bucket, group: ParamGroup) -> Array:
    """The direction to step in: the velocity, which takes in the gradient `g`."""
    momentum = group["momentum"]
    b = bucket.state.get("momentum_buffer")
    if b is None:
        b = bucket.remember("momentum_buffer", g.copy())
    else:
        b *= momentum
        b += np.multiply(g, 1 - group["dampening"], out=bucket.scratch[0])
    return g + momentum * b if group["nesterov"] else b
