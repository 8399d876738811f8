"""What may stand for a number, a dimension, a dtype: how PyTorch reads what is no tensor.

An annotation names a kind: ``int``, ``bool``, ``float | None``, ``Dims``. A kind knows the classes
whose values pass as they are, and reads all others: a NumPy scalar, or a tensor without dimensions
that requires no gradient, is a number too, while True is no integer and 1 no bool. What cannot be
read so is refused. The kinds are in `KINDS`, by the words of the annotation; what is annotated in
other words is handed on unread.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from ..autograd.graph import TensorBase
from ..dtypes import bool_, float64, from_numpy_dtype, int64
from ..dtypes import dtype as DType
from ..layout import layout as Layout
from ..layout import memory_format as MemoryFormat
from ..random import Generator
from ..size import device as Device

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


class Refused(Exception):
    """A value that does not belong to a kind."""


class Kind(NamedTuple):
    """One kind of argument.

    Attributes
    ----------
    said : str
        What an error message calls it.
    plain : frozenset of type
        The classes of values that are used as they are.
    read : callable
        What is used in place of any other value; raises `Refused`.
    """

    said: str
    plain: frozenset[type]
    read: Callable[[Any], Any]


def refuse(value: Any) -> Any:
    """No other value belongs to the kind."""
    raise Refused


def integer(value: Any) -> int:
    """An integer of NumPy's, or in a tensor without dimensions; no bool."""
    if isinstance(value, TensorBase):
        value = value.array[()]
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):  # of a class of the user's
        return value
    raise Refused


def extent(value: Any) -> int:
    """An integer, or whatever Python takes for an index; no bool."""
    if isinstance(value, bool | np.bool_):
        raise Refused
    try:
        return operator.index(value)
    except TypeError:
        raise Refused from None


def number(value: Any) -> Any:
    """A scalar of NumPy's, or the number in a tensor without dimensions and without gradient."""
    if isinstance(value, TensorBase) and not value.array.ndim and not value._requires_grad:
        return value.array.item()
    if isinstance(value, np.bool_):  # to PyTorch no bool
        return float(value)
    if isinstance(value, np.generic) and value.dtype.kind in "iuf":
        return value.item()
    if isinstance(value, complex):
        raise NotImplementedError(f"{value}: there are no complex numbers in tinygrad_edu")
    raise Refused


def integers(value: Any) -> tuple[int, ...]:
    """A list or tuple of integers, of which only the first may not be a bool."""
    if not isinstance(value, tuple | list):
        raise Refused
    if value and isinstance(value[0], bool | np.bool_):
        raise Refused
    try:
        return tuple([operator.index(item) for item in value])
    except TypeError:
        raise Refused from None


def one_or_more_integers(value: Any) -> Any:
    """An integer, or a list or tuple of them."""
    if isinstance(value, tuple | list):
        return integers(value)
    return extent(value) if isinstance(value, TensorBase) else integer(value)


def integer_or_integers(value: Any) -> Any:
    """The same, where PyTorch has a function for each: a tensor is one only without dimensions."""
    return integers(value) if isinstance(value, tuple | list) else integer(value)


def a_tensor(value: Any) -> Any:
    """A tensor."""
    if not isinstance(value, TensorBase):
        raise Refused
    return value


def tensor_or_number(value: Any) -> Any:
    """A tensor, or a scalar of NumPy's."""
    return value if isinstance(value, TensorBase) else number(value)


def tensor_or_integer(value: Any) -> Any:
    """A tensor, or an integer of NumPy's."""
    return value if isinstance(value, TensorBase) else integer(value)


def tensor_or_integers(value: Any) -> Any:
    """A tensor, an integer, or several."""
    return value if isinstance(value, TensorBase) else one_or_more_integers(value)


def tensor_or_python_integers(value: Any) -> Any:
    """The same to what PyTorch wrote in Python, which asks whether it is an `int`: NumPy's is not.

    A NumPy integer is then taken for several.
    """
    if isinstance(value, np.integer):
        raise Refused
    return tensor_or_integers(value)


def sequence(value: Any) -> Any:
    """A list or tuple; what is in it the function itself will see."""
    if not isinstance(value, tuple | list):
        raise Refused
    return value


def several_numbers_or_tensors(value: Any) -> Any:
    """A number, or a list or tuple of numbers or of tensors."""
    if not isinstance(value, tuple | list):
        return number(value)
    if value and isinstance(value[0], TensorBase):
        return tuple([a_tensor(item) for item in value])
    return tuple([item if item.__class__ in REAL else number(item) for item in value])


def word(value: Any) -> str:
    """A word in bytes."""
    if not isinstance(value, bytes):
        raise Refused
    return value.decode()


def word_or_number(value: Any) -> Any:
    """A word in bytes, or a number of NumPy's or in a tensor."""
    return word(value) if isinstance(value, bytes) else number(value)


def data_type(value: Any) -> DType:
    """Python's names for types; a dtype that NumPy lacks raises a NotImplementedError."""
    if isinstance(value, DType):
        return from_numpy_dtype(value.numpy)
    for name, meant in ((int, int64), (float, float64), (bool, bool_)):
        if value is name:
            return meant
    raise Refused


def place(value: Any) -> Device:
    """A device by its number, of which there is none."""
    if type(value) is not int:
        raise Refused
    raise RuntimeError(f"device {value}: there is no device but 'cpu' here")


def no_pinned_memory(value: Any) -> bool:
    """True is refused: there is nothing for which memory could be pinned."""
    if not isinstance(value, bool):
        raise Refused
    if not value:
        return value
    raise RuntimeError("pin_memory=True requires an accelerator, of which there is none here")


