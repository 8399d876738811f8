"""The ways to choose what `prune` sets to 0."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

from ...creation import zeros_like
from ...layout import contiguous_format
from ...sampling import rand, rand_like
from .pruning import BasePruningMethod

if TYPE_CHECKING:
    from ...tensor import Tensor
    from ..module import Module


class Identity(BasePruningMethod):
    """Nothing more is pruned."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask

    @classmethod
    def apply(cls, module: Module, name: str) -> Any:  # type: ignore[override]
        return super().apply(module, name)


class _OfAmount(BasePruningMethod):
    """Base of those that prune so many.

    Parameters
    ----------
    amount : int or float
        How many, or which share of all, from 0 to 1.
    """

    def __init__(self, amount: float) -> None:
        if not isinstance(amount, int | float | numbers.Real):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        whole = isinstance(amount, int | numbers.Integral)
        if float(amount) < 0 or (not whole and float(amount) > 1.0):
            raise ValueError(
                f"amount={amount} should either be a float in the range [0, 1] or a non-negative "
                "integer"
            )
        self.amount: Any = amount

    def _count(self, size: int) -> int:
        """How many, of so many."""
        amount = self.amount
        if not isinstance(amount, int | numbers.Integral):
            return round(float(amount) * size)
        if int(amount) > size:
            raise ValueError(
                f"amount={amount} should be smaller than the number of parameters to prune={size}"
            )
        return int(amount)


class RandomUnstructured(_OfAmount):
    """Elements at random."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count = self._count(t.nelement())
        mask = default_mask.clone(memory_format=contiguous_format)
        if count:
            mask.view(-1)[rand_like(t).view(-1).topk(count).indices] = 0
        return mask

    @classmethod
    def apply(cls, module: Module, name: str, amount: float) -> Any:  # type: ignore[override]
        return super().apply(module, name, amount=amount)


class L1Unstructured(_OfAmount):
    """The elements that are smallest in magnitude."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count = self._count(t.nelement())
        mask = default_mask.clone(memory_format=contiguous_format)
        if count:
            mask.view(-1)[t.abs().view(-1).topk(count, largest=False).indices] = 0
        return mask

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, importance_scores: Tensor | None = None
    ) -> Any:
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class _OfSlices(_OfAmount):
    """Base of those that prune whole slices along a dim."""

    PRUNING_TYPE = "structured"
    dim: int

    def _slices(self, t: Tensor) -> tuple[int, int]:
        """How many slices there are, and how many are to go."""
        if t.dim() <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor "
                f"of shape {t.shape} with {t.dim()} dims"
            )
        if self.dim >= t.dim():
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        size = t.shape[self.dim]
        return size, self._count(size)

    def _keep(self, t: Tensor, which: Tensor, default_mask: Tensor) -> Tensor:
        """A mask of these slices, where `default_mask` left them."""
        mask, index = zeros_like(t), [slice(None)] * t.dim()
        index[self.dim] = which  # type: ignore[call-overload]
        mask[tuple(index)] = 1
        mask *= default_mask.to(dtype=mask.dtype)
        return mask


class RandomStructured(_OfSlices):
    """Slices at random.

    Parameters
    ----------
    amount : int or float
    dim : int
    """

    def __init__(self, amount: float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        size, count = self._slices(t)
        if not count:
            return default_mask
        chances = rand(size)
        return self._keep(t, chances > chances.kthvalue(count).values, default_mask)

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, dim: int = -1
    ) -> Any:
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(_OfSlices):
    """The slices with the smallest norms.

    Parameters
    ----------
    amount : int or float
    n : int, float or str
        Which norm, as in `norm`.
    dim : int
    """

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount)
        self.n, self.dim = n, dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        size, count = self._slices(t)
        others = list(range(t.dim()))
        del others[self.dim]
        kept = t.norm(p=self.n, dim=others).topk(size - count, largest=True).indices
        return self._keep(t, kept, default_mask) if count else default_mask

    @classmethod
    def apply(  # type: ignore[override]
        cls,
        module: Module,
        name: str,
        amount: float,
        n: Any,
        dim: int,
        importance_scores: Tensor | None = None,
    ) -> Any:
        return super().apply(
            module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores
        )


class CustomFromMask(BasePruningMethod):
    """What a mask says.

    Parameters
    ----------
    mask : Tensor
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape "
                f"{self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Module, name: str, mask: Tensor) -> Any:  # type: ignore[override]
        return super().apply(module, name, mask=mask)
