"""Names for what arguments may be, which programs use in their annotations."""

from __future__ import annotations

import builtins
import os
from typing import IO, Any, TypeAlias

from .dtypes import dtype as dtype_
from .layout import layout as layout_
from .size import Size
from .size import device as _device
from .tensor import Tensor

__all__ = ["Device", "FileLike", "Number"]

_bool: TypeAlias = builtins.bool
_float: TypeAlias = builtins.float
_int: TypeAlias = builtins.int
_dtype: TypeAlias = dtype_
_layout: TypeAlias = layout_
_size: TypeAlias = Size | list[int] | tuple[int, ...]
_TensorOrTensors: TypeAlias = "Tensor | tuple[Tensor, ...] | list[Tensor]"

Number: TypeAlias = int | float | bool
Device: TypeAlias = "_device | str | int | None"
FileLike: TypeAlias = "str | os.PathLike[str] | IO[bytes]"

#: For ``isinstance(x, _Number)``.
_Number: tuple[Any, ...] = (int, float, bool)
