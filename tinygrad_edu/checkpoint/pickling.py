"""Pickling: from an object to the program that puts it together again.

A pickle is a program for a machine with a stack. Each instruction is one byte, with what it needs
behind it: push this number; push an empty list; add what lies above the mark to the list below it;
call this function with this tuple of arguments. What may be met again is remembered under a number,
so that it is made once, and a list can even hold itself. Only instructions of protocol 2 are used,
which PyTorch's restricted unpickler understands.
"""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from pickle import encode_long
from typing import Any

import numpy as np

from ..dtypes import dtype
from ..nn.parameter import Parameter
from ..size import Size, device
from ..tensor import Tensor
from .numpy_values import DTYPES, SCALARS
from .storage import STORAGE_NAMES, Array, place_of
from .values import DEEPEST, METADATA, is_key

# fmt: off
PROTO, STOP, MARK, REDUCE, BUILD, PERSISTENT = b"\x80", b".", b"(", b"R", b"b", b"Q"
NONE, TRUE, FALSE, FLOAT, TEXT = b"N", b"\x88", b"\x89", b"G", b"X"
INT1, INT2, INT4, LONG = b"K", b"M", b"J", b"\x8a"
EMPTY_TUPLE, EMPTY_LIST, EMPTY_DICT = b")", b"]", b"}"
TUPLE, APPENDS, SETITEMS = b"t", b"e", b"u"
GLOBAL, REMEMBER, RECALL = b"c", b"r", b"j"
# fmt: on

LONGEST_INTEGER = 255  # bytes


