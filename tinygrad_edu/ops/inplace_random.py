"""Random numbers in place: ``x.normal_()``, ``x.bernoulli_(0.3)``, ``x.random_(6)``.

The numbers come from PyTorch's stream (see `random`), and land where PyTorch puts them: the first
one in the place that comes first in memory. So a transposed tensor is filled column by column.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.broadcasting import broadcast_error
from ..autograd.grad_mode import grad_mode
from ..autograd.graph import Array, TensorBase
from ..autograd.op import Op
from ..layout import memory_order
from ..random import Generator, default_generator
from ..random_numbers import cast, geometric, log_normal, tangent
from .arguments import torch_arguments
from .inplace import Fill
from .mutation import change, check_may_change
from .overlap import writable

if TYPE_CHECKING:
    from ..tensor import Tensor


class Uniform(Fill):
    """Uniform numbers in place of the values of x."""


class Normal(Fill):
    """Normal numbers in place of the values of x."""


class LogNormal(Fill):
    """Numbers with normal logarithms in place of the values of x."""


class Exponential(Fill):
    """Exponential numbers in place of the values of x."""


class Cauchy(Fill):
    """Numbers of Cauchy's distribution in place of the values of x."""


class Geometric(Fill):
    """Numbers of trials in place of the values of x."""


class RandomFromTo(Fill):
    """Integers of a range in place of the values of x."""

    node_name = "RandomBackward0"


class RandomTo(Fill):
    """Integers from 0 in place of the values of x."""

    node_name = "RandomBackward1"


class Random(Fill):
    """Any integers in place of the values of x."""

    node_name = "RandomBackward2"


class BernoulliNumber(Fill):
    """1 with one probability, and else 0, in place of the values of x."""

    node_name = "BernoulliBackward2"


class BernoulliTensor(Op):
    """1 with the probabilities `p`, and else 0, in place of the values of x; no step of `p`."""

    node_name = "BernoulliBackward1"

    @staticmethod
    def forward(x: Array, values: Any, p: Array) -> Array:
        return values

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)

    @staticmethod
    def d_p(grad: Array, p_shape: tuple[int, ...]) -> Array:
        return np.zeros_like(grad, shape=p_shape)


