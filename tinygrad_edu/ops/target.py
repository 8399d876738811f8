"""What `Tensor.to` is given: a dtype, a device, another tensor, in one of three orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..autograd.graph import TensorBase
from ..dtypes import dtype as DType
from ..dtypes import from_numpy_dtype
from ..layout import memory_format as MemoryFormat
from ..layout import preserve_format
from ..size import require_cpu
from .kinds import KINDS, Refused

OPTIONS = ("non_blocking", "copy", "memory_format")


class Target(NamedTuple):
    """What a tensor is to become; None is as it is."""

    dtype: DType | None
    copy: bool
    memory_format: MemoryFormat | None


def read_target(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Target:
    """The arguments of ``to(dtype)``, ``to(device, dtype)`` or ``to(other)``.

    Raises
    ------
    RuntimeError
        For a device other than the CPU.
    TypeError
        If they fit none of these.
    """
    first = args[0] if args else None
    if isinstance(first, TensorBase):
        given = _named(("other", *OPTIONS[:2]), args, kwargs)
        given["dtype"] = from_numpy_dtype(given.pop("other").array.dtype)
    elif args and _is_dtype(first):
        given = _named(("dtype", *OPTIONS[:2]), args, kwargs)
    else:
        given = _named(("device", "dtype", *OPTIONS[:2]), args, kwargs)
    device = _read("device", "str | Device | None", given.get("device"))
    if device is not None:
        require_cpu(device)
    format = _read("memory_format", "MemoryFormat | None", given.get("memory_format"))
    _read("non_blocking", "bool", given.get("non_blocking", False))
    return Target(
        _read("dtype", "DType | None", given.get("dtype")),
        _read("copy", "bool", given.get("copy", False)),
        None if format is preserve_format else format,
    )


def _named(
    names: tuple[str, ...], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    if len(args) > len(names):
        raise TypeError(f"to() takes at most {len(names)} arguments, but got {len(args)}")
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name in given or name not in (*names, "memory_format"):
            raise TypeError(f"to() got an unexpected keyword argument {name!r}")
        given[name] = value
    return given


def _is_dtype(value: Any) -> bool:
    return isinstance(value, DType) or value in (int, float, bool)


def _read(name: str, annotation: str, value: Any) -> Any:
    kind = KINDS[annotation]
    if value.__class__ in kind.plain:
        return value
    try:
        return kind.read(value)
    except Refused:
        raise TypeError(
            f"to() takes a dtype, a device or a tensor, but got {name}={value!r:.80}"
        ) from None
