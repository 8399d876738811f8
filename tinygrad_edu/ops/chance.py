"""Drawing by the probabilities in a tensor; the other random tensors are made in `sampling`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.broadcasting import broadcast_error
from ..autograd.graph import Array, Shape, wrap
from ..autograd.op import Op
from ..dtypes import old_name
from ..random import Generator, default_generator
from .arguments import torch_arguments
from .kinds import Extent

if TYPE_CHECKING:
    from ..tensor import Tensor


class Bernoulli(Op):
    """1 with probability `x`, and else 0; a step, whose derivative is 0 as that of `floor`."""

    @staticmethod
    def forward(x: Array, generator: Generator) -> Array:
        return generator.bernoulli(x).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


class NormalOfMean(Op):
    """Normal numbers with these means; once drawn they depend on nothing: the derivatives are 0."""

    node_name = "NormalBackward1"

    @staticmethod
    def forward(mean: Array, std: Array, standard: Any) -> Array:
        return (standard * std + mean).astype(standard.dtype, copy=False)

    @staticmethod
    def d_mean(grad: Array, mean_shape: Shape) -> Array:
        return np.zeros_like(grad, shape=mean_shape)

    @staticmethod
    def d_std(grad: Array, std_shape: Shape) -> Array:
        return np.zeros_like(grad, shape=std_shape)


class NormalOfStd(NormalOfMean):
    """The same of a number and these standard deviations."""

    node_name = "NormalBackward2"


class NormalOfBoth(NormalOfMean):
    """The same of two tensors."""

    node_name = "NormalBackward3"


@torch_arguments
def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """1 with the probability that each element of `input` gives, and else 0; in its dtype.

    With `p`, all with that probability, and of `input` only the shape and dtype matter.

    Raises
    ------
    RuntimeError
        If a probability is not between 0 and 1.
    """
    source = generator or default_generator
    if p is None:
        return Bernoulli.apply(input, source)
    drawn = source.bernoulli(float(p), input.array.shape)
    return wrap(drawn.astype(input.array.dtype))


class Poisson(Op):
    """Numbers of events, of which `x` are expected; constant, as PyTorch's derivative has it."""

    @staticmethod
    def forward(x: Array, generator: Generator) -> Array:
        return generator.poisson(x)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


@torch_arguments
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """How often something happens that is expected to happen `input` times.

    Raises
    ------
    RuntimeError
        If a rate is negative.
    """
    if input.array.dtype.kind != "f":
        raise NotImplementedError(f'"poisson_cpu" not implemented for {input.dtype}')
    return Poisson.apply(input, generator or default_generator)


class Binomial(Op):
    """Numbers of successes, in `count` trials of the chance `prob`."""

    node_name = "NotImplemented"

    @staticmethod
    def forward(count: Array, prob: Array, generator: Generator) -> Array:
        return generator.binomial(*np.broadcast_arrays(count, prob))

    @staticmethod
    def d_count(grad: Array) -> Array:
        raise RuntimeError("derivative for aten::binomial is not implemented")

    @staticmethod
    def d_prob(grad: Array) -> Array:
        raise RuntimeError("derivative for aten::binomial is not implemented")


@torch_arguments
def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of `count` trials succeed, each of which does so with the chance `prob`.

    Parameters
    ----------
    count, prob : Tensor
        Floating point; they broadcast. There is no derivative.
    generator : Generator, optional

    Raises
    ------
    ValueError
        If `count` is not floating point.
    RuntimeError
        If the two have different dtypes, or shapes that do not broadcast.
    """
    counts, chances = count.array, prob.array
    if counts.dtype.kind != "f":
        raise ValueError(
            f"binomial only supports floating-point dtypes for count, got: {old_name(counts.dtype)}"
        )
    if chances.dtype != counts.dtype:
        found, expected = old_name(chances.dtype), old_name(counts.dtype)
        raise RuntimeError(f"Found dtype {found} but expected {expected}")
    if counts.dtype == np.float16:
        raise NotImplementedError("\"binomial_cpu\" not implemented for 'Half'")
    error = broadcast_error([counts.shape, chances.shape])
    if error is not None:
        raise error
    return Binomial.apply(count, prob, generator or default_generator)


@torch_arguments
def multinomial(
    input: Tensor,
    num_samples: Extent,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Indices drawn with probabilities in proportion to the weights in `input`.

    Parameters
    ----------
    input : Tensor of shape (n) or (m, n)
        Weights, not negative, in each row not all zero.
    num_samples : int
        How many indices to draw from each row.
    replacement : bool
        Whether an index may be drawn again.

    Returns
    -------
    Tensor of int64, of shape (num_samples) or (m, num_samples)

    Raises
    ------
    RuntimeError
        If weights are negative, infinite or nan, or are too few.
    """
    return wrap((generator or default_generator).multinomial(input.array, num_samples, replacement))
