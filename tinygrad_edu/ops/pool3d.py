"""Pooling of volumes; the ops and what checks their arguments are those of `pool`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd.graph import wrap
from ..autograd.op_node import watched
from .pool import MaxPool3DWithIndices, _average, _divisor, _indices
from .window_checks import Numbers, check_flag, pool_geometry, read_divisor

if TYPE_CHECKING:
    from ..tensor import Tensor


def max_pool3d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """`max_pool2d` for volumes of shape (n, channels, depth, height, width), or without n."""
    geometry = pool_geometry(
        "max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode
    )
    values, element = MaxPool3DWithIndices.apply_all(input, geometry)
    if not return_indices:
        return values
    places = wrap(_indices(element.array, geometry))
    return watched(values, places), places


def avg_pool3d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """`avg_pool2d` for volumes of shape (n, channels, depth, height, width), or without n.

    As in PyTorch, the window must fit into a volume without its padding.
    """
    geometry = pool_geometry("avg_pool3d", 3, input, kernel_size, stride, padding, 1, ceil_mode)
    if any(n < k for n, k in zip(geometry.size, geometry.kernel, strict=True)):
        raise RuntimeError(
            f"avg_pool3d: kernel_size {geometry.kernel} is larger than the volume of size "
            f"{geometry.size}"
        )
    check_flag("avg_pool3d", "count_include_pad", count_include_pad)
    divisor = read_divisor("avg_pool3d", divisor_override)
    return _average(input, divisor or _divisor(geometry, count_include_pad), geometry)