#: A size or an offset. PyTorch lets programs leave these open, and reads them more loosely than a
#: dimension: also from an array, or from a tensor with dimensions, of one element.
Extent: TypeAlias = int

#: A word that is compared with those that are known, and so refused with them, whatever it is.
Word: TypeAlias = str

#: What may be left out, but if it is given is not None: PyTorch has a function for either case.
TensorIfGiven: TypeAlias = "Tensor | None"
BoolIfGiven: TypeAlias = bool | None
NumberIfGiven: TypeAlias = "Number | None"
ToleranceIfGiven: TypeAlias = "Number | Tensor | None"

#: A shape or dimensions, one by one or as one sequence, which may be empty but not left out.
Sizes: TypeAlias = Any

#: A dimension or several, where PyTorch has a function for each.
DimOrDims: TypeAlias = int | Sequence[int]

#: Into pieces of which size, or sizes.
Pieces: TypeAlias = "int | Sequence[int] | Tensor"

#: Whether memory may not be moved, for the sake of a GPU: never.
PinMemory: TypeAlias = bool | None

NONE = type(None)
REAL = frozenset({int, float, bool})

#: By annotation. A number to be read as int is not one to be read as float: True is only that.
KINDS = {
    "int": Kind("int", frozenset({int}), integer),
    "int | None": Kind("int", frozenset({int, NONE}), integer),
    "Extent": Kind("int", frozenset({int}), extent),
    "Extent | None": Kind("int", frozenset({int, NONE}), extent),
    "bool": Kind("bool", frozenset({bool}), refuse),
    "bool | None": Kind("bool", frozenset({bool, NONE}), refuse),
    "BoolIfGiven": Kind("bool", frozenset({bool}), refuse),
    "float": Kind("float", REAL, number),
    "float | None": Kind("float", REAL | {NONE}, number),
    "Number": Kind("Number", REAL, number),
    "Number | None": Kind("Number", REAL | {NONE}, number),
    "Dims": Kind("tuple of ints", frozenset({int, NONE}), one_or_more_integers),
    "Dims | bool": Kind("tuple of ints", frozenset({int, NONE, bool}), one_or_more_integers),
    "int | Sequence[int]": Kind("tuple of ints", frozenset({int}), one_or_more_integers),
    "int | Sequence[int] | None": Kind(
        "tuple of ints", frozenset({int, NONE}), one_or_more_integers
    ),
    "DimOrDims": Kind("tuple of ints", frozenset({int}), integer_or_integers),
    "DimOrDims | None": Kind("tuple of ints", frozenset({int, NONE}), integer_or_integers),
    "Sequence[int]": Kind("tuple of ints", frozenset(), integers),
    "Sequence[int] | None": Kind("tuple of ints", frozenset({NONE}), integers),
    "str": Kind("str", frozenset({str}), word),
    "str | None": Kind("str", frozenset({str, NONE}), word),
    "float | str": Kind("Number", REAL | {str}, word_or_number),
    "PinMemory": Kind("bool", frozenset({NONE}), no_pinned_memory),
    "Layout | None": Kind("torch.layout", frozenset({Layout, NONE}), refuse),
    "MemoryFormat | None": Kind("torch.memory_format", frozenset({MemoryFormat, NONE}), refuse),
    "Order": Kind("Number", REAL | {str, NONE}, word_or_number),
    "DType": Kind("torch.dtype", frozenset({DType}), data_type),
    "DType | None": Kind("torch.dtype", frozenset({DType, NONE}), data_type),
    "dtype | None": Kind("torch.dtype", frozenset({DType, NONE}), data_type),
    "str | Device | None": Kind("torch.device", frozenset({str, Device, NONE}), place),
    "Generator | None": Kind("torch.Generator", frozenset({Generator, NONE}), refuse),
    "Tensor | None": Kind("Tensor", frozenset({NONE}), a_tensor),
    "TensorIfGiven": Kind("Tensor", frozenset(), a_tensor),
    "NumberIfGiven": Kind("Number", REAL, number),
    "ToleranceIfGiven": Kind("float", REAL, tensor_or_number),
    "Number | Sequence[Number | Tensor] | None": Kind(
        "Number", REAL | {NONE}, several_numbers_or_tensors
    ),
    "Number | Tensor": Kind("Number", REAL, tensor_or_number),
    "Number | Tensor | None": Kind("Number", REAL | {NONE}, tensor_or_number),
    "Tensor | Number | None": Kind("Tensor", REAL | {NONE}, tensor_or_number),
    "Tensor | Number": Kind("Tensor", REAL, tensor_or_number),
    "Tensor | float": Kind("Tensor", REAL, tensor_or_number),
    "float | Tensor": Kind("float", REAL, tensor_or_number),
    "int | Tensor": Kind("int", frozenset({int}), tensor_or_integer),
    "int | Tensor | None": Kind("int", frozenset({int, NONE}), tensor_or_integer),
    "int | Sequence[int] | Tensor": Kind("tuple of ints", frozenset({int}), tensor_or_integers),
    "Pieces": Kind("tuple of ints", frozenset({int}), tensor_or_python_integers),
    "int | Sequence[int] | Tensor | None": Kind(
        "tuple of ints", frozenset({int, NONE}), tensor_or_integers
    ),
    "Sequence[Tensor]": Kind("tuple of Tensors", frozenset({tuple, list}), sequence),
}

#: What is read otherwise where it is given by name: a bool is `unbiased` in the place of a `dim`.
BY_NAME = {"Dims | bool": KINDS["Dims"]}
