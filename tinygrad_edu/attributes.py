"""What a tensor says of itself: its size in bytes, its memory, its old type, and what it is not.

Much of it has one answer here, where all tensors are dense, real and on the CPU; programs that ask
before they act go the right way. (What these tensors lack is in `missing`.)
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from .autograd.graph import TensorBase, wrap
from .dtypes import dtype as DType
from .layout import layout as Layout
from .layout import preserve_format, strided
from .memory import address
from .methods import Methods
from .missing import NotHere
from .once import warn_once
from .ops import shape as shape_
from .ops.overlap import writable
from .ops.strided import memory_of
from .size import require_cpu
from .storage import TypedStorage, UntypedStorage
from .tensor_types import TYPES, TensorType, legacy_array, type_name

if TYPE_CHECKING:
    from .tensor import Tensor

_T = TypeVar("_T", bound=TensorBase)


#: What is said of tensors without dimensions.
CONJUGATE = "Tensor.{} is deprecated on 0-D tensors. Consider using x.conj()."


class Attributes(Methods, NotHere):
    """The part of `Tensor` that answers questions."""

    # Sizes --------------------------------------------------------------------------------------

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.array.nbytes

    def nelement(self) -> int:
        """The number of elements."""
        return self.array.size

    def ndimension(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    def is_same_size(self, other: Tensor) -> bool:
        """Whether `other` has the same shape."""
        return bool(self.array.shape == other.array.shape)

    def is_nonzero(self) -> bool:
        """Whether the only element is not 0.

        Raises
        ------
        RuntimeError
            If there is not exactly one.
        """
        return bool(self)

    # Kinds --------------------------------------------------------------------------------------

    def is_signed(self) -> bool:
        """Whether its dtype has negative numbers."""
        return bool(self.array.dtype.kind in "fi")

    def is_complex(self) -> bool:
        """False: there are no complex numbers."""
        return False

    is_conj = is_neg = is_inference = is_distributed = is_complex

    @property
    def is_cpu(self) -> bool:
        """True: all tensors are on the CPU."""
        return True

    @property
    def is_cuda(self) -> bool:
        """False: all tensors are dense, not quantized, and on the CPU."""
        return False

    is_mps = is_xpu = is_xla = is_ipu = is_mtia = is_maia = is_meta = is_vulkan = is_cuda
    is_sparse = is_sparse_csr = is_quantized = is_nested = is_mkldnn = is_cuda

    @property
    def layout(self) -> Layout:
        """How it lies in memory: ``torch.strided``."""
        return strided

    def get_device(self) -> int:
        """-1, which stands for the CPU."""
        return -1

    def cuda(
        self, device: Any = None, non_blocking: bool = False, memory_format: Any = preserve_format
    ) -> Tensor:
        """There is no GPU here.

        Raises
        ------
        AssertionError
            Always, as in a PyTorch without CUDA.
        """
        require_cpu("cuda")
        return cast("Tensor", self)

    # Memory -------------------------------------------------------------------------------------

    def data_ptr(self) -> int:
        """The address of the first element; 0 if there is none."""
        return address(self.array) if self.array.size else 0

    def storage_offset(self) -> int:
        """How many elements of the memory come before the first."""
        return memory_of(self.array)[1]

    def storage(self) -> TypedStorage:
        """All the memory that it looks at, as elements of its dtype."""
        warn_once(
            "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will "
            "be the only storage class. This should only matter to you if you are using storages "
            "directly.  To access UntypedStorage directly, use tensor.untyped_storage() instead "
            "of tensor.storage()",
            stacklevel=2,
        )
        return TypedStorage(memory_of(self.array)[0])

    def untyped_storage(self) -> UntypedStorage:
        """All the memory that it looks at, as bytes."""
        return UntypedStorage(memory_of(self.array)[0])

    def is_set_to(self, tensor: Tensor) -> bool:
        """Whether `tensor` has the same memory, shape and strides."""
        mine, other = self.array, tensor.array
        return (address(mine), mine.shape, mine.strides) == (
            address(other),
            other.shape,
            other.strides,
        )

    def is_shared(self) -> bool:
        """False: the memory belongs to one process."""
        return False

    def is_pinned(self, device: Any = None) -> bool:
        """False: memory is pinned for a GPU to read it, and there is none."""
        return False

    def pin_memory(self, device: Any = None) -> Tensor:
        """Memory is pinned for a GPU to read it, and there is none.

        Raises
        ------
        RuntimeError
            Always.
        """
        raise RuntimeError("pin_memory(): cannot access an accelerator when none is available")

    # Its old type -------------------------------------------------------------------------------

    def type(
        self, dtype: str | DType | TensorType | None = None, non_blocking: bool = False
    ) -> Any:
        """The old name of its dtype, ``torch.FloatTensor`` for float32; or itself in another dtype,
        given by such a name.

        Raises
        ------
        ValueError
            If there is no such name; a type of Python's is none.
        TypeError
            If `dtype` is neither a name nor a dtype.
        """
        if dtype is None:
            return type_name(self.array.dtype)
        if isinstance(dtype, str):
            if dtype not in TYPES:
                raise ValueError(f"invalid type: {dtype!r}")
            dtype = TYPES[dtype]
        if isinstance(dtype, builtins.type):
            raise ValueError(f"invalid type: {dtype.__name__!r}")
        if isinstance(dtype, TensorType):
            dtype = dtype.dtype
        if not isinstance(dtype, DType):
            raise TypeError(f"dtype must be a type, str, or dtype object, not {dtype!r:.80}")
        return cast("Tensor", self).to(dtype)

    def new(self, *data: Any) -> Tensor:
        """A tensor of its dtype, of a shape given as integers, here zeros, or with the numbers
        given; `new_tensor` and `new_zeros` are clearer."""
        return wrap(legacy_array(self.array.dtype, data))

    def as_subclass(self, cls: builtins.type[_T]) -> _T:
        """The same values, as a tensor of the class `cls`.

        Raises
        ------
        TypeError
            If that is no class of tensors.
        """
        if not (isinstance(cls, builtins.type) and issubclass(cls, TensorBase)):
            raise TypeError(f"cls must be a type that inherits from Tensor, but got {cls!r:.80}")
        alias = shape_.Alias.apply(self)
        result = cls.__new__(cls)
        result.__dict__.update(alias.__dict__)
        return result

    # Real numbers -------------------------------------------------------------------------------

    @property
    def real(self) -> Tensor:
        """Itself: all numbers are real."""
        return cast("Tensor", self)

    @property
    def imag(self) -> Tensor:
        """Real numbers have no such part.

        Raises
        ------
        RuntimeError
            Always.
        """
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")

    def conj(self) -> Tensor:
        """Itself: all numbers are real."""
        return cast("Tensor", self)

    conj_physical = conj_physical_ = resolve_conj = resolve_neg = conj

    def adjoint(self) -> Tensor:
        """With its last two dimensions swapped; a view.

        Raises
        ------
        RuntimeError
            If it has one dimension.
        """
        if self.array.ndim == 1:
            raise RuntimeError(
                "tensor.adjoint() is only supported on matrices or batches of matrices. "
                "Got 1-D tensor."
            )
        return shape_.transpose(cast("Tensor", self), -2, -1) if self.array.ndim else self.conj()

    @property
    def mH(self) -> Tensor:
        """With its last two dimensions swapped; a view."""
        if not self.array.ndim:
            warn_once(CONJUGATE.format("mH"), stacklevel=2)
        return self.adjoint()

    @property
    def H(self) -> Tensor:
        """A matrix transposed; a view.

        Raises
        ------
        RuntimeError
            If it is no matrix.
        """
        if self.array.ndim not in (0, 2):
            raise RuntimeError(
                "tensor.H is only supported on matrices (2-D tensors). "
                f"Got {self.array.ndim}-D tensor."
            )
        if not self.array.ndim:
            warn_once(CONJUGATE.format("H"), stacklevel=2)
            return cast("Tensor", self)
        return self.adjoint()

    # Python functions on each element -------------------------------------------------------------

    def apply_(self, callable: Callable[[Any], Any]) -> Tensor:
        """Replace each element by what `callable` makes of it, one by one; slow.

        Raises
        ------
        RuntimeError
            If it requires a gradient.
        """
        return self._each("apply_", callable)

    def map_(self, other: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
        """Replace each element by what `callable` makes of it and that of `other`, which
        broadcasts; slow.

        Raises
        ------
        RuntimeError
            If one of the two requires a gradient, or the shapes do not broadcast.
        """
        return self._each("map_", callable, other)

    def _each(self, name: str, function: Callable[..., Any], *others: Tensor) -> Tensor:
        this = cast("Tensor", self)
        for tensor in (this, *others):
            if tensor._requires_grad:
                raise RuntimeError(
                    f"Can't call {name}() on Variable that requires grad. "
                    f"Use var.detach().{name}() instead."
                )
        memory = writable(this.array)
        columns = [this.array.ravel().tolist()]
        columns += [other.expand_as(this).array.ravel().tolist() for other in others]
        values = [function(*row) for row in zip(*columns, strict=True)]
        memory[...] = np.array(values, this.array.dtype).reshape(this.array.shape)
        this._version += 1
        return this