@torch_arguments
def uniform_(
    input: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Set the elements to numbers drawn uniformly from [`from_`, `to`).

    PyTorch's name for `from_`, ``from``, is a word of Python's; it works, too: ``**{"from": 2}``.
    """
    source, dtype = generator or default_generator, input.array.dtype
    return _filled(input, Uniform, lambda shape: source.uniform(shape, from_, to, dtype))


@torch_arguments
def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Set the elements to numbers drawn from a normal distribution."""
    source, dtype = generator or default_generator, input.array.dtype
    in_order = bool(input.array.flags.c_contiguous)
    return _filled(input, Normal, lambda shape: source.normal(shape, mean, std, dtype, in_order))


@torch_arguments
def log_normal_(
    input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
) -> Tensor:
    """Set the elements to positive numbers whose logarithms are normally distributed.

    Parameters
    ----------
    mean, std : float
        Of the logarithms; `std` is positive.

    Raises
    ------
    RuntimeError
        If `std` is not positive.
    NotImplementedError
        If `input` is not floating point.
    """
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
    source, dtype = generator or default_generator, input.array.dtype
    if dtype.kind != "f":
        raise NotImplementedError(f'"log_normal_cpu" not implemented for {input.dtype}')

    def draw(shape: tuple[int, ...]) -> Array:
        logarithms = source.normal(shape, mean, std, np.float64, False)
        return cast(log_normal(logarithms), dtype)

    return _filled(input, LogNormal, draw)


@torch_arguments
def exponential_(
    input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Set the elements to numbers drawn from the exponential distribution of mean 1 / `lambd`.

    Raises
    ------
    RuntimeError
        If `lambd` is not positive, or `input` is not floating point.
    """
    _need_floats("Exponential", input)
    source, dtype = generator or default_generator, input.array.dtype
    return _filled(input, Exponential, lambda shape: source.exponential(shape, lambd, dtype))


@torch_arguments
def cauchy_(
    input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Set the elements to numbers drawn from Cauchy's distribution, half of them within `sigma` of
    `median`: ``median + sigma * tan(pi * (u - 1/2))`` of a uniform number u.

    Raises
    ------
    RuntimeError
        If `sigma` is not positive, or `input` is not floating point.
    """
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    _need_floats("Cauchy", input)
    source, dtype = generator or default_generator, input.array.dtype

    def draw(shape: tuple[int, ...]) -> Array:
        units = source.uniform(shape, dtype=np.float64)
        return cast(median + sigma * tangent(math.pi * (units - 0.5)), dtype)

    return _filled(input, Cauchy, draw)


@torch_arguments
def geometric_(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Set the elements to how many trials it takes to the first success, each of probability `p`.

    Raises
    ------
    RuntimeError
        If `p` is not between 0 and 1.
    NotImplementedError
        If `input` is of bools.
    """
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
    if input.array.dtype == bool:
        raise NotImplementedError('"geometric_cpu" not implemented for bool')
    source, dtype = generator or default_generator, input.array.dtype

    def draw(shape: tuple[int, ...]) -> Array:
        return geometric(source.uniform(shape, dtype=np.float64), p).astype(dtype)

    return _filled(input, Geometric, draw)


@torch_arguments
def random_(
    input: Tensor,
    from_: int | None = None,
    to: int | None = None,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Set the elements to integers, each as probable as the others.

    ``random_(6)`` draws from 0 to 5, ``random_(1, 7)`` from 1 to 6, and ``random_()`` all that the
    dtype holds, from 0 on.

    Raises
    ------
    RuntimeError
        If the range is empty, or does not fit the dtype.
    """
    source, dtype = generator or default_generator, input.array.dtype
    if from_ is not None and to is not None:
        return _filled(input, RandomFromTo, lambda shape: source.randint(from_, to, shape, dtype))
    end = from_ if to is None else to
    if end is None:
        return _filled(input, Random, lambda shape: source.random(shape, dtype))
    return _filled(input, RandomTo, lambda shape: source.randint(0, end, shape, dtype))


@torch_arguments
def bernoulli_(
    input: Tensor, p: float | Tensor = 0.5, *, generator: Generator | None = None
) -> Tensor:
    """Set each element to 1 with probability `p`, and else to 0.

    Parameters
    ----------
    p : float or floating Tensor
        From 0 to 1; a tensor broadcasts to `input`.

    Raises
    ------
    RuntimeError
        If a probability is not between 0 and 1.
    """
    source, dtype = generator or default_generator, input.array.dtype
    if not isinstance(p, TensorBase):
        one = float(p)
        return _filled(input, BernoulliNumber, lambda shape: source.bernoulli(one, shape))
    check_drawable(input)
    if p.array.dtype.kind != "f":
        raise NotImplementedError(f'"bernoulli_tensor_cpu_p_" not implemented for {p.dtype}')
    error = broadcast_error([p.array.shape, input.array.shape])
    if error is not None or p.array.ndim > input.array.ndim:
        raise error or RuntimeError(
            f"bernoulli_: probabilities of shape {list(p.array.shape)} for a tensor of shape "
            f"{list(input.array.shape)}"
        )
    order, back = memory_order(input.array)
    chances = np.broadcast_to(p.array, input.array.shape).transpose(order)
    values = source.bernoulli(chances).astype(dtype).transpose(back)
    return change(input, lambda before: BernoulliTensor.apply(before, values, p), p)


def _filled(input: Tensor, op: type[Fill], draw: Callable[[tuple[int, ...]], Array]) -> Tensor:
    """`input` filled with what `draw` gives for a shape, in the order of the memory."""
    check_drawable(input)
    order, back = memory_order(input.array)
    drawn = draw(tuple(input.array.shape[d] for d in order)).transpose(back)
    return change(input, lambda before: op.apply(before, drawn))


def _need_floats(name: str, input: Tensor) -> None:
    if input.array.dtype.kind != "f":
        raise RuntimeError(
            f"{name} distribution is a continuous probability distribution. dtype must be a "
            f"floating point but you specified {input.dtype}"
        )


def check_drawable(input: Tensor) -> None:
    """Raise before numbers are drawn, and the stream is spent, if they could not be written."""
    if grad_mode.enabled and input._requires_grad:
        check_may_change(input)
    writable(input.array)
