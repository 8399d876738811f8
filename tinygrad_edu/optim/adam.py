"""Adam: steps of about the learning rate, whatever the size of the gradient.

References
----------
.. [1] D. P. Kingma and J. Ba, "Adam: A method for stochastic optimization", ICLR 2015,
   algorithm 1. `adam` goes through it line by line.
.. [2] S. J. Reddi, S. Kale and S. Kumar, "On the convergence of Adam and beyond", ICLR 2018,
   algorithm 2: AMSGrad.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd.graph import wrap
from ..creation import tensor
from ..dtypes import float32, float64, get_default_dtype
from ..tensor import Tensor
from .optimizer import Array, Optimizer, ParamGroup, Params, check_learning_rate


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
        Choose among PyTorch's implementations; only their defaults here.

    Raises
    ------
    ValueError
        If a number is out of its range, or `betas` are not floats.
    """

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

    def _update(self, group: ParamGroup) -> None:
        known: dict[Any, Factors] = {}  # most parameters have one dtype, and take the same step
        for parameter in group["params"]:
            if parameter.grad is None:
                continue
            p, g = parameter.array, parameter.grad.array
            state = self.state[parameter] or self._begin(parameter, group)
            t = state["step"].array.item() + 1
            state["step"].array.fill(t)
            factors = known.get((t, p.dtype))
            if factors is None:
                factors = known[t, p.dtype] = Factors.of_step(t, p.dtype, group)

            if group["maximize"]:
                g = -g
            if factors.shrink is not None:
                p *= factors.shrink
            elif group["weight_decay"] != 0:
                g = g + group["weight_decay"] * p
            m, v = state["exp_avg"].array, state["exp_avg_sq"].array
            v_max = state["max_exp_avg_sq"].array if group["amsgrad"] else None
            adam(p, g, m, v, v_max, factors, self._scratch_for(p))
            parameter._version += 1

    def _begin(self, parameter: Tensor, group: ParamGroup) -> dict[str, Any]:
        """The state before the first step, under the names of PyTorch's state dict."""
        state = self.state[parameter]
        wide = get_default_dtype() is float64
        state["step"] = tensor(0.0, dtype=float64 if wide else float32)
        state["exp_avg"] = wrap(np.zeros_like(parameter.array))
        state["exp_avg_sq"] = wrap(np.zeros_like(parameter.array))
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = wrap(np.zeros_like(parameter.array))
        return state


class Factors(NamedTuple):
    """The numbers of one step, as 0-d arrays of the parameter's dtype.

    NumPy multiplies by these in half the time that it takes for a Python float.
    """

    new_m: Array  # 1 - b1
    mostly_new: bool  # whether that is at least a half
    old_v: Array  # b2
    new_v: Array  # 1 - b2
    root_correction: Array  # sqrt(1 - b2^t)
    eps: Array
    minus_step: Array  # -lr / (1 - b1^t)
    shrink: Array | None  # 1 - lr w, for decoupled weight decay

    @classmethod
    def of_step(cls, t: float, dtype: np.dtype[Any], group: ParamGroup) -> Factors:
        """The numbers of step `t`, from the options of `group`."""
        lr, (b1, b2), w = group["lr"], group["betas"], group["weight_decay"]
        new_m = np.array(1 - b1, dtype)
        decoupled = group["decoupled_weight_decay"] and w != 0
        return cls(
            new_m=new_m,
            mostly_new=bool(new_m >= 0.5),
            old_v=np.array(b2, dtype),
            new_v=np.array(1 - b2, dtype),
            root_correction=np.array((1 - b2**t) ** 0.5, dtype),
            eps=np.array(group["eps"], dtype),
            minus_step=np.array(float(-lr / (1 - b1**t)), dtype),
            shrink=np.array(float(1 - lr * w), dtype) if decoupled else None,
        )


def adam(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    v_max: Array | None,
    factors: Factors,
    scratch: tuple[Array, Array],
) -> None:
    """One step of Adam for one parameter; `p`, `m`, `v` and `v_max` change in place.

    Corrections come late, and are numbers: ``lr m^ / (sqrt(v^) + eps)`` is
    ``lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)``. Products and sums are taken in
    PyTorch's order, so that results are PyTorch's to the last digits. (Those may differ where it
    rounds ``a b + c`` once, on processors that can, and NumPy twice.)
    """
    step, divisor = scratch

    # m <- m + (1 - b1) (g - m)
    np.subtract(g, m, out=step)
    if factors.mostly_new:  # the same, from the nearer end:  m <- g - b1 (g - m)
        step *= 1 - factors.new_m
        np.subtract(g, step, out=m)
    else:
        step *= factors.new_m
        m += step

    # v <- b2 v + (1 - b2) g^2
    v *= factors.old_v
    np.multiply(g, factors.new_v, out=step)
    step *= g
    v += step

    # p <- p - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
    if v_max is not None:
        np.maximum(v_max, v, out=v_max)
    np.sqrt(v if v_max is None else v_max, out=divisor)
    divisor /= factors.root_correction
    divisor += factors.eps
    np.multiply(m, factors.minus_step, out=step)
    step /= divisor
    p += step
