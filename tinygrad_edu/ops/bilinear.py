"""`bilinear`: products of every feature of one input with every feature of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .arguments import torch_arguments

if TYPE_CHECKING:
    from ..tensor import Tensor


@torch_arguments
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input1 @ weight[o] @ input2`` for each output o, plus `bias`.

    Parameters
    ----------
    input1 : Tensor of shape (..., in1)
    input2 : Tensor of shape (..., in2)
        With the same sizes before the last.
    weight : Tensor of shape (out, in1, in2)
    bias : Tensor of shape (out), optional

    Returns
    -------
    Tensor of shape (..., out)

    Raises
    ------
    RuntimeError
        If sizes do not fit.
    """
    (*batch1, n), (*batch2, m) = input1.array.shape, input2.array.shape
    out = weight.array.shape[0]
    if batch1 != batch2 or weight.array.shape[1:] != (n, m):
        raise RuntimeError(
            f"bilinear(): inputs {list(input1.shape)} and {list(input2.shape)} and weight "
            f"{list(weight.shape)} do not fit: expected (..., in1), (..., in2) and (out, in1, in2)"
        )
    if bias is not None and bias.array.shape != (out,):
        raise RuntimeError(f"bilinear(): bias of shape {list(bias.shape)}, but {out} outputs")
    rows = input1.reshape((-1, n)) @ weight.permute(1, 0, 2).reshape((n, out * m))  # bn,onm -> bom
    products = rows.reshape((-1, out, m)) * input2.reshape((-1, 1, m))
    result = products.sum(2).reshape((*batch1, out))
    return result if bias is None else result + bias
