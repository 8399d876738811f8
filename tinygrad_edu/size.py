"""`Size`, the shape of a tensor, and `device`, where it lives: always the CPU."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from itertools import count
from typing import Any, SupportsIndex


class Size(tuple[int, ...]):
    """The sizes of a tensor's dimensions: a tuple that prints as PyTorch prints it."""

    __slots__ = ()

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


class device:
    """Where a tensor's memory is. There is only one place here: the CPU.

    Parameters
    ----------
    type : str or device
        ``"cpu"``.

    Raises
    ------
    RuntimeError
        For any other.
    """

    type: str
    index: int | None

    def __init__(self, type: str | device) -> None:
        name = type.type if isinstance(type, device) else type
        if name.split(":")[0] != "cpu":
            raise RuntimeError(
                f"device {name!r} is not available: this engine computes on the CPU; the models "
                "of torch_ref run on GPUs"
            )
        self.type = "cpu"
        self.index = int(name.split(":")[1]) if ":" in name else None

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='cpu'{index})"

    def __str__(self) -> str:
        return "cpu" if self.index is None else f"cpu:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))
