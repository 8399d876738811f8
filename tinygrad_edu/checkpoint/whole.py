"""Whole objects: modules, optimizers, and whatever Python can pickle.

`pickling` and `unpickling` know tensors, numbers and containers; here Python's own pickle does the
work, for any class. Reading such a file imports what it names and calls it: it runs code. So `load`
does it only with ``weights_only=False``.

Classes go by PyTorch's names, as ``torch.nn.modules.linear Linear``, and a module's attributes are
as PyTorch has them (`nn.torch_form`). So each of the two libraries reads what the other has
written, as far as its class has the same attributes.
"""

from __future__ import annotations

import importlib
import io
import pickle
from collections import OrderedDict
from types import FunctionType
from typing import Any, ClassVar

from ..dtypes import dtype
from ..nn import functional
from ..nn import modules as layers
from ..nn.members import Members
from ..nn.parameter import Parameter
from ..nn.torch_form import to_torch_form
from ..size import Size, device
from ..tensor import Tensor
from . import known
from .error import CheckpointError
from .storage import STORAGE_NAMES, Array, Storages, StorageType, place_of

PACKAGE = __name__.partition(".")[0]

PythonsPickler: Any = pickle._Pickler  # the one that is written in Python, and can be changed

#: What PyTorch calls to put a tensor together again.
REBUILD: dict[Any, str] = {
    known.tensor: "torch._utils _rebuild_tensor_v2",
    known.parameter: "torch._utils _rebuild_parameter",
}

#: Where the classes stand that have the same place in PyTorch.
ALIKE = ("optim", "utils.data", "distributions", "nn.parameter", "nn.utils")


class Memory:
    """A storage that is to be written beside the program."""

    def __init__(self, array: Array) -> None:
        self.array = array


class WholePickler(PythonsPickler):  # type: ignore[misc]  # its type is not known
    """Writes one object; `program` is then its pickle, and `storages` the memory of its tensors."""

    def __init__(self, value: Any) -> None:
        file = io.BytesIO()
        super().__init__(file, protocol=2)
        self.storages: list[Array] = []
        self.keys: dict[int, str] = {}  # of storages, by their address
        self.dump(value)
        self.program = file.getvalue()

    def persistent_id(self, obj: Any) -> Any:
        """Of a storage, where it is; None of all else."""
        if not isinstance(obj, Memory):
            return None
        storage = obj.array
        first = storage.__array_interface__["data"][0]
        key = self.keys.get(first) if storage.size else None
        if key is None:
            key = self.keys[first] = str(len(self.storages))
            self.storages.append(storage)
        elif self.storages[int(key)].dtype != storage.dtype:
            raise RuntimeError("cannot save tensors that see the same memory as different dtypes")
        return "storage", StorageType(storage.dtype), key, "cpu", storage.size

    def reducer_override(self, obj: Any) -> Any:
        """How to put together again what there is of PyTorch's."""
        if isinstance(obj, dtype | StorageType):
            return "a name"
        if type(obj) is Size:
            return Size, (tuple(obj),)
        if type(obj) is device:
            return device, (str(obj),)
        if type(obj) is Parameter:
            return known.parameter, (obj.detach(), obj.requires_grad, OrderedDict())
        if type(obj) is Tensor:
            storage, *place = place_of(obj.array)
            offset, strides = place
            where = Memory(storage), offset, tuple(obj.shape), strides
            return known.tensor, (*where, obj.requires_grad, OrderedDict())
        if isinstance(obj, Members):
            parts = list(obj.__reduce_ex__(2))
            if len(parts) > 2 and isinstance(parts[2], dict) and "_kinds" in parts[2]:
                parts[2] = to_torch_form(parts[2])
            return tuple(parts)
        return NotImplemented

    def save_global(self, obj: Any, name: str | None = None) -> None:
        """Write the name of a class or a function."""
        place = torch_place(obj)
        if place is None:
            super().save_global(obj, name)
        else:
            self.write(pickle.GLOBAL + place.replace(" ", "\n").encode() + b"\n")
            self.memoize(obj)

    dispatch: ClassVar[dict[type, Any]] = {**PythonsPickler.dispatch, FunctionType: save_global}


def torch_place(value: Any) -> str | None:
    """The module and the name that PyTorch has for what is of this library, or None."""
    if isinstance(value, dtype):
        return f"torch {value.name}"
    if isinstance(value, StorageType):
        return f"torch {STORAGE_NAMES[value.dtype.name]}"
    if isinstance(value, FunctionType) and value in REBUILD:
        return REBUILD[value]
    name, module = value.__qualname__, value.__module__ or ""
    if not module.startswith(f"{PACKAGE}."):  # while a script runs, these have PyTorch's names
        return f"{module} {name}" if module.partition(".")[0] == "torch" else None
    if printed := vars(value).get("_printed_as"):
        return " ".join(printed.rsplit(".", 1))
    for place in layers.PLACES:
        if vars(getattr(layers, place)).get(name) is value:
            return f"torch.nn.modules.{place} {name}"
    if getattr(functional, name, None) is value:
        return f"torch.nn.functional {name}"
    inside = module.removeprefix(f"{PACKAGE}.")
    if not inside.startswith(ALIKE):
        return None
    if inside.startswith("optim.lr_scheduler."):
        inside = "optim.lr_scheduler"
    return f"torch.{inside} {name}"


# Reading ------------------------------------------------------------------------------------------


class WholeUnpickler(pickle.Unpickler):
    """Runs the program in a file, whatever it does."""

    def __init__(self, program: bytes, storages: Storages) -> None:
        super().__init__(io.BytesIO(program))
        self.storages = storages

    def persistent_load(self, pid: Any) -> Any:
        """The storage of this reference."""
        _, kind, key, location, count = pid
        return self.storages.get(kind, key, location, count)

    def find_class(self, module: str, name: str) -> Any:
        """What has this name; of PyTorch's, what is in its place here."""
        for function, place in REBUILD.items():
            if place == f"{module} {name}":
                return function
        if module == "torch" and name.endswith("Storage"):
            return known.KNOWN.get(f"{module} {name}") or self._lacking(module, name)
        package, dot, rest = module.replace("torch._C._nn", "torch.nn.functional").partition(".")
        if package != "torch":
            return super().find_class(module, name)
        try:
            found: Any = importlib.import_module(f"{PACKAGE}{dot}{rest}")
            for part in name.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError):
            self._lacking(module, name)
        return found

    def _lacking(self, module: str, name: str) -> Any:
        raise CheckpointError(f"it names {module}.{name}, which is not here")
