"""The activations of `functional`: PyTorch's signatures, of which many take `inplace`.

What they compute stands in `ops.activation`, `ops.activation_smooth` and `ops.activation_pieces`;
those without `inplace` are these ops themselves.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

from ..autograd.graph import wrap
from ..creation import zeros_like
from ..dtypes import dtype as DType
from ..ops import activation
from ..ops import activation_pieces as pieces
from ..ops import activation_smooth as smooth
from ..ops.arguments import python_arguments
from ..ops.mutation import change
from ..random import default_generator
from ..tensor import Tensor
from . import functional_inplace as changing

sigmoid, tanh = activation.sigmoid, activation.tanh
gelu, softplus, logsigmoid, glu = smooth.gelu, smooth.softplus, smooth.logsigmoid, smooth.glu
prelu, hardshrink, softshrink = pieces.prelu, pieces.hardshrink, pieces.softshrink


def _computed(compute: Callable[[Tensor], Tensor], input: Tensor, inplace: bool) -> Tensor:
    """What `compute` makes of `input`; if `inplace`, written into `input` itself.

    Raises
    ------
    RuntimeError
        With `inplace`, if `input` is a leaf that requires a gradient.
    """
    return change(input, compute) if inplace else compute(input)


@python_arguments
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """`input` where it is above 0, and 0 elsewhere."""
    return _computed(activation.relu, input, inplace)


@python_arguments
def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """`input`, but not below 0 nor above 6."""
    return _computed(pieces.relu6, input, inplace)


@python_arguments
def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """`input`, but not below `min_val` nor above `max_val`."""
    return _computed(lambda x: pieces.hardtanh(x, min_val, max_val), input, inplace)


@python_arguments
def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """``input / 6 + 0.5``, but not below 0 nor above 1."""
    return _computed(pieces.hardsigmoid, input, inplace)


@python_arguments
def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """``input * hardsigmoid(input)``."""
    return _computed(pieces.hardswish, input, inplace)


@python_arguments
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """`input` where it is above `threshold`, and `value` elsewhere."""
    if inplace:
        return changing.threshold_(input, threshold, value)
    return pieces.threshold(input, threshold, value)


@python_arguments
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """`input` above 0, and ``negative_slope * input`` below."""
    if inplace:
        return changing.leaky_relu_(input, negative_slope)
    return pieces.leaky_relu(input, negative_slope)


@python_arguments
def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """A `leaky_relu` whose slopes are drawn from [`lower`, `upper`) if `training`."""
    if inplace:
        return changing.rrelu_(input, lower, upper, training)
    return pieces.rrelu(input, lower, upper, training)


@python_arguments
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """`input` above 0, and ``alpha * (exp(input) - 1)`` below."""
    if inplace:
        return changing.elu_(input, alpha)
    return smooth.elu(input, alpha)


@python_arguments
def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """An `elu` with the constants with which layers keep mean 0 and variance 1."""
    if inplace:
        return changing.selu_(input)
    return smooth.selu(input)


@python_arguments
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """`input` above 0, and ``alpha * (exp(input / alpha) - 1)`` below."""
    if inplace:
        return changing.celu_(input, alpha)
    return smooth.celu(input, alpha)


@python_arguments
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """``input * sigmoid(input)``."""
    return _computed(smooth.silu, input, inplace)


@python_arguments
def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """``input * tanh(softplus(input))``."""
    return _computed(smooth.mish, input, inplace)


def softsign(input: Tensor) -> Tensor:
    """``input / (1 + |input|)``."""
    return input / (input.abs() + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """``input - tanh(input)``."""
    return input - input.tanh()


@python_arguments
def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None
) -> Tensor:
    """Turn scores into shares that sum to 1 along `dim`; warns if it has to guess `dim`."""
    return activation.softmax(
        input, _softmax_dim("softmax", input, dim, _stacklevel + 1), dtype=dtype
    )


@python_arguments
def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None
) -> Tensor:
    """The `softmax` of ``-input``: the smallest score gets the largest share."""
    return activation.softmax(
        -input, _softmax_dim("softmin", input, dim, _stacklevel + 1), dtype=dtype
    )


@python_arguments
def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None
) -> Tensor:
    """The logarithm of `softmax`, without its underflow; warns if it has to guess `dim`."""
    return activation.log_softmax(
        input, _softmax_dim("log_softmax", input, dim, _stacklevel + 1), dtype=dtype
    )


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """A random choice by the probabilities ``softmax(logits)``, which has a gradient [1]_.

    Parameters
    ----------
    logits : Tensor of floats
    tau : float
        The temperature: the lower, the closer the shares are to 0 and 1.
    hard : bool
        Whether to return 1 for the choice and 0 elsewhere; the gradient is that of the shares.
    eps : float
        Without effect; it warns if it is given.
    dim : int
        The dimension along which the choices are.

    Raises
    ------
    RuntimeError
        If the elements are integers.
    IndexError
        If there is no such dimension.

    References
    ----------
    .. [1] E. Jang, S. Gu, B. Poole, "Categorical Reparameterization with Gumbel-Softmax", 2017.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    drawn = default_generator.exponential(logits.array.shape, dtype=logits.array.dtype)
    shares = activation.softmax((logits + -wrap(drawn).log()) / tau, dim)
    if not hard:
        return shares
    chosen = zeros_like(logits).scatter_(dim, shares.argmax(dim, keepdim=True), 1.0)
    return chosen - shares.detach() + shares


def _softmax_dim(name: str, input: Tensor, dim: int | None, stacklevel: int) -> int:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.ndim in (0, 1, 3) else 1
