"""`Parameter`: a tensor that a module trains. `Buffer`: one that it keeps without training it.

Assigned to an attribute of a `Module`, the one is among the module's `parameters()`, the other
among its `buffers()`; that is all that sets them apart. Results of ops on them are plain tensors.

An uninitialized one has no values yet, and no shape: only a dtype. `materialize` makes an ordinary
one of it; the modules in `lazy` do so when they see their first input.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn

from ..autograd.graph import wrap
from ..creation import empty
from ..dtypes import dtype as DType
from ..size import Size
from ..size import device as Device
from ..tensor import Tensor


class Parameter(Tensor):
    """A leaf that shares the memory of `data`, and by default requires a gradient.

    Parameters
    ----------
    data : Tensor, optional
        The values; without it, an empty tensor.
    requires_grad : bool
        Whether ops on it are recorded; `no_grad` does not change this.

    Raises
    ------
    RuntimeError
        If `data` is not floating point and is to require a gradient.
    """

    _printed_as = "torch.nn.parameter.Parameter"

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        source = empty(0) if data is None else data
        self.array, self._versions = source.array, source._versions
        self.requires_grad = requires_grad

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        # As in PyTorch, a copied parameter begins without gradient, and in memory of its own.
        result = copy.copy(self)
        memo[id(self)] = result
        result.array, result._versions = self.array.copy(order="K"), [0]
        return result

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that shares the memory of `data`, for a module to keep.

    Parameters
    ----------
    data : Tensor, optional
        The values; without it, an empty tensor.
    persistent : bool
        Whether it is part of the module's state.
    """

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        values = (empty(0) if data is None else data).detach()
        self.array, self._versions = values.array, values._versions
        self.requires_grad = data is not None and data.requires_grad
        self.persistent = persistent

    def __reduce__(self) -> Any:
        return _rebuild_buffer, (self.detach().numpy(), self._requires_grad, self.persistent)


def _rebuild_buffer(array: Any, requires_grad: bool, persistent: bool) -> Buffer:
    """What a buffer is copied and unpickled with."""
    buffer = Buffer(wrap(array), persistent=persistent)
    buffer._requires_grad = requires_grad
    return buffer


class UninitializedTensorMixin(Tensor):
    """What uninitialized parameters and buffers share."""

    cls_to_become: ClassVar[type[Tensor]]
    _dtype: DType

    def __getattr__(self, name: str) -> NoReturn:
        if name == "array":  # what every op asks for first
            raise self._unusable()
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _unusable(self) -> ValueError:
        return ValueError(
            f"Attempted to use a {type(self).__name__}, which has no values yet. Call the lazy "
            "module with a batch of the right shape before."
        )

    @property
    def shape(self) -> Size:
        """There is none yet: this raises a RuntimeError."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. Call the lazy module "
            "with a batch of the right shape before; and to load a state into a module, the state "
            "must be initialized if the module is."
        )

    @property
    def dtype(self) -> DType:
        """The dtype that it will have."""
        return self._dtype

    @property
    def data(self) -> Tensor:
        """A tensor without elements: first values that are written into it are lost."""
        return empty(0, dtype=self._dtype)

    @data.setter
    def data(self, value: Tensor) -> None:
        raise self._unusable()

    def is_floating_point(self) -> bool:
        """Whether the dtype that it will have is."""
        return self._dtype.is_floating_point

    def retype(self, dtype: DType) -> None:
        """Change the dtype that it will have."""
        self._dtype = dtype

    def materialize(
        self,
        shape: Sequence[int],
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        """Give it a shape, and values that are yet to be set; it is an ordinary tensor then."""
        values = empty(tuple(shape), device=device, dtype=self._dtype if dtype is None else dtype)
        self.__class__ = self.cls_to_become  # type: ignore[assignment]
        self.array = values.array

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        memo[id(self)] = result = copy.copy(self)
        return result

    def __reduce__(self) -> Any:
        return type(self), (self._requires_grad, None, self._dtype)


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is not known yet; see `materialize`."""

    cls_to_become = Parameter
    _printed_as = "torch.nn.parameter.UninitializedParameter"

    def __init__(
        self,
        requires_grad: bool = True,
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        self._dtype = empty(0, device=device, dtype=dtype).dtype
        self._requires_grad = requires_grad


class UninitializedBuffer(UninitializedTensorMixin):
    """A buffer whose shape is not known yet; see `materialize`."""

    cls_to_become = Tensor
    _printed_as = "torch.nn.parameter.UninitializedBuffer"

    def __init__(
        self,
        requires_grad: bool = False,
        device: str | Device | None = None,
        dtype: DType | None = None,
        persistent: bool = True,
    ) -> None:
        self._dtype = empty(0, device=device, dtype=dtype).dtype
        self._requires_grad = requires_grad
        self.persistent = persistent


def is_lazy(param: Any) -> bool:
    """Whether it is an uninitialized parameter or buffer."""
    return isinstance(param, UninitializedTensorMixin)
