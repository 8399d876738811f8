"""Arrays as text: a small table around one element, and a map with a character for each number.

The idea: an array of any number of axes is seen through its last two; the leading ones are held at
those of the element that is looked at. The table shows the numbers near it. The map shows all of
them by size and sign, without colours: ``= - . + #`` from the most negative to the largest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from .lines import Line, Mark, number

Array: TypeAlias = np.ndarray[Any, Any]
Index: TypeAlias = tuple[int, ...]

SHADES = "=-.+#"
NAN, INFINITE = "?", "!"
LEGEND = "= - . + # from negative to positive"


def fitting(index: Index, shape: tuple[int, ...]) -> Index:
    """`index`, if it is one of an array of this shape; else that of its first element."""
    fits = len(index) == len(shape) and all(0 <= i < n for i, n in zip(index, shape, strict=True))
    return index if fits else (0,) * len(shape)


def as_rows(array: Array, index: Index) -> tuple[Array, int, int]:
    """The last two axes of an array at the leading part of `index`, and where it is in them."""
    if array.ndim == 0:
        return array.reshape(1, 1), 0, 0
    if array.ndim == 1:
        return array.reshape(1, -1), 0, index[0]
    return array[index[:-2]], index[-2], index[-1]


def scale_of(array: Array) -> float:
    """The largest magnitude among the finite elements, or 1 if there is none above 0."""
    numbers = np.abs(array[np.isfinite(array)])
    largest = float(numbers.max()) if numbers.size else 0.0
    return largest if largest > 0 else 1.0


def level_of(item: Any, scale: float) -> float:
    """A number as a part of `scale`, from -1 to 1."""
    if not np.isfinite(item):
        return 0.0
    return float(item) / scale


def window(at: int, size: int, room: int) -> range:
    """`room` of `size` places, among them `at`; they move by whole windows."""
    room = max(1, min(room, size))
    first = min(at // room * room, size - room)
    return range(first, first + room)


class Cells(NamedTuple):
    """How the numbers of an array are written in a table: all alike."""

    width: int
    text: Callable[[Any], str]


def cells_of(array: Array) -> Cells:
    """With four decimals, or, if all are very large or small, with an exponent."""
    finite = array[np.isfinite(array)]
    if not np.issubdtype(array.dtype, np.floating):
        ends = (finite.min(), finite.max()) if finite.size else (0,)
        return Cells(2 + max(len(str(each)) for each in ends), lambda item: str(item.item()))
    scale = scale_of(array)
    if 1e-2 <= scale < 1e4:
        return Cells(max(len(f"{-scale:.4f}") + 1, 6), lambda item: f"{item:.4f}")
    return Cells(11, lambda item: f"{item:.2e}")


def room_for(width: int, cells: Cells) -> int:
    """How many numbers go in a row of a table."""
    return max(1, (width - 3) // cells.width)


def all_shown(array: Array, width: int, height: int) -> bool:
    """Whether `table` shows all that lies along the last two axes."""
    rows, columns = ((1, 1) + array.shape)[-2:]
    return bool(columns <= room_for(width, cells_of(array)) and rows <= height)


def table(array: Array, index: Index, width: int, height: int) -> list[Line]:
    """The numbers around an element, in at most `height` lines of `width` characters.

    What is left out is said in dots: after a row, and in a last line.
    """
    rows, row, column = as_rows(array, index)
    if not rows.size:
        return [Line("  (no elements)")]
    cells = cells_of(array)
    columns = window(column, rows.shape[1], room_for(width, cells))
    some = window(row, rows.shape[0], height if rows.shape[0] <= height else max(1, height - 1))
    scale = scale_of(array)
    lines = []
    for i in some:
        text, marks = "", []
        for j in columns:
            item = rows[i, j]
            shown = cells.text(item)
            text += shown.rjust(cells.width)
            start = len(text) - len(shown)
            level = level_of(item, scale)
            marks.append(Mark(len(text) - cells.width + 1, len(text), "heat", level))
            if not np.isfinite(item):
                marks.append(Mark(start, len(text), "alarm"))
            if (i, j) == (row, column):
                marks.append(Mark(start, len(text), "chosen"))
        more = " .." if len(columns) < rows.shape[1] else ""
        lines.append(Line(text + more, tuple(marks)))
    if len(some) < rows.shape[0] or len(columns) < rows.shape[1]:
        at = f"rows {some.start}-{some.stop - 1} of {rows.shape[0]}, " if array.ndim > 1 else ""
        here = f"  .. {at}columns {columns.start}-{columns.stop - 1} of {rows.shape[1]}"
        lines.append(Line(here, (Mark(0, len(here), "dim"),)))
    return lines


def pooled(rows: Array, height: int, width: int) -> tuple[Array, int, int]:
    """An array cut into at most `height` times `width` blocks, of each the number of the largest
    magnitude, with nan and infinity before others; and the size of a block."""
    down, across = -(-rows.shape[0] // height), -(-rows.shape[1] // width)
    if down == across == 1:
        return rows, 1, 1
    sizes = np.where(np.isfinite(rows), np.abs(rows), np.inf)
    blocks = np.empty((-(-rows.shape[0] // down), -(-rows.shape[1] // across)), rows.dtype)
    for i, j in np.ndindex(*blocks.shape):
        block = (slice(i * down, (i + 1) * down), slice(j * across, (j + 1) * across))
        blocks[i, j] = rows[block].ravel()[sizes[block].argmax()]
    return blocks, down, across


def heatmap(array: Array, index: Index, width: int, height: int) -> list[Line]:
    """A character for each number, or for each block of them if they are too many; at the end a
    line that tells the scale."""
    rows, _, _ = as_rows(array, index)
    if not rows.size:
        return []
    if rows.dtype == bool:
        rows = rows.astype(np.int64)
    blocks, down, across = pooled(rows, max(height - 1, 1), max(width - 4, 1))
    scale = scale_of(array)
    lines = []
    for row in blocks:
        marks = []
        text = "  "
        for item in row:
            level = level_of(item, scale)
            alarm = not np.isfinite(item)
            marks.append(Mark(len(text), len(text) + 1, "alarm" if alarm else "heat", level))
            text += shade(item, level)
        lines.append(Line(text, tuple(marks)))
    each = "" if down == across == 1 else f"; each the largest of {down} x {across}"
    legend = f"  {LEGEND}, # is {number(scale)}{each}"
    return [*lines, Line(legend, (Mark(0, len(legend), "dim"),))]


def shade(item: Any, level: float) -> str:
    """The character for a number."""
    if np.isnan(item):
        return NAN
    if np.isinf(item):
        return INFINITE
    return SHADES[min(int((level + 1) * 2.5), 4)]
