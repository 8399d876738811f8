"""AdamW: Adam whose weight decay shrinks the parameters themselves.

Added to the gradient, weight decay would be divided by the root of ``v`` like the rest of it, and
so act least on the parameters with the largest gradients.

References
----------
.. [1] I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019,
   algorithm 2. As in PyTorch, its schedule multiplier is part of the learning rate.
"""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .adam import Adam
from .optimizer import Params


class AdamW(Adam):
    """`Adam` with ``p <- p - lr w p`` before each step in place of a term in the gradient.

    Parameters and errors are those of `Adam`; `weight_decay` is 0.01 by default.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As in `Optimizer`; weight decay stays decoupled, even if `state_dict` is from `Adam`."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