class Pickler:
    """Writes one object of tensors, numbers, text and containers.

    Then `program` is its pickle, and `storages` the memory of its tensors.

    Raises
    ------
    NotPlain
        If there is anything else in it than these.
    RuntimeError
        If two tensors see the same memory as different dtypes.
    ValueError
        If it is nested too deep.
    OverflowError
        If an integer has more than 255 bytes.
    """

    def __init__(self, value: Any) -> None:
        self.program = bytearray(PROTO + b"\x02")
        self.storages: list[Array] = []
        self._numbers: dict[Any, int] = {}  # of what is remembered
        self._alive: list[Any] = []  # while it is, no other object gets its id
        self._keys: dict[int, str] = {}  # of storages, by their address
        self._depth = 0
        self._write(value)
        self.program += STOP

    def _write(self, value: Any) -> None:
        writer = WRITERS.get(type(value))
        if writer is None:
            raise cannot_save(value)
        if self._recall(id(value)):
            return
        if self._depth > DEEPEST:
            raise ValueError(
                f"cannot save what is nested more than {DEEPEST} deep, or holds itself"
            )
        self._depth += 1
        writer(self, value)
        self._depth -= 1

    # What is met again ------------------------------------------------------------------------

    def _recall(self, key: Any) -> bool:
        """Push what is remembered under `key`, if something is."""
        if key not in self._numbers:
            return False
        self.program += RECALL + struct.pack("<I", self._numbers[key])
        return True

    def _remember(self, key: Any) -> None:
        """Remember what lies on top of the stack."""
        number = self._numbers[key] = len(self._numbers)
        self.program += REMEMBER + struct.pack("<I", number)

    def _remember_object(self, value: Any) -> None:
        self._alive.append(value)
        self._remember(id(value))

    # Plain values -----------------------------------------------------------------------------

    def _none(self, value: None) -> None:
        self.program += NONE

    def _bool(self, value: bool) -> None:
        self.program += TRUE if value else FALSE

    def _int(self, value: int) -> None:
        if 0 <= value < 2**8:
            self.program += INT1 + struct.pack("<B", value)
        elif 0 <= value < 2**16:
            self.program += INT2 + struct.pack("<H", value)
        elif -(2**31) <= value < 2**31:
            self.program += INT4 + struct.pack("<i", value)
        else:
            encoded = encode_long(value)
            if len(encoded) > LONGEST_INTEGER:
                raise OverflowError(f"cannot save an integer of {len(encoded)} bytes")
            self.program += LONG + struct.pack("<B", len(encoded)) + encoded

    def _float(self, value: float) -> None:
        self.program += FLOAT + struct.pack(">d", value)

    def _complex(self, value: complex) -> None:
        self._call("__builtin__ complex", (value.real, value.imag))

    def _text(self, value: str) -> None:
        encoded = value.encode("utf-8", "surrogatepass")
        self.program += TEXT + struct.pack("<I", len(encoded)) + encoded

    def _bytes(self, value: bytes) -> None:
        self._call("_codecs encode", (value.decode("latin1"), "latin1"))
        self._remember_object(value)

    # Containers -------------------------------------------------------------------------------

    def _tuple(self, value: Iterable[Any]) -> None:
        self.program += MARK
        for entry in value:
            self._write(entry)
        self.program += TUPLE
        self._remember_object(value)

    def _list(self, value: list[Any]) -> None:
        self.program += EMPTY_LIST
        self._remember_object(value)
        self.program += MARK
        for entry in value:
            self._write(entry)
        self.program += APPENDS

    def _dict(self, value: dict[Any, Any]) -> None:
        self.program += EMPTY_DICT
        self._remember_object(value)
        self._items(value)

    def _ordered_dict(self, value: OrderedDict[Any, Any]) -> None:
        self._call("collections OrderedDict", ())
        self._remember_object(value)
        self._items(value)
        if unknown := set(value.__dict__) - {METADATA}:
            raise NotPlain(f"an OrderedDict has the attributes {sorted(unknown)}")
        if value.__dict__:
            self._write(value.__dict__)
            self.program += BUILD

    def _items(self, value: dict[Any, Any]) -> None:
        self.program += MARK
        for key, entry in value.items():
            self._check_key(key)
            self._write(key)
            self._write(entry)
        self.program += SETITEMS

    def _counter(self, value: Counter[Any]) -> None:
        self._call("collections Counter", (dict(value),))
        self._remember_object(value)

    def _set(self, value: set[Any]) -> None:
        for entry in value:
            self._check_key(entry)
        self._call("__builtin__ set", (list(value),))
        self._remember_object(value)

    def _check_key(self, key: Any) -> None:
        if not is_key(key):
            raise NotPlain(f"{key!r} is a key of a dict or in a set")

    # What is NumPy's ----------------------------------------------------------------------------

    def _numpy(self, value: Any) -> None:
        """A number or an array, or the dtype of one, as NumPy says that it is to be made again."""
        if isinstance(value, np.ndarray) and type(value.dtype) not in DTYPES:
            raise cannot_save(value)
        function, args, *states = value.__reduce__()
        self._global(f"{function.__module__} {function.__name__}")
        self._parts(args)
        self.program += REDUCE
        for state in states:
            self._parts(state)
            self.program += BUILD
        self._remember_object(value)

    def _parts(self, values: tuple[Any, ...]) -> None:
        """Push a tuple in which there may be a dtype of NumPy's, or the class of arrays."""
        self.program += MARK
        for value in values:
            if value is np.ndarray:
                self._global("numpy ndarray")
            elif isinstance(value, np.dtype):
                if not self._recall(id(value)):
                    self._numpy(value)
            else:
                self._write(value)
        self.program += TUPLE

    # What is PyTorch's --------------------------------------------------------------------------

    def _dtype(self, value: dtype) -> None:
        self._global(f"torch {value.name}")

    def _size(self, value: Size) -> None:
        self._call("torch Size", (tuple(value),))

    def _device(self, value: device) -> None:
        self._call("torch device", (str(value),))

    def _parameter(self, value: Parameter) -> None:
        self._global("torch._utils _rebuild_parameter")
        self.program += MARK
        self._plain_tensor(value, requires_grad=False)
        self._write(value.requires_grad)
        self._call("collections OrderedDict", ())
        self.program += TUPLE + REDUCE
        self._remember_object(value)

    def _tensor(self, value: Tensor) -> None:
        self._plain_tensor(value, value.requires_grad)
        self._remember_object(value)

    def _plain_tensor(self, value: Tensor, requires_grad: bool) -> None:
        storage, offset, strides = place_of(value.array)
        self._global("torch._utils _rebuild_tensor_v2")
        self.program += MARK
        self._storage(storage)
        for entry in (offset, tuple(value.shape), strides, requires_grad):
            self._write(entry)
        self._call("collections OrderedDict", ())  # in the place of its hooks
        self.program += TUPLE + REDUCE

    def _storage(self, storage: Array) -> None:
        first = storage.__array_interface__["data"][0]
        key = self._keys.get(first) if storage.size else None
        if key is None:
            key = self._keys[first] = str(len(self.storages))
            self.storages.append(storage)
        elif self.storages[int(key)].dtype != storage.dtype:
            raise RuntimeError("cannot save tensors that see the same memory as different dtypes")
        self.program += MARK
        self._write("storage")
        self._global(f"torch {STORAGE_NAMES[storage.dtype.name]}")
        for entry in (key, "cpu", storage.size):
            self._write(entry)
        self.program += TUPLE + PERSISTENT

    def _global(self, name: str) -> None:
        """Push a function or another value by its module and name."""
        if not self._recall(name):
            self.program += GLOBAL + name.replace(" ", "\n").encode() + b"\n"
            self._remember(name)

    def _call(self, name: str, args: tuple[Any, ...]) -> None:
        """Push what the function of this name returns."""
        self._global(name)
        self._write(args)
        self.program += REDUCE


WRITERS: dict[type, Callable[[Pickler, Any], None]] = {
    type(None): Pickler._none,
    bool: Pickler._bool,
    int: Pickler._int,
    float: Pickler._float,
    complex: Pickler._complex,
    str: Pickler._text,
    bytes: Pickler._bytes,
    tuple: Pickler._tuple,
    list: Pickler._list,
    dict: Pickler._dict,
    OrderedDict: Pickler._ordered_dict,
    Counter: Pickler._counter,
    set: Pickler._set,
    dtype: Pickler._dtype,
    Size: Pickler._size,
    device: Pickler._device,
    Parameter: Pickler._parameter,
    Tensor: Pickler._tensor,
    np.ndarray: Pickler._numpy,
    **dict.fromkeys(SCALARS, Pickler._numpy),
}


class NotPlain(TypeError):
    """For what only Python's own pickle can hold; see `whole`."""


def cannot_save(value: Any) -> NotPlain:
    """The error for it."""
    return NotPlain(f"{type(value).__module__}.{type(value).__qualname__} is not plain")
