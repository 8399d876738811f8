"""Clipping: gradients that are too large are made smaller before the optimizer's step.

In a recurrent network a gradient can grow with each time step, and one such step would undo what a
thousand others have learned. To clip the norm keeps the direction; to clip values does not.

References
----------
.. [1] R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural
   networks", ICML 2013, algorithm 1.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from types import GeneratorType
from typing import Any

import numpy as np

from ...advice import advised
from ...autograd.grad_mode import no_grad
from ...autograd.graph import wrap
from ...autograd.quiet import quietly
from ...creation import tensor
from ...tensor import Tensor

Tensors = Tensor | Iterable[Tensor]
Array = np.ndarray[Any, Any]


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients, in place, so that their norm, taken together, is at most `max_norm`.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    max_norm : float
    norm_type : float
        The order of the norm; ``inf`` for the largest absolute value.
    error_if_nonfinite : bool
        Raise if the norm is infinite or nan; otherwise gradients are scaled by it all the same,
        to 0 or nan.
    foreach
        PyTorch's choice of kernel; here there is one, and this changes nothing.

    Returns
    -------
    Tensor of no dimensions
        The norm before.

    Raises
    ------
    RuntimeError
        See `error_if_nonfinite`, and `get_total_norm`.
    """
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if isinstance(parameters, GeneratorType) and not given:
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur; it may have been "
            "used up before",
            stacklevel=2,
        )
    total_norm = get_total_norm(gradients(given), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(given, max_norm, total_norm, foreach)
    return total_norm


def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Multiply all gradients, in place, by ``min(1, max_norm / (total_norm + 1e-6))``.

    Parameters
    ----------
    parameters, max_norm, foreach
        As in `clip_grad_norm_`.
    total_norm : Tensor of one element
        The gradients' norm, from `get_total_norm`.
    """
    factor = (float(max_norm) / (total_norm.detach() + 1e-6)).clamp(max=1.0)
    with no_grad():
        for grad in gradients(parameters):
            grad.mul_(factor)


def get_total_norm(
    tensors: Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of the norms of tensors, which is that of all their elements as one vector.

    Parameters
    ----------
    tensors : Tensor or iterable of Tensor
    norm_type, error_if_nonfinite, foreach
        As in `clip_grad_norm_`.

    Returns
    -------
    Tensor of no dimensions
        0 for no tensors.

    Raises
    ------
    RuntimeError
        If a tensor has integers in it, or has no elements and such a norm needs one (of infinite
        or negative order), or the norm is not finite and must be.
    """
    order = float(norm_type)
    arrays = [t.array for t in ([tensors] if isinstance(tensors, Tensor) else tensors)]
    if not arrays:
        return tensor(0.0)
    total = wrap(quietly(total_norm_of, arrays, order))
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise advised(
            RuntimeError(
                f"The total norm of order {order} for gradients from `parameters` is non-finite, "
                "so it cannot be clipped. To disable this error and scale the gradients by the "
                "non-finite norm anyway, set `error_if_nonfinite=False`"
            ),
            f"It is {total.item()}.",
        )
    return total


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Clamp every number of all gradients, in place, to between -`clip_value` and `clip_value`.

    Parameters
    ----------
    parameters, foreach
        As in `clip_grad_norm_`.
    clip_value : float
    """
    bound = float(clip_value)
    with no_grad():
        for grad in gradients(parameters):
            grad.clamp_(min=-bound, max=bound)


def clip_grad_norm(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """`clip_grad_norm_` by its old name. Deprecated."""
    warnings.warn(
        "clip_grad_norm is now deprecated in favor of clip_grad_norm_",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def gradients(parameters: Tensors) -> list[Tensor]:
    """The gradients that are there."""
    given = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in given if p.grad is not None]


def total_norm_of(arrays: list[Array], order: float) -> Array:
    """The norm of the norms, in the widest of their dtypes."""
    norms = [vector_norm(array, order) for array in arrays]
    return np.asarray(vector_norm(np.stack(norms), order))


def vector_norm(array: Array, order: float) -> Array:
    """``(sum |x|^order)^(1/order)``; of order 0 how many are not 0, of inf the largest ``|x|``."""
    if array.dtype.kind != "f":
        raise RuntimeError(
            f"expected floating point numbers to take the norm of, got {array.dtype}"
        )
    if array.size == 0 and not 0 <= order < math.inf:
        raise RuntimeError(
            f"the norm of order {order} of an empty tensor of shape {list(array.shape)} is not "
            "defined, for it is that of some element"
        )
    sizes = np.abs(array)
    if order == math.inf:
        norm = sizes.max()
    elif order == -math.inf:
        norm = sizes.min()
    elif order == 0:
        norm = (sizes != 0).sum(dtype=array.dtype)
    elif order == 1:
        norm = sizes.sum()
    elif order == 2:
        norm = np.sqrt((sizes * sizes).sum())
    else:
        norm = (sizes**order).sum() ** (1 / order)
    return np.asarray(norm, array.dtype)
