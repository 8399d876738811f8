"""Data types: PyTorch's names for NumPy's, and PyTorch's rules for mixing them.

NumPy and PyTorch agree on how two arrays of floats, or two of integers, combine. They part where
kinds meet: PyTorch never lets an integer widen a float (``int64 * float32`` is ``float32``), and a
tensor without dimensions or a Python number raises the *kind* of the result (bool < integer <
floating point) but never its width. Those two rules are all that this module adds.

References
----------
.. [1] PyTorch, "Tensor Attributes: torch.dtype", the section on type promotion.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from .named import Named


class dtype(metaclass=Named):
    """A data type, printed as PyTorch prints it.

    Attributes
    ----------
    name : str
        The name without the ``torch.`` in front, as in ``float32``.
    numpy : numpy.dtype
        The same type in NumPy.
    """

    _printed_as = "torch.dtype"
    _by_numpy: ClassVar[dict[np.dtype[Any], dtype]] = {}

    def __init__(self, name: str) -> None:
        self.name = name
        self.numpy: np.dtype[Any] = np.dtype(name)
        self._by_numpy[self.numpy] = self

    @property
    def is_floating_point(self) -> bool:
        """Whether it holds fractions; only such tensors can have a gradient."""
        return self.numpy.kind == "f"

    @property
    def is_complex(self) -> bool:
        """Always False: there are no complex types here."""
        return False

    @property
    def is_signed(self) -> bool:
        """Whether it can hold negative numbers."""
        return self.numpy.kind in "fi"

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.numpy.itemsize

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> Any:
        return from_numpy_dtype, (self.numpy,)


class NamedType(dtype):
    """A data type of PyTorch's that NumPy lacks: it has a name, and nothing can be made of it.

    Programs name it where they choose among several, or ask whether a tensor has it.
    """

    _printed_as = "torch.dtype"
    is_floating_point, is_signed = True, True

    def __init__(self, name: str, itemsize: int) -> None:
        self.name, self._itemsize = name, itemsize

    @property
    def numpy(self) -> np.dtype[Any]:  # type: ignore[override]  # there, it can be assigned
        """There is none: this raises a NotImplementedError."""
        raise NotImplementedError(f"there are no tensors of {self!r}: NumPy has no such dtype")

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._itemsize

    def __reduce__(self) -> str:
        return self.name


bfloat16 = NamedType("bfloat16", 2)
float16 = half = dtype("float16")
float32 = dtype("float32")
float64 = double = dtype("float64")
uint8 = dtype("uint8")
int8 = dtype("int8")
int16 = short = dtype("int16")
int32 = dtype("int32")
int64 = long = dtype("int64")
bool_ = dtype("bool")

#: What PyTorch called these when a dtype was a class of tensors; its messages still do.
OLD_NAMES = {
    float16: "Half", float32: "Float", float64: "Double", uint8: "Byte", int8: "Char",
    int16: "Short", int32: "Int", int64: "Long", bool_: "Bool",
}  # fmt: skip

#: What C++ calls them, which some messages do.
NAMES_IN_C = {
    "float16": "c10::Half", "float32": "float", "float64": "double", "uint8": "unsigned char",
    "int8": "signed char", "int16": "short", "int32": "int", "int64": "long int", "bool": "bool",
}  # fmt: skip

_RANK = {"b": 0, "i": 1, "u": 1, "f": 2}
_default = float32


def old_name(numpy_dtype: np.dtype[Any]) -> str:
    """The old name of a dtype: ``Float``, as in ``FloatTensor``, for float32."""
    return OLD_NAMES[from_numpy_dtype(numpy_dtype)]


def name_in_c(numpy_dtype: np.dtype[Any]) -> str:
    """The name of a dtype in C++: ``float`` for float32."""
    return NAMES_IN_C[numpy_dtype.name]


def from_numpy_dtype(numpy_dtype: np.dtype[Any]) -> dtype:
    """The `dtype` that stands for a NumPy one.

    Raises
    ------
    TypeError
        If there is none (complex numbers, strings, objects, unsigned integers above 8 bits).
    """
    try:
        return dtype._by_numpy[numpy_dtype]
    except KeyError:
        supported = ", ".join(t.name for t in dtype._by_numpy.values())
        raise TypeError(
            f"can't convert np.ndarray of type {numpy_dtype}. The only supported types are: "
            f"{supported}."
        ) from None


def get_default_dtype() -> dtype:
    """The type of tensors made from Python floats; `float32` unless it was changed."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Set the type of tensors made from Python floats.

    Raises
    ------
    TypeError
        If `d` is not a floating point type.
    NotImplementedError
        If NumPy has no such type.
    """
    global _default
    if not (isinstance(d, dtype) and d.is_floating_point):
        raise TypeError(f"only floating-point types are supported as the default type, got {d!r}")
    _default = from_numpy_dtype(d.numpy)


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest type, of the higher kind of the two, that both convert to.

    Raises
    ------
    TypeError
        If one of them is no type.
    """
    for name, given in (("type1", type1), ("type2", type2)):
        if not isinstance(given, dtype):
            raise TypeError(f"promote_types(): argument '{name}' must be a dtype, not {given!r}")
    return from_numpy_dtype(promote_numpy(type1.numpy, type2.numpy))


