"""What the page holds, as bytes: JSON, and behind it the arrays, each once; all that compressed, as
base64, which is text that can end no ``<script>``."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..events import Value

#: How many elements a page may hold; beyond it the largest arrays are only summarised.
BUDGET = 1_500_000

#: By what the browser reads them: a name, and the dtype of the bytes.
FORMS: dict[str, np.dtype[Any]] = {
    "f4": np.dtype("<f4"), "f8": np.dtype("<f8"), "i4": np.dtype("<i4"), "i8": np.dtype("<i8"),
    "u1": np.dtype("u1"),
}  # fmt: skip

#: At multiples of so many bytes an array may begin.
WORD = 8


class Packed:
    """Collects arrays, of which equal ones are kept once.

    Attributes
    ----------
    all : list of [form, offset, count]
        Of each array where its bytes begin, and how many elements it has.
    """

    def __init__(self) -> None:
        self.all: list[list[Any]] = []
        self._known: dict[tuple[str, bytes], int] = {}
        self._parts: list[bytes] = []
        self._end = 0

    def add(self, array: np.ndarray[Any, Any]) -> int:
        """The place of an array among them."""
        form = form_of(array.dtype)
        data = np.ascontiguousarray(array, FORMS[form]).tobytes()
        number = self._known.setdefault((form, data), len(self.all))
        if number == len(self.all):
            self.all.append([form, self._end, array.size])
            self._parts += [data, bytes(-len(data) % WORD)]
            self._end += len(data) + len(self._parts[-1])
        return number

    def bytes(self) -> bytes:
        """All of them, one behind the other."""
        return b"".join(self._parts)


def squeezed(data: Any, arrays: bytes) -> str:
    """JSON with a line's end behind it, then the bytes of arrays; compressed, as base64."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":")).encode()
    head = text + b" " * (-(len(text) + 1) % WORD) + b"\n"
    return base64.b64encode(zlib.compress(head + arrays, 9)).decode()


def form_of(dtype: np.dtype[Any]) -> str:
    """The form that holds every number of a dtype."""
    if dtype.kind == "b" or dtype == np.uint8:
        return "u1"
    if dtype.kind in "iu":
        return "i4" if np.can_cast(dtype, np.int32) else "i8"
    return "f4" if np.can_cast(dtype, np.float32) else "f8"


def largest_shown(values: Iterable[Value], budget: int = BUDGET) -> int:
    """How many elements an array may have to be shown whole, so that all fit the budget."""
    sizes = sorted(value.size for value in values if value.array is not None)
    total = 0
    for size in sizes:
        total += size
        if total > budget:
            return size - 1
    return sizes[-1] if sizes else 0
