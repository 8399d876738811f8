"""`Size`, the shape of a tensor, and `device`, where it lives: always the CPU."""

from __future__ import annotations

import math
from typing import Any


class Size(tuple[int, ...]):
    """The sizes of a tensor's dimensions: a tuple that prints as PyTorch prints it."""

    __slots__ = ()

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
