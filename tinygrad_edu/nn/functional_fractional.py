"""Fractional max-pooling, with its arguments as PyTorch reads them; see `ops.fractional_pool`."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from ..ops.fractional_pool import FractionalMaxPool2D, FractionalMaxPool3D
from ..ops.window_checks import Numbers, check_tensor
from ..sampling import rand
from ..tensor import Tensor

#: One ratio for all dimensions, or one for each.
Ratios = float | Sequence[float]


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Numbers,
    output_size: Numbers | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The largest elements of windows whose places are drawn at random.

    Parameters
    ----------
    input : Tensor of shape (n, channels, height, width)
        Or, one image alone, (channels, height, width).
    kernel_size : int or pair of int
        The size of a window.
    output_size : int or pair of int, optional
        The size of the result.
    output_ratio : pair of float, optional
        In place of `output_size`: by how much the image shrinks, from 0 to 1.
    return_indices : bool
        Whether to return, with the values, where they are: places in the flattened image, int64.
    _random_samples : Tensor of shape (n, channels, 2), optional
        Random numbers from 0 to 1 which give the places, those for the width first; by default
        they are drawn.

    Returns
    -------
    Tensor of shape (n, channels, *output_size), or a pair of these

    Raises
    ------
    ValueError
        If there is neither a size nor a ratio, or there are too many ratios.
    RuntimeError
        If a shape does not fit, or there is no room for so many windows.
    TypeError
        If an argument is of another type.
    """
    arguments = (input, kernel_size, output_size, output_ratio, _random_samples)
    values, indices = _pool("fractional_max_pool2d", 2, *arguments)
    return (values, indices) if return_indices else values


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Numbers,
    output_size: Numbers | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """`fractional_max_pool2d`, and where the largest are, whatever `return_indices` says."""
    arguments = (input, kernel_size, output_size, output_ratio, _random_samples)
    return _pool("fractional_max_pool2d", 2, *arguments)


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Numbers,
    output_size: Numbers | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """`fractional_max_pool2d` for volumes; of the samples, those for the depth come first."""
    arguments = (input, kernel_size, output_size, output_ratio, _random_samples)
    values, indices = _pool("fractional_max_pool3d", 3, *arguments)
    return (values, indices) if return_indices else values


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Numbers,
    output_size: Numbers | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """`fractional_max_pool3d`, and where the largest are, whatever `return_indices` says."""
    arguments = (input, kernel_size, output_size, output_ratio, _random_samples)
    return _pool("fractional_max_pool3d", 3, *arguments)


def _pool(
    name: str,
    dims: int,
    input: Tensor,
    kernel_size: Any,
    output_size: Any,
    output_ratio: Any,
    samples: Tensor | None,
) -> tuple[Tensor, Tensor]:
    check_tensor(name, "input", input)
    shape = input.array.shape
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    if output_size is None:
        output_size = _shrunk(name, dims, shape, output_ratio)
    kernel = _numbers(name, "kernel_size", 2, kernel_size, dims)
    size = _numbers(name, "output_size", 3, output_size, dims)
    if len(shape) not in (dims + 1, dims + 2):
        raise (IndexError if len(shape) <= dims else RuntimeError)(
            f"{name}: expected {dims + 1} or {dims + 2} dimensions, but got {list(shape)}"
        )
    if samples is None:
        batch = 1 if len(shape) == dims + 1 else shape[0]
        samples = rand(batch, shape[-dims - 1], dims, dtype=input.dtype)
    _check_samples(name, dims, input, samples)
    if 0 in shape[len(shape) - dims - 1 :]:
        raise RuntimeError(f"{name}: only the batch may be empty, but got shape {list(shape)}")
    for n, m, k in zip(shape[-dims:], size, kernel, strict=True):
        # For volumes PyTorch asks for one element more.
        if m + k - 1 + (dims == 3) > n or m < 0 or k < 0:
            raise RuntimeError(
                f"{name}: there are not {m} windows of {k} in an input of shape {list(shape)}"
            )
    numbers = samples.array if dims == 3 else samples.array[..., ::-1]
    op = FractionalMaxPool2D if dims == 2 else FractionalMaxPool3D
    values, indices = op.apply_all(input, numbers, kernel, size)
    return values, indices


def _shrunk(name: str, dims: int, shape: tuple[int, ...], ratio: Any) -> list[int]:
    if dims == 2 and len(ratio) > 2:
        raise ValueError(f"{name} requires output_ratio to be {dims} numbers, not {ratio}")
    each = ratio if isinstance(ratio, Sequence) else (ratio,) * dims
    return [int(shape[dim - dims] * each[dim]) for dim in range(dims)]


def _numbers(name: str, what: str, position: int, value: Any, dims: int) -> tuple[int, ...]:
    """One number for each dimension, as PyTorch reads it here: a sequence must have them all."""
    values = tuple(value) if isinstance(value, list | tuple) else (value,) * dims
    is_bool = any(isinstance(v, bool) for v in values[:1])  # PyTorch looks at the first only
    if is_bool or not all(hasattr(v, "__index__") for v in values):
        raise TypeError(
            f"{name}(): argument '{what}' (position {position}) must be tuple of ints, "
            f"not {value!r}"
        )
    if len(values) != dims:
        raise RuntimeError(f"{name}: {what} must be one number or {dims}, but it is {value!r}")
    return tuple(map(operator.index, values))


def _check_samples(name: str, dims: int, input: Tensor, samples: Tensor) -> None:
    check_tensor(name, "_random_samples", samples)
    shape, given = input.array.shape, samples.array.shape
    if samples.dtype is not input.dtype:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    if len(given) != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {len(given)}")
    batch = shape[0] if len(shape) == dims + 2 else 1
    if given[0] < batch or given[1] != shape[-dims - 1] or given[2] != dims:
        raise RuntimeError(
            f"Expect _random_samples to be of shape {[batch, shape[-dims - 1], dims]}, not "
            f"{list(given)}"
        )
