"""`Size`, the shape of a tensor, and `device`, where it lives: always the CPU."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from itertools import count
from typing import Any, SupportsIndex

from .advice import advised
from .named import Named


class Size(tuple[int, ...], metaclass=Named):
    """The sizes of a tensor's dimensions: a tuple that prints as PyTorch prints it."""

    __slots__ = ()
    _printed_as = "torch.Size"

    def __new__(cls, sizes: Iterable[SupportsIndex] = ()) -> Size:
        """Raise TypeError if one of `sizes` is no integer."""
        given = tuple(sizes)
        for size in given:
            if size.__class__ is not int:
                return super().__new__(cls, map(_integer, given, count()))
        return super().__new__(cls, given)  # type: ignore[arg-type]

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __getitem__(self, key: Any) -> Any:
        item = super().__getitem__(key)
        return Size(item) if isinstance(key, slice) else item

    def __add__(self, other: tuple[int, ...]) -> Size:  # type: ignore[override]
        return Size(super().__add__(other))

    def __radd__(self, other: tuple[int, ...]) -> Size:
        return Size(other) + self

    def __mul__(self, times: SupportsIndex) -> Size:
        return Size(super().__mul__(times))

    __rmul__ = __mul__


def _integer(size: SupportsIndex, position: int) -> int:
    try:
        return operator.index(size)
    except TypeError:
        raise TypeError(
            f"torch.Size() takes an iterable of 'int' (item {position} is '{type(size).__name__}')"
        ) from None


#: The kinds of device that PyTorch knows by name.
DEVICE_TYPES = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia",
    "xla", "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip


class device(metaclass=Named):
    """Where a tensor's memory is, or is wished to be. There is only one place here: the CPU.

    Parameters
    ----------
    type : str or device
        A kind of device, such as ``"cpu"``, with its number or without: ``"cuda:0"``. What is no
        CPU can be named, and not used.
    index : int, optional
        The number.

    Raises
    ------
    RuntimeError
        If there is no such kind.
    """

    _printed_as = "torch.device"
    type: str
    index: int | None

    def __init__(self, type: str | device, index: int | None = None) -> None:
        name, _, number = str(type).partition(":")
        if name not in DEVICE_TYPES or (number and (index is not None or not number.isdecimal())):
            raise RuntimeError(
                f"Expected one of {', '.join(DEVICE_TYPES)} device type at start of device "
                f"string: {type}"
            )
        self.type = name
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __enter__(self) -> device:
        """New tensors are made on this device: on the CPU, as all are."""
        require_cpu(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass


def require_cpu(wanted: str | device) -> None:
    """Raise PyTorch's error for a device that is not there, unless `wanted` is the CPU.

    Raises
    ------
    AssertionError
        For ``"cuda"`` and ``"xpu"``.
    RuntimeError
        For any other.
    """
    kind = device(wanted).type
    if kind == "cpu":
        return
    here = "This engine computes on the CPU; the models of torch_ref run on GPUs."
    if kind in ("cuda", "xpu"):
        raise advised(AssertionError(f"Torch not compiled with {kind.upper()} enabled"), here)
    if kind == "mps":
        raise advised(RuntimeError("PyTorch is not linked with support for mps devices"), here)
    raise advised(RuntimeError(f"device {str(wanted)!r} is not available"), here)
