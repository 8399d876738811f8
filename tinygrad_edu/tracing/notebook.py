"""What Jupyter shows of a tensor, a module and a trace.

Jupyter asks an object for `_repr_html_`, and shows that in place of the text. So nothing of Jupyter
is needed here; and where there is none, nothing of this is imported.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np

from ..nn.parameter import is_lazy
from .words import shape_text

if TYPE_CHECKING:
    from ..nn.module import Module
    from ..tensor import Tensor
    from .traces import Trace

MOST = 32  # rows or columns of a heatmap; of more, it shows some
CELL = 12  # pixels
ABOVE, BELOW = "#c4560c", "#2468b0"  # 0, as on the page


def as_text(text: str) -> str:
    """A text as it is, each letter as wide as another: Jupyter's own style has it otherwise."""
    style = "font-family: ui-monospace, monospace; line-height: 1.3; white-space: pre; margin: 0"
    return f'<pre style="{style}">{html.escape(text)}</pre>'


def tensor_html(tensor: Tensor) -> str:
    """The text of a tensor, and, of a vector or matrix of numbers, these as colours."""
    text = as_text(repr(tensor))
    if is_lazy(tensor):
        return text
    array = tensor.array
    if array.ndim not in (1, 2) or not array.size:
        return text
    return text + heatmap(array)


def heatmap(array: np.ndarray[Any, Any]) -> str:
    """An SVG of the elements: orange above 0, blue below, darker if larger; nan is crossed out.

    The mouse brings out an element's place and its number.
    """
    matrix = np.atleast_2d(array)
    rows, columns = (some(size, MOST) for size in matrix.shape)
    numbers = np.asarray(matrix, np.float64)
    finite = np.abs(numbers[np.isfinite(numbers)])
    largest = float(finite.max()) if finite.size else 0.0
    cells = []
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            place = [column] if array.ndim == 1 else [row, column]
            title = html.escape(f"{place}: {matrix[row, column]}")
            cells.append(cell(x, y, float(numbers[row, column]), largest, title))
    width, height = len(columns) * CELL, len(rows) * CELL
    said = ""
    if len(cells) < array.size:
        kinds = ["rows", "columns"] if array.ndim == 2 else ["numbers"]
        shown = (len(rows), len(columns))[-array.ndim :]
        counts = zip(shown, array.shape, kinds, strict=True)
        said = ", ".join(f"{part} of {whole} {kind}" for part, whole, kind in counts)
        said = f"<br><small>{said}, evenly spaced</small>"
    return (
        f'<svg role="img" aria-label="its numbers as colours" width="{width + 2}" '
        f'height="{height + 2}" viewBox="-1 -1 {width + 2} {height + 2}">'
        f'<rect x="-.5" y="-.5" width="{width + 1}" height="{height + 1}" fill="none" '
        f'stroke="#8888"/>{"".join(cells)}</svg>{said}'
    )


def some(size: int, most: int) -> list[int]:
    """The numbers below `size`; if they are more than `most`, that many of them, evenly spaced."""
    if size <= most:
        return [*range(size)]
    return [int(i) for i in np.linspace(0, size - 1, most).round()]


def cell(x: int, y: int, number: float, largest: float, said: str) -> str:
    """One element."""
    x, y = x * CELL, y * CELL
    box = f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}"'
    if np.isnan(number):
        cross = f'<path d="M{x} {y}l{CELL} {CELL}m0 -{CELL}l-{CELL} {CELL}" stroke="#888"/>'
        return f'<g><title>{said}</title>{box} fill="#8884"/>{cross}</g>'
    share = 1.0 if np.isinf(number) else abs(number) / largest if largest else 0.0
    colour = ABOVE if number > 0 else BELOW
    return f'{box} fill="{colour}" fill-opacity="{share:.3g}"><title>{said}</title></rect>'


def module_html(module: Module) -> str:
    """A tree of a module and those in it, which one can unfold, with shapes and counts."""
    return f"<div>{branch(module, '', set())}</div>"


def branch(module: Module, name: str, seen: set[Any]) -> str:
    """A module: its line, and below it its parameters and buffers, and the modules in it."""
    path = f"<b>{html.escape(name)}</b>: " if name else ""
    title = f"{path}<code>{html.escape(type(module).__name__)}</code>"
    if module in seen:
        return f"<div>{title} <small>(the same as above)</small></div>"
    seen.add(module)
    extra = html.escape(module.extra_repr())
    parameters = [p for p in module.parameters() if not is_lazy(p)]
    count = sum(p.array.size for p in parameters)
    title += f"<code>({extra})</code>" if extra else ""
    title += f" <small>{count:,} parameters</small>" if count else ""
    below = [
        f"<div>{html.escape(own)}: <small>{described(tensor, kind)}</small></div>"
        for kind in ("parameter", "buffer")
        for own, tensor in module._members(kind).items()
        if tensor is not None
    ]
    children = module._members("module").items()
    below += [branch(child, own, seen) for own, child in children if child is not None]
    if not below:
        return f"<div>{title}</div>"
    opened = "" if name else " open"
    inside = f'<div style="margin-left: 1.5em">{"".join(below)}</div>'
    return f"<details{opened}><summary>{title}</summary>{inside}</details>"


def described(tensor: Any, kind: str) -> str:
    """The shape and dtype of a parameter or buffer."""
    if is_lazy(tensor):
        return f"{kind}, without a shape yet"
    shape = shape_text(tensor.array.shape)
    frozen = ", frozen" if kind == "parameter" and not tensor._requires_grad else ""
    return f"{kind}, {shape}, {tensor.array.dtype.name}{frozen}"


def trace_html(trace: Trace) -> str:
    """The page of a trace, in a frame in which it can do nothing but show itself; where what makes
    it is not installed, the graph."""
    if not trace.events:
        return as_text(repr(trace))
    from .page import render  # for nothing else here

    try:
        page = render(trace)
    except ModuleNotFoundError as error:
        return f"<p>{html.escape(f'{trace!r}: {error}')}. Its graph:</p>{trace.graph().svg()}"
    return (
        '<iframe sandbox="allow-scripts" title="A training step, step by step" '
        'style="width: 100%; height: 800px; border: 1px solid #8886; border-radius: 6px" '
        f'srcdoc="{html.escape(page)}"></iframe>'
    )
