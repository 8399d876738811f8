"""Tensor: an array, its gradient, and the node that made it.

Here stands how tensors look from outside, and how they are converted. Their ops come from the
tables in `methods` and `methods_in_place`, what is about gradients from `Differentiable`, and
questions are answered by `Attributes`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from . import dtypes, later
from .advice import advised
from .attributes import Attributes
from .autograd.grad_mode import grad_mode
from .autograd.graph import set_tensor_type
from .layout import channels_last, contiguous_format, is_arranged
from .layout import memory_format as MemoryFormat
from .memory import copied_memory
from .once import warn_once
from .ops import convert
from .ops import shape as shape_
from .ops.arguments import not_a_tensor
from .ops.dims import normalize_dim
from .ops.target import read_target
from .seen_by_numpy import SeenByNumPy
from .size import Size, device, require_cpu
from .tensor_types import legacy_array

# Inside the class these names are methods: x.int(), x.float(), x.bool().
Int: TypeAlias = int
Float: TypeAlias = float
Bool: TypeAlias = bool

Number: TypeAlias = int | float | bool
Operand: TypeAlias = "Tensor | np.ndarray[Any, Any] | Number"

#: What is said of tensors without dimensions.
IDENTITY = "Tensor.{} is deprecated on 0-D tensors. This function is the identity in these cases."

tensor_text = later.printing.tensor_text  # imported when the first tensor is printed


class Tensor(Attributes, metaclass=SeenByNumPy):
    """An array of numbers of one dtype, which remembers how it was computed.

    ``Tensor([1, 2])`` makes one of the default dtype, and ``Tensor(2, 3)`` one of that shape; but
    `tinygrad_edu.tensor`, which takes the dtype from the data, is what to use.

    Parameters
    ----------
    *data : nested sequence of numbers, array, tensor, or the sizes as integers
        Of a tensor it has the dtype and the memory.
    device : str or device, optional
        It can only be the CPU.

    Attributes
    ----------
    array : numpy.ndarray
        The values; changing them changes the tensor, unseen by autograd.
    grad_fn : Node or None
        The recorded op that computed it; None for a leaf.
    """

    _printed_as = "torch.Tensor"

    def __init__(self, *data: Any, device: Any = None) -> None:
        if device is not None:
            require_cpu(device)
        if len(data) == 1 and isinstance(data[0], Tensor):
            self.array = data[0].array
        else:
            self.array = legacy_array(dtypes.get_default_dtype().numpy, data)

    # What it looks like -----------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The sizes of its dimensions."""
        return tuple.__new__(Size, self.array.shape)  # its integers need no check

    def size(self, dim: Int | None = None) -> Any:
        """Its shape, or the size of one dimension."""
        return self.shape if dim is None else self.shape[self._dim(dim)]

    @property
    def ndim(self) -> Int:
        """The number of dimensions."""
        return self.array.ndim

    def dim(self) -> Int:
        """The number of dimensions."""
        return self.array.ndim

    def numel(self) -> Int:
        """The number of elements."""
        return self.array.size

    def element_size(self) -> Int:
        """Bytes of one element."""
        return self.array.itemsize

    def stride(self, dim: Int | None = None) -> Any:
        """How many elements further in memory the next one along each dimension, or `dim`, lies."""
        strides = tuple(s // self.array.itemsize for s in self.array.strides)
        return strides if dim is None else strides[self._dim(dim)]

    def is_contiguous(self, *, memory_format: MemoryFormat = contiguous_format) -> Bool:
        """Whether the elements lie in memory in order: row by row, or as `memory_format` says."""
        return is_arranged(self.array, memory_format)

    def _dim(self, dim: Int) -> Int:
        return normalize_dim(dim, self.array.ndim)

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of its elements."""
        return dtypes.from_numpy_dtype(self.array.dtype)

    @property
    def device(self) -> device:
        """Where it is: the CPU."""
        return device("cpu")

    def is_floating_point(self) -> Bool:
        """Whether its dtype is."""
        return bool(self.array.dtype.kind == "f")

    def __repr__(self) -> str:
        return tensor_text(
            self.array,
            default_dtype=dtypes.get_default_dtype().numpy,
            requires_grad=self._requires_grad,
            grad_fn=None if self.grad_fn is None else type(self.grad_fn).__name__,
        )

    _repr_html_ = later.notebook.tensor_html  # in Jupyter

    def __format__(self, spec: str) -> str:
        if self.array.ndim == 0 and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    # Its values, outside ----------------------------------------------------------------------

    def item(self) -> Any:
        """The only element, as a Python number.

        Raises
        ------
        RuntimeError
            If there is not exactly one.
        """
        if self.array.size != 1:
            raise RuntimeError(
                f"a Tensor with {self.array.size} elements cannot be converted to Scalar"
            )
        return self.array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers; without dimensions, the number."""
        return self.array.tolist()

    def numpy(self, *, force: Bool = False) -> np.ndarray[Any, Any]:
        """The values as an array that shares the tensor's memory.

        Raises
        ------
        RuntimeError
            If it requires a gradient, which the array could not carry on. With `force` it is
            detached first; under no_grad there is nothing to carry on.
        """
        if self._requires_grad and not force and grad_mode.enabled:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. "
                "Use tensor.detach().numpy() instead."
            )
        return self.array

    def __array__(self, dtype: Any = None, copy: Bool | None = None) -> np.ndarray[Any, Any]:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    # For NumPy's functions on tensors; see `numpy_protocol`.
    __array_priority__ = 1000
    __array_wrap__ = later.numpy_protocol.array_wrap

    # For an autograd.Function that has changed it in place.
    _become_output = later.mutation.become_output

    def __bool__(self) -> Bool:
        if self.array.size != 1:
            count = "no values" if self.array.size == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {count} is ambiguous")
        return bool(self.array.item())

    def __float__(self) -> Float:
        number = float(self._only_element())
        if self._requires_grad and grad_mode.enabled:
            warn_once(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected "
                "behavior.\nConsider using tensor.detach() first.",
                stacklevel=2,
            )
        return number

    def __int__(self) -> Int:
        return int(self._only_element())

    def _only_element(self) -> Any:
        if self.array.size != 1:
            raise advised(
                ValueError("only one element tensors can be converted to Python scalars"),
                f"This one has {self.array.size}.",
            )
        return self.array.item()

    def __index__(self) -> Int:
        if self.array.dtype.kind == "f" or self.array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __len__(self) -> Int:
        if self.array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return int(self.array.shape[0])

    def __iter__(self) -> Iterator[Tensor]:
        if self.array.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __reversed__(self) -> Tensor:
        return self.flip(0) if self.array.ndim else self

    def __contains__(self, element: Any) -> Bool:
        if not isinstance(element, Tensor | Number):
            raise RuntimeError(
                "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
                f"{type(element)}."
            )
        return bool((self.array == getattr(element, "array", element)).any())

    __hash__ = object.__hash__  # by identity: tensors are keys of an optimizer's state

    def __copy__(self) -> Tensor:
        result = object.__new__(type(self))
        result.__dict__.update(self.__dict__, _edge=None, _grad=None, grad_fn=None, output_nr=0)
        result._base = result._views = None
        return result

    def __deepcopy__(self, memo: dict[Int, Any]) -> Tensor:
        if self.grad_fn is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment.  If you were attempting to deepcopy a module, this may be "
                "because of a torch.nn.utils.weight_norm usage, see "
                "https://github.com/pytorch/pytorch/pull/103001"
            )
        result = copy.copy(self)
        memo[id(self)] = result
        result.array, result._versions = copied_memory(self.array, memo), [0]
        result._grad = copy.deepcopy(self._grad, memo)
        return result

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), self.numpy(force=True), self._requires_grad)

    # Conversions --------------------------------------------------------------------------------

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """The tensor in another dtype, given itself or as that of another tensor.

        Called as ``to(dtype)``, ``to(device, dtype)`` or ``to(other)``, each followed by
        `non_blocking` and `copy`; and `memory_format` by name. The CPU is the only device. Without
        anything to change, the tensor itself is returned.

        Raises
        ------
        RuntimeError
            For a device other than the CPU.
        TypeError
            For anything that is neither a dtype, a device nor a tensor.
        """
        wanted = read_target(args, kwargs)
        result = self if wanted.dtype is None else convert.to_dtype(self, wanted.dtype.numpy)
        format = wanted.memory_format
        # Only of an image with its channels last is row by row another format.
        plain = format is contiguous_format and not is_arranged(self.array, channels_last)
        moves = result is not self or wanted.copy or not plain
        if format is not None and moves and not is_arranged(result.array, format):
            return result.clone(memory_format=format)
        return result.clone() if wanted.copy and result is self else result

    def type_as(self, other: Tensor) -> Tensor:
        """The tensor in the dtype of `other`."""
        if not isinstance(other, Tensor):
            raise not_a_tensor("type_as", "other", 0, other)
        return self.to(other.dtype)

    def cpu(self, *, memory_format: MemoryFormat | None = None) -> Tensor:
        """The tensor itself."""
        return self

    def half(self, *, memory_format: MemoryFormat | None = None) -> Tensor:
        """As float16."""
        return self.to(dtypes.float16, memory_format=memory_format)

    def float(self, *, memory_format: MemoryFormat | None = None) -> Tensor:
        """As float32."""
        return self.to(dtypes.float32, memory_format=memory_format)

    def double(self, *, memory_format: MemoryFormat | None = None) -> Tensor:
        """As float64."""
        return self.to(dtypes.float64, memory_format=memory_format)

    def int(self, *, memory_format: MemoryFormat | None = None) -> Tensor:
        """As int32; fractions are cut off."""
        return self.to(dtypes.int32, memory_format=memory_format)

    def long(self, *, memory_format: MemoryFormat | None = None) -> Tensor:
        """As int64; fractions are cut off."""
        return self.to(dtypes.int64, memory_format=memory_format)

    def short(self, *, memory_format: MemoryFormat | None = None) -> Tensor:
        """As int16; fractions are cut off."""
        return self.to(dtypes.int16, memory_format=memory_format)

    def char(self, *, memory_format: MemoryFormat | None = None) -> Tensor:
        """As int8; fractions are cut off."""
        return self.to(dtypes.int8, memory_format=memory_format)

    def byte(self, *, memory_format: MemoryFormat | None = None) -> Tensor:
        """As uint8; fractions are cut off."""
        return self.to(dtypes.uint8, memory_format=memory_format)

    def bool(self, *, memory_format: MemoryFormat | None = None) -> Tensor:
        """As bool: whether each element is not zero."""
        return self.to(dtypes.bool_, memory_format=memory_format)

    @property
    def T(self) -> Tensor:
        """With its dimensions in reverse order; for matrices, transposed."""
        if self.array.ndim != 2:
            warn_once(
                "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is "
                "deprecated and it will throw an error in a future release. Consider `x.mT` to "
                "transpose batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` "
                "to reverse the dimensions of a tensor."
                if self.array.ndim
                else IDENTITY.format("T"),
                stacklevel=2,
            )
        return shape_.permute(self, tuple(reversed(range(self.array.ndim))))

    @property
    def mT(self) -> Tensor:
        """With its last two dimensions swapped; without dimensions, itself.

        Raises
        ------
        RuntimeError
            If it has one dimension.
        """
        if self.array.ndim == 0:
            warn_once(IDENTITY.format("mT"), stacklevel=2)
            return self
        if self.array.ndim == 1:
            raise RuntimeError(
                "tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor."
            )
        return shape_.transpose(self, -2, -1)


set_tensor_type(Tensor)


def _rebuild(cls: type[Tensor], array: np.ndarray[Any, Any], requires_grad: Bool) -> Tensor:
    """Put a copied or unpickled tensor together again."""
    tensor = cls.__new__(cls)
    tensor.array, tensor._requires_grad = array, requires_grad
    return tensor
