"""The names that a file may use, and what they stand for here. There are no others.

A name stands for a dtype, for a type of storage, or for a function; of functions only those that
make a value of what they are given, and do nothing else.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from .. import dtypes
from ..nn.parameter import Parameter
from ..size import DEVICE_TYPES, Size, device
from ..tensor import Tensor
from .error import CheckpointError, NotPlainError
from .numpy_values import ArrayClass, NumpyType, empty_array, number, numpy_type
from .storage import STORAGE_NAMES, Storage, StorageType, tensor_in
from .values import is_key


@dataclass(frozen=True, eq=False)
class Maker:
    """A function that a file may call."""

    name: str
    function: Callable[..., Any]
    takes: tuple[tuple[type, ...], ...]  # the types of the arguments it must get

    def make(self, args: tuple[Any, ...]) -> Any:
        """What the function makes of these arguments.

        Raises
        ------
        CheckpointError
            If it does not take them.
        """
        if tuple(type(argument) for argument in args) not in self.takes:
            kinds = ", ".join(type(argument).__name__ for argument in args)
            raise CheckpointError(f"it calls {self.name} with ({kinds})")
        return self.function(*args)


Known: TypeAlias = Maker | dtypes.dtype | StorageType | ArrayClass


def encoded(text: str, encoding: str) -> bytes:
    """The bytes that stand in a text, each as the character of its number."""
    if encoding != "latin1" or (text and max(text) > "\xff"):
        raise CheckpointError("it holds bytes in an encoding other than latin1")
    return text.encode("latin1")


def checked_set(values: list[Any]) -> set[Any]:
    """A set of these values."""
    if not all(is_key(value) for value in values):
        raise CheckpointError("it holds a set of what cannot be in one")
    return set(values)


def checked_device(name: str, index: int | None = None) -> device:
    """The device of this name."""
    kind, colon, _ = name.partition(":")
    well_formed = re.fullmatch(r"[a-z]+(:\d{1,3})?", name, re.ASCII)
    if not well_formed or kind not in DEVICE_TYPES or (colon and index is not None):
        raise CheckpointError(f"it holds the device {name!r}, which is none")
    return device(name, index)


def checked_size(sizes: tuple[Any, ...]) -> Size:
    """The shape of these sizes."""
    if not all(type(size) is int for size in sizes):
        raise CheckpointError(f"it holds a torch.Size of {sizes}")
    return Size(sizes)


def tensor(storage: Any, *place: Any) -> Tensor:
    """A tensor; behind its place come its hooks, of which none are known."""
    *where, hooks = place
    if hooks:
        raise CheckpointError("it holds a tensor with hooks")
    return tensor_in(storage, *where)


def parameter(data: Tensor, requires_grad: bool, hooks: OrderedDict[Any, Any]) -> Parameter:
    """A parameter with the memory of `data`."""
    if hooks or (requires_grad and not data.is_floating_point()):
        raise CheckpointError(f"it holds a parameter with hooks, or one of {data.dtype}")
    return Parameter(data, requires_grad)


MAKERS: dict[str, Maker] = {
    "collections OrderedDict": Maker("OrderedDict", OrderedDict, ((),)),
    "collections Counter": Maker("Counter", Counter, ((), (dict,))),
    "builtins set": Maker("set", checked_set, ((list,),)),
    "builtins complex": Maker("complex", complex, ((float, float),)),
    "builtins bytes": Maker("bytes", bytes, ((),)),
    "_codecs encode": Maker("encode", encoded, ((str, str),)),
    "torch Size": Maker("torch.Size", checked_size, ((tuple,),)),
    "torch device": Maker("torch.device", checked_device, ((str,), (str, int))),
    "torch._utils _rebuild_tensor_v2": Maker(
        "_rebuild_tensor_v2", tensor, ((Storage, int, tuple, tuple, bool, OrderedDict),)
    ),
    "torch._utils _rebuild_parameter": Maker(
        "_rebuild_parameter", parameter, ((Tensor, bool, OrderedDict),)
    ),
}

#: What the names of dtypes, and of their types of storage, begin with that PyTorch has besides.
NOT_HERE = {
    "complex": "there are no complex numbers",
    "bfloat16": "NumPy has no bfloat16",
    "float8": "NumPy has no float8",
}


#: What NumPy's functions are called in its versions.
_MULTIARRAY = ("numpy._core.multiarray", "numpy.core.multiarray")

#: The names of NumPy's numbers and arrays, which PyTorch loads with ``weights_only=False``.
OF_NUMPY: dict[str, Known] = {
    "numpy dtype": Maker("numpy.dtype", numpy_type, ((str, bool, bool),)),
    "numpy ndarray": ArrayClass(),
    **{f"{m} scalar": Maker("scalar", number, ((NumpyType, bytes),)) for m in _MULTIARRAY},
    **{
        f"{m} _reconstruct": Maker("_reconstruct", empty_array, ((ArrayClass, tuple, bytes),))
        for m in _MULTIARRAY
    },
}


def unknown(module: str, name: str) -> NotPlainError:
    """The error for a name that is not in `KNOWN`."""
    if f"{module} {name}" in OF_NUMPY:
        return NotPlainError(
            f"it names {module}.{name}, for there is a number or an array of NumPy's in it; with "
            "weights_only=False these are loaded, too"
        )
    for start, reason in NOT_HERE.items():
        if module == "torch" and name.lower().startswith(start):
            return NotPlainError(f"it names torch.{name}, but in tinygrad_edu {reason}")
    return NotPlainError(
        f"it names {module}.{name}, which is unknown here and so was not looked up; only tensors, "
        "numbers, text and containers of these are loaded without weights_only=False, which would "
        "run code from the file"
    )


KNOWN: dict[str, Known] = {
    **MAKERS,
    # Protocol 2 is older than Python 3, and has Python 2's name of this module.
    **{name.replace("builtins", "__builtin__"): maker for name, maker in MAKERS.items()},
    **{f"torch {name}": dtypes.from_numpy_dtype(np.dtype(name)) for name in STORAGE_NAMES},
    **{f"torch {kind}": StorageType(np.dtype(name)) for name, kind in STORAGE_NAMES.items()},
}
