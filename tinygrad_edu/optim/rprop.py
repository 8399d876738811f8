"""Rprop: only the sign of a gradient counts; each number has a step size of its own.

It needs gradients of the whole data set, for those of batches change their sign by chance.

References
----------
.. [1] M. Riedmiller and H. Braun, "A direct adaptive method for faster backpropagation learning:
   the RPROP algorithm", IEEE Int. Conf. on Neural Networks 1993. As in PyTorch, a step that went
   too far is not taken back (the variant "iRprop-" of C. Igel and M. Husken, 2000).
"""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor
from .averages import count_step, counter_dtype
from .bucket import Array, Bucket
from .checks import check_learning_rate
from .optimizer import Optimizer, ParamGroup, Params


class Rprop(Optimizer):
    """Step by ``s`` against the sign of the gradient; change ``s`` by whether the sign stays.

    For each number of a parameter ``p`` with gradient ``g`` and the gradient ``g'`` before::

        s <- eta_plus s   if g g' > 0
             eta_minus s  if g g' < 0, and then g <- 0
        s <- clamp(s, smallest, largest)
        p <- p - s sign(g)

    Parameters
    ----------
    params
        As in `Optimizer`.
    lr : float or Tensor of one element
        What ``s`` starts from, not negative.
    etas : (float, float)
        ``eta_minus`` between 0 and 1, and ``eta_plus``, above 1.
    step_sizes : (float, float)
        The smallest and largest step size.
    maximize : bool
        Step along the gradient and not against it.
    capturable, foreach, differentiable
        Choose among PyTorch's implementations, of which there is one here; see `Optimizer`.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    state_names = ("step", "prev", "step_size")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_learning_rate(lr)
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _update(self, bucket: Bucket, group: ParamGroup) -> None:
        (eta_minus, eta_plus), scratch = group["etas"], bucket.scratch[0]
        if not bucket.state:
            bucket.remember("step", np.zeros(len(bucket.parameters), counter_dtype()))
            bucket.remember("prev", np.zeros_like(bucket.p))
            bucket.remember("step_size", np.full_like(bucket.p, float(group["lr"])))
        count_step(bucket)
        g = -bucket.g if group["maximize"] else bucket.g
        before, step_size = bucket.state["prev"], bucket.state["step_size"]

        agreement = np.multiply(g, before, out=scratch)
        turned = agreement < 0
        step_size *= np.where(agreement > 0, eta_plus, np.where(turned, eta_minus, 1)).astype(
            scratch.dtype
        )
        np.clip(step_size, *group["step_sizes"], out=step_size)
        before[...] = np.where(turned, 0, g)
        bucket.p -= np.multiply(sign(before), step_size, out=scratch)


def sign(x: Array) -> Array:
    """-1, 0 or 1; of nan, as in PyTorch, 0."""
    return np.subtract(x > 0, x < 0, dtype=x.dtype)
