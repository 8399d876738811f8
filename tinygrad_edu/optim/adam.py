"""Adam: steps of about the learning rate, whatever the size of the gradient.

References
----------
.. [1] D. P. Kingma and J. Ba, "Adam: A method for stochastic optimization", ICLR 2015,
   algorithm 1.
.. [2] S. J. Reddi, S. Kale and S. Kumar, "On the convergence of Adam and beyond", ICLR 2018,
   algorithm 2: AMSGrad.
"""

from __future__ import annotations

import numpy as np

from ..tensor import Tensor
from .averages import begin, count_step, descent_decoupled, move_average, move_square_average
from .bucket import Array, Bucket
from .checks import check_learning_rate
from .optimizer import Optimizer, ParamGroup, Params


class Adam(Optimizer):
    """Divide the mean of the gradients by the root of the mean of their squares.

    Both are moving averages, ``m`` and ``v``. For each parameter ``p`` with gradient ``g``, in
    step ``t`` = 1, 2, ...::

        g <- g + w p                        (weight decay; decoupled:  p <- p - lr w p)
        m <- b1 m + (1 - b1) g
        v <- b2 v + (1 - b2) g^2
        m^ = m / (1 - b1^t),  v^ = v / (1 - b2^t)
        p <- p - lr m^ / (sqrt(v^) + eps)

    ``m`` and ``v`` start at 0, and so are too small at first, by the factors that ``m^`` and
    ``v^`` take out. With `amsgrad`, ``v^`` is made from the largest ``v`` so far.

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
    amsgrad : bool
        Never let the divisor shrink.
    maximize : bool
        Step along the gradient and not against it.
    decoupled_weight_decay : bool
        Let weight decay shrink the parameters themselves, as `AdamW` does, and stay out of the
        averages.
    foreach, capturable, differentiable, fused
        Choose among PyTorch's implementations, of which there is one here; see `Optimizer`.

    Raises
    ------
    ValueError
        If a number is out of its range, or `betas` are not floats.
    """

    state_names = ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_learning_rate(lr)
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError(
                "lr as a Tensor is not supported for capturable=False and foreach=True"
            )
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for index, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {index}: {beta}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not all(isinstance(beta, float) for beta in betas):
            raise ValueError(f"betas must be floats, but got {betas}")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _update(self, bucket: Bucket, group: ParamGroup) -> None:
        """Algorithm 1; its averages are in `averages`.

        The bias corrections are applied last, as two scalars: ``lr m^ / (sqrt(v^) + eps)`` is
        ``lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)``. Products and sums are taken in
        PyTorch's order, so that results are PyTorch's to the last digits. (Those may differ where
        it rounds ``a b + c`` once, on processors that can, and NumPy twice.)
        """
        lr, (b1, b2), (scratch, divisor) = group["lr"], group["betas"], bucket.scratch
        if not bucket.state:
            begin(bucket, "exp_avg", "exp_avg_sq")
        m, v = bucket.state["exp_avg"], bucket.state["exp_avg_sq"]
        t = count_step(bucket)
        g = descent_decoupled(bucket, group)
        move_average(m, g, 1 - b1, scratch)
        move_square_average(v, g, b2, scratch)

        # p <- p - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
        np.sqrt(largest(bucket) if group["amsgrad"] else v, out=divisor)
        divisor /= (1 - b2**t) ** 0.5
        divisor += group["eps"]
        np.multiply(m, float(-lr / (1 - b1**t)), out=scratch)
        scratch /= divisor
        bucket.p += scratch


def largest(bucket: Bucket) -> Array:
    """The largest ``v`` so far, for AMSGrad."""
    v_max = bucket.state.get("max_exp_avg_sq")
    if v_max is None:
        v_max = bucket.remember("max_exp_avg_sq", np.zeros_like(bucket.p))
    return np.maximum(v_max, bucket.state["exp_avg_sq"], out=v_max)
