"""`LayerNorm`: each sample's features brought to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..creation import empty
from ..dtypes import dtype as DType
from ..ops.layer_norm import layer_norm
from ..size import device as Device
from ..tensor import Tensor
from . import init
from .module import Module
from .parameter import Parameter


class LayerNorm(Module):
    """``(x - mean) / sqrt(variance + eps) * weight + bias``, over the last dimensions.

    Ba, Kiros and Hinton, "Layer normalization", 2016.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of the last dimensions of the input, which are normalized together.
    eps : float
    elementwise_affine : bool
        Whether there are a weight and a bias.
    bias : bool
        Whether there is a bias.
    device, dtype : optional
        As in `zeros`.

    Attributes
    ----------
    weight, bias : Parameter of shape `normalized_shape`, or None
        At first 1 and 0.
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        if isinstance(normalized_shape, int | np.integer):
            normalized_shape = (normalized_shape,)
        self.normalized_shape = tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        for name, wanted in (("weight", elementwise_affine), ("bias", elementwise_affine and bias)):
            values = empty(self.normalized_shape, device=device, dtype=dtype) if wanted else None
            self.register_parameter(name, None if values is None else Parameter(values))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalize (..., *normalized_shape)."""
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )
