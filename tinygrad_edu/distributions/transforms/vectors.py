"""Transforms of vectors: to other shapes, and to probabilities that add up to 1."""

from __future__ import annotations

from collections.abc import Sequence

from ...limits import finfo
from ...nn.functional import logsigmoid, pad
from ...ops.new import new_ones, new_zeros
from ...size import Size
from ...tensor import Tensor
from .. import constraints
from .base import Alike, Transform
from .pointwise import inside


class ReshapeTransform(Transform):
    """The same numbers in another shape.

    Parameters
    ----------
    in_shape, out_shape : sequence of int
        Of one event, before and after.
    cache_size : int

    Raises
    ------
    ValueError
        If there are not as many numbers in both.
    """

    bijective = True

    def __init__(
        self, in_shape: Sequence[int], out_shape: Sequence[int], cache_size: int = 0
    ) -> None:
        self.in_shape, self.out_shape = Size(in_shape), Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError("in_shape, out_shape have different numbers of elements")
        super().__init__(cache_size)
        self.domain = constraints.independent(constraints.real, len(self.in_shape))
        self.codomain = constraints.independent(constraints.real, len(self.out_shape))

    def _call(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[: x.dim() - len(self.in_shape)] + self.out_shape)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.reshape(y.shape[: y.dim() - len(self.out_shape)] + self.in_shape)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return new_zeros(x, x.shape[: x.dim() - len(self.in_shape)])

    def forward_shape(self, shape: Size) -> Size:
        return self._exchanged(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Size) -> Size:
        return self._exchanged(shape, self.out_shape, self.in_shape)

    @staticmethod
    def _exchanged(shape: Size, old: Size, new: Size) -> Size:
        check_dims(shape, len(old))
        cut = len(shape) - len(old)
        if shape[cut:] != old:
            raise ValueError(f"Shape mismatch: expected {shape[cut:]} but got {old}")
        return shape[:cut] + new


def check_dims(shape: Sequence[int], least: int) -> None:
    """Raise ValueError for a shape of fewer dims."""
    if len(shape) < least:
        raise ValueError("Too few dimensions on input")


class SoftmaxTransform(Alike):
    """y = exp(x) over its sum: probabilities of logits. One logit too many: not bijective."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        powers = (x - x.max(-1, True)[0]).exp()
        return powers / powers.sum(-1, True)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def forward_shape(self, shape: Size) -> Size:
        check_dims(shape, 1)
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(Alike):
    """n numbers to n + 1 probabilities: each says which share of the rest of a stick breaks off.

    The shares are ``z_i = sigmoid(x_i - log(n + 1 - i))``, i from 1 on, so that zeros make equal
    pieces; and ``y_i = z_i (1 - z_1) ... (1 - z_(i-1))``, of which the last is what is left.
    """

    bijective = True
    domain = constraints.real_vector
    codomain = constraints.simplex

    @staticmethod
    def _left(x: Tensor, pieces: int) -> Tensor:
        """pieces, pieces - 1, ...: how many pieces there are still to be, for each number."""
        return pieces + 1 - new_ones(x, x.shape[-1]).cumsum(-1)

    def _call(self, x: Tensor) -> Tensor:
        shares = inside((x - self._left(x, x.shape[-1]).log()).sigmoid())
        rest = (1 - shares).cumprod(-1)
        return pad(shares, [0, 1], value=1) * pad(rest, [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        broken = y[..., :-1]
        left = self._left(broken, y.shape[-1] - 1)
        rest = (1 - broken.cumsum(-1)).clamp(min=finfo(y.dtype).tiny)
        return broken.log() - rest.log() + left.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        x = x - self._left(x, x.shape[-1]).log()
        return (-x + logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Size) -> Size:
        check_dims(shape, 1)
        return shape[:-1] + (shape[-1] + 1,)

    def inverse_shape(self, shape: Size) -> Size:
        check_dims(shape, 1)
        return shape[:-1] + (shape[-1] - 1,)
