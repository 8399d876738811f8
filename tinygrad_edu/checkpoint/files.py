"""`save` and `load`, PyTorch's functions."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from ..whole_file import write_whole
from .archive import ALIGNMENT, Archive, write_archive
from .error import CheckpointError, NotPlainError
from .known import OF_NUMPY, Known
from .pickling import NotPlain, Pickler
from .storage import Storages
from .unpickling import Unpickler

File: TypeAlias = str | os.PathLike[str] | Any  # or what has `read` or `write`, for bytes

ZIP, PICKLE = b"PK\x03\x04", b"\x80"  # how files begin


def save(
    obj: Any,
    f: File,
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Write an object to a file that `load` reads, and PyTorch's ``torch.load``.

    Parameters
    ----------
    obj
        A ``state_dict()``, a Tensor or Parameter, a number, text, bytes, None, a dtype, device or
        Size; or a dict, list, tuple or set of these, nested at will. Anything else that Python can
        pickle is saved, too, as a whole module, and loaded with ``weights_only=False``. Tensors
        that share memory share it in the file; like PyTorch's, it has all of that memory, even if a
        tensor sees but a part.
    f : str, path, or file opened for writing bytes
        An existing file is replaced once the new one is complete, and untouched on any error.

    Raises
    ------
    NotImplementedError
        For other pickle modules, protocols or formats than the usual, and for more than 4 GiB.
    PicklingError, AttributeError, TypeError
        If there is anything in `obj` that Python cannot pickle, such as a lambda.
    RuntimeError
        If there is no such folder, or two tensors see the same memory as different dtypes.
    ValueError
        If `obj` is nested more than 200 deep.
    OSError
        If the file cannot be written.
    AttributeError
        If `f` is neither a path nor has a method `write`.
    """
    if pickle_module is not None or pickle_protocol != 2 or not _use_new_zipfile_serialization:
        raise NotImplementedError(
            "only PyTorch's usual format is written: leave out pickle_module, pickle_protocol and "
            "_use_new_zipfile_serialization"
        )
    if isinstance(f, str | os.PathLike):
        path = Path(f)
        if not path.parent.is_dir():
            raise RuntimeError(f"Parent directory {path.parent} does not exist.")
        write_whole(path, saved(obj))
    elif hasattr(f, "write"):
        f.write(saved(obj))
    else:
        raise AttributeError(
            f"expected f to be a path or a file with a method write, but got {type(f).__name__}"
        )


def saved(obj: Any) -> bytearray:
    """The content of the file for an object."""
    pickler: Any
    try:
        pickler = Pickler(obj)
    except NotPlain:  # a file of nothing else is one that PyTorch, too, reads without running it
        pickler = room_for_whole().WholePickler(obj)
    records: list[tuple[str, bytes | memoryview]] = [
        ("data.pkl", bytes(pickler.program)),
        (".format_version", b"1"),
        (".storage_alignment", str(ALIGNMENT).encode()),
        ("byteorder", b"little"),
    ]
    for key, numbers in enumerate(pickler.storages):
        little = numbers.astype(numbers.dtype.newbyteorder("<"), copy=False)
        records.append((f"data/{key}", little.view("u1").data))
    records.append(("version", b"3\n"))
    return write_archive(records)


def load(
    f: File,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
) -> Any:
    """Read what `save`, or PyTorch's ``torch.save``, wrote to a file, and run nothing of it.

    Only tensors, numbers, text and containers are loaded. A file in which there is anything else is
    refused, and the error names it. With ``weights_only=False`` it is loaded, too, and **runs code:
    whoever has written the file can do with your account what they like**. So give it only for
    files that you have written, or whose author you trust.

    Parameters
    ----------
    f : str, path, or file opened for reading bytes
        A file is read from where it stands to its end.
    map_location : str, device, dict or callable, optional
        Where tensors are to be that were elsewhere than on the CPU when they were saved. It can
        only be the CPU: ``"cpu"``, or what gives it of each device; otherwise they are refused.
    weights_only : bool, optional
        With False, whole modules, optimizers and other objects are loaded, too. Their classes are
        imported and called, PyTorch's being the ones of this library.

    Raises
    ------
    CheckpointError
        If the file is none of PyTorch's, or damaged, or something in it is refused. It is an
        UnpicklingError and a RuntimeError, of which PyTorch raises the one or the other.
    NotImplementedError
        If `mmap` is True.
    RuntimeError
        If `pickle_module` is given, or `map_location` another device.
    OSError
        If the file cannot be read.
    AttributeError
        If `f` is neither a path nor has a method `read`.
    """
    if pickle_module is not None:
        raise RuntimeError("pickle_module cannot be given: it would run code from the file")
    if mmap:
        raise NotImplementedError("mmap=True does not exist here: files are read whole")
    if isinstance(f, str | os.PathLike):
        name, content = repr(os.fspath(f)), Path(f).read_bytes()
    elif hasattr(f, "read"):
        name, content = f"the {type(f).__name__}", f.read()
    else:
        raise AttributeError(
            f"expected f to be a path or a file with a method read, but got {type(f).__name__}"
        )
    if not isinstance(content, bytes):
        raise TypeError(f"{name} gives {type(content).__name__}; open the file in binary mode")
    try:
        return loaded(content, map_location, weights_only is False)
    except CheckpointError as error:
        raise CheckpointError(f"cannot load {name}: {error}") from error


def loaded(content: bytes, map_location: Any, whole: bool) -> Any:
    """The object in a file of this content; code is run only if it is a `whole` one."""
    also: Mapping[str, Known] = OF_NUMPY if whole else {}
    if not content.startswith(ZIP):
        raise not_an_archive(content)
    archive = Archive(content)
    if "constants.pkl" in archive:
        raise CheckpointError("it is a TorchScript archive, a program; only tensors can be loaded")
    version = bytes(archive.read("version")).strip()
    if not version.isdigit() or not 1 <= int(version[:9]) <= 10:
        raise CheckpointError(f"its format has version {version!r}, which is unknown here")
    program, storages = bytes(archive.read("data.pkl")), Storages(archive, map_location)
    try:
        return Unpickler(program, storages, also).load()
    except NotPlainError:
        if not whole:
            raise
    return room_for_whole().WholeUnpickler(program, storages).load()


def room_for_whole() -> Any:
    """The module `whole`, which few programs use, and which needs all layers."""
    return importlib.import_module(".whole", __package__)


def not_an_archive(content: bytes) -> CheckpointError:
    """The error for what is no zip file."""
    if not content:
        return CheckpointError("there is nothing to read; a file just written needs seek(0)")
    if content.startswith(PICKLE):
        return CheckpointError(
            "it is a bare pickle, such as PyTorch wrote before 1.6; load it with PyTorch and save "
            "it again"
        )
    return CheckpointError(
        "it is no zip file, as PyTorch writes; for .safetensors there is serialization.load_file"
    )