def promote_numpy(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """`promote_types` on NumPy's types."""
    if _RANK[a.kind] != _RANK[b.kind]:
        return a if _RANK[a.kind] > _RANK[b.kind] else b
    return np.promote_types(a, b)


def kind_rank(numpy_dtype: np.dtype[Any]) -> int:
    """0 for bool, 1 for integers, 2 for floating point numbers."""
    return _RANK[numpy_dtype.kind]


def result_dtype(values: Sequence[Any]) -> np.dtype[Any]:
    """The type of an operation on arrays and Python numbers.

    Arrays with dimensions decide. One without dimensions, and after that a Python number, takes
    part only if its kind is higher.
    """
    result: np.dtype[Any] | None = None
    shaped = [v.dtype for v in values if isinstance(v, np.ndarray) and v.ndim]
    single = [v.dtype for v in values if isinstance(v, np.ndarray) and not v.ndim]
    number = [number_dtype(v) for v in values if not isinstance(v, np.ndarray)]
    for group in (shaped, single, number):
        combined: np.dtype[Any] | None = None
        for candidate in group:
            combined = candidate if combined is None else promote_numpy(combined, candidate)
        if result is None or (combined is not None and _RANK[combined.kind] > _RANK[result.kind]):
            result = combined
    assert result is not None, "no operand to take a type from"
    return result


def number_dtype(value: object) -> np.dtype[Any]:
    """The type that a Python number stands for."""
    if isinstance(value, bool):
        return bool_.numpy
    if isinstance(value, (int, np.integer)):
        return int64.numpy
    if isinstance(value, (float, np.floating, np.bool_)):  # for PyTorch numpy.bool_ is a float
        return _default.numpy
    if isinstance(value, complex):
        raise NotImplementedError(f"{value}: there are no complex numbers in tinygrad_edu")
    raise TypeError(f"expected a Tensor or a number, got {type(value).__name__}")


def promote(values: list[Any], to_float: bool, keeps_number: bool = False) -> list[Any]:
    """Bring the operands of one operation to the type of its result.

    Parameters
    ----------
    values : list
        Arrays and Python numbers. Numbers stay numbers where NumPy lets the arrays decide too.
    to_float : bool
        Whether the operation gives fractions even on integers, as division and `exp` do.
    keeps_number : bool
        Whether a second operand of one element becomes float32 where the result is float16.

    Returns
    -------
    list
        The same values; the arrays have one dtype, but for what `keeps_number` says.
    """
    common: np.dtype[Any] | None = None
    for value in values:  # the common case first: all floats of one width, and Python numbers
        kind = value.__class__
        if kind is np.ndarray:
            if common is None and value.dtype.kind == "f":
                common = value.dtype
            elif value.dtype is not common:
                break
        elif kind is not float and kind is not int:
            break
    else:
        if common is not None:
            return values
    result = result_dtype(values)
    if to_float and result.kind != "f":
        result = _default.numpy
    # A number out of range wraps around or becomes infinite, as in PyTorch.
    with np.errstate(all="ignore"):
        arrays = [v if isinstance(v, np.ndarray) else np.asarray(v) for v in values]
        together = [array.astype(result, copy=False) for array in arrays]
        if keeps_number and result == np.float16 and arrays[1].size == 1:
            together[1] = arrays[1].astype(np.float32)
        return together
