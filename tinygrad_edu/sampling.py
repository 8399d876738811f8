"""Random tensors: PyTorch's numbers for PyTorch's seeds.

The generator and its algorithms are in `random`; here they get tensors' shapes and dtypes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .autograd.broadcasting import broadcast_error
from .creation import _finish, _numpy, _shape
from .dtypes import dtype as DType
from .dtypes import int64
from .layout import arranged, memory_order
from .layout import layout as Layout
from .layout import memory_format as MemoryFormat
from .ops.arguments import torch_arguments
from .ops.chance import NormalOfBoth, NormalOfMean, NormalOfStd
from .ops.dims import WHOLE
from .ops.kinds import Extent, PinMemory, Sizes
from .random import Array, Generator, default_generator
from .size import device as Device
from .tensor import Tensor


@torch_arguments
def rand(
    *size: Sizes,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """Numbers drawn uniformly from [0, 1).

    Parameters
    ----------
    *size : int, or one sequence of int
        The shape.
    generator : Generator, optional
        Where to draw from; by default the one that `manual_seed` seeds.
    dtype, device, requires_grad
        As in `zeros`.
    """
    source = generator or default_generator
    return _finish(source.uniform(_shape(size), dtype=_numpy(dtype)), device, requires_grad)


@torch_arguments
def randn(
    *size: Sizes,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """Numbers drawn from the normal distribution of mean 0 and variance 1; as `rand`."""
    source = generator or default_generator
    return _finish(source.normal(_shape(size), dtype=_numpy(dtype)), device, requires_grad)


@torch_arguments
def randint(
    low: Extent = 0,
    high: int | Sequence[int] | None = None,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """Integers drawn uniformly from [`low`, `high`), as ``randint(low, high, size)`` or, from 0,
    ``randint(high, size)``.

    Raises
    ------
    RuntimeError
        If there is no integer between the two.
    """
    if size is None:
        low, high, size = 0, low, high  # type: ignore[assignment]
    elif high is None:
        low, high = 0, low
    if not isinstance(high, int) or not isinstance(size, tuple):
        raise TypeError("randint() takes (high, size) or (low, high, size)")
    source = generator or default_generator
    array = source.randint(low, high, _shape((size,)), (dtype or int64).numpy)
    return _finish(array, device, requires_grad)


@torch_arguments
def randperm(
    n: Extent,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """The integers from 0 to ``n - 1`` in random order."""
    array = (generator or default_generator).permutation(n)
    return _finish(array.astype((dtype or int64).numpy, copy=False), device, requires_grad)


@torch_arguments
def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """`rand` in the shape of `input`, and in its dtype if none is given."""
    source, kind = generator or default_generator, (dtype or input.dtype).numpy
    array = _like(input, memory_format, lambda shape, _: source.uniform(shape, dtype=kind))
    return _finish(array, device, requires_grad)


@torch_arguments
def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """`randn` in the shape of `input`, and in its dtype if none is given."""
    source, kind = generator or default_generator, (dtype or input.dtype).numpy
    array = _like(
        input,
        memory_format,
        lambda shape, in_rows: source.normal(shape, dtype=kind, in_blocks=in_rows),
    )
    return _finish(array, device, requires_grad)


@torch_arguments
def randint_like(
    input: Tensor,
    low: Extent = WHOLE,
    high: Extent = WHOLE,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """`randint` in the shape of `input`, and in its dtype if none is given.

    Called as ``randint_like(input, low, high)`` or, from 0, ``randint_like(input, high)``.
    """
    if low is WHOLE and high is WHOLE:
        raise TypeError("randint_like() takes (input, high) or (input, low, high)")
    bounds = [bound for bound in (low, high) if bound is not WHOLE]
    low, high = bounds[0] if len(bounds) > 1 else 0, bounds[-1]
    source, kind = generator or default_generator, (dtype or input.dtype).numpy
    array = _like(input, memory_format, lambda shape, _: source.randint(low, high, shape, kind))
    return _finish(array, device, requires_grad)


def _like(
    input: Tensor, format: MemoryFormat | None, draw: Callable[[Sequence[int], bool], Array]
) -> Array:
    """What `draw` gives for a shape, in that of `input`, and in the order of its memory: the first
    number in the place that comes first. `draw` is also told if that is row by row."""
    like = np.empty_like(input.array)
    if format is not None:
        like = arranged(like, format)
    order, back = memory_order(like)
    drawn = draw([like.shape[d] for d in order], bool(like.flags.c_contiguous))
    return drawn.transpose(back)


@torch_arguments
def normal(
    mean: float | Tensor,
    std: float | Tensor = 1.0,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """Numbers drawn from normal distributions.

    Parameters
    ----------
    mean, std : float or Tensor
        If one is a tensor, the result has its shape (their common one), and `size` is not given.
    size : sequence of int
        The shape, if both are numbers.

    Raises
    ------
    RuntimeError
        If a standard deviation is negative.
    """
    source = generator or default_generator
    if size is not None:
        assert not isinstance(mean, Tensor) and not isinstance(std, Tensor)
        array = source.normal(_shape((size,)), mean, std, _numpy(dtype))
        return _finish(array, device, requires_grad)
    scale, shift = (x.array if isinstance(x, Tensor) else np.asarray(x) for x in (std, mean))
    if (scale < 0).any():
        raise RuntimeError("normal expects all elements of std >= 0.0")
    given = [x.array.dtype for x in (mean, std) if isinstance(x, Tensor)]
    if not given:
        raise TypeError(f"normal(): expected a tensor among {mean!r} and {std!r}, or a size")
    error = broadcast_error([shift.shape, scale.shape])
    if error is not None:
        raise error
    shape = np.broadcast_shapes(scale.shape, shift.shape)
    standard = source.normal(shape, dtype=given[0])
    if len(given) == 2:
        return NormalOfBoth.apply(mean, std, standard)
    return (NormalOfMean if isinstance(mean, Tensor) else NormalOfStd).apply(mean, std, standard)
