"""The text that ``print(tensor)`` shows, which is PyTorch's to the last space.

The idea: one decision is taken for the whole tensor, and then every number is written alike, so
that columns line up. The steps, in the order in which the functions stand below:

1. a tensor of more than ``threshold`` elements is cut down to the edges of its long axes;
2. `_float_spec` looks at the numbers that are left and picks one notation for all of them:
   ``1.`` if they are all whole, ``1.5000`` if not, ``1.5000e+00`` if they are far apart;
3. `_cells` writes each number, and finds how wide a column has to be;
4. `_brackets` nests the columns in brackets, and breaks rows that are too long;
5. `_suffixes` says what the numbers cannot (``dtype=``, ``grad_fn=``); `tensor_text` fits it on.

Nothing here knows a Tensor: arrays go in, text comes out. What PyTorch prints in odd cases is kept
as it is, for example that zeros, infinities and NaN have no say in the width of a column.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["PrintOptions", "get_printoptions", "set_printoptions", "tensor_text"]


@dataclass(frozen=True)
class PrintOptions:
    """How tensors are printed.

    Attributes
    ----------
    precision : int
        Digits after the decimal point.
    threshold : float
        A tensor of more elements than this is summarised with ``...``.
    edgeitems : int
        How many items a summary keeps at either end of an axis.
    linewidth : int
        Characters in a line, after which a row or a suffix moves to the next one.
    sci_mode : bool or None
        Always (True), never (False), or where the numbers ask for it (None) write ``1.0000e+00``.
    """

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}

_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors are printed from now on, as ``torch.set_printoptions`` does.

    Parameters
    ----------
    precision, threshold, edgeitems, linewidth
        As in `PrintOptions`; None leaves the present value.
    profile : {"default", "short", "full"}, optional
        A set of values to start from; the other arguments then override it. As in PyTorch, any
        other name is ignored.
    sci_mode : bool, optional
        As in `PrintOptions`. Every call sets it: None goes back to choosing by the numbers.
    """
    global _options
    start = _options if profile is None else _PROFILES.get(profile, _options)
    _options = PrintOptions(
        precision=start.precision if precision is None else precision,
        threshold=start.threshold if threshold is None else threshold,
        edgeitems=start.edgeitems if edgeitems is None else edgeitems,
        linewidth=start.linewidth if linewidth is None else linewidth,
        sci_mode=sci_mode,
    )


def get_printoptions() -> dict[str, Any]:
    """Return the present options, in a form that ``set_printoptions(**options)`` takes back."""
    return asdict(_options)


def tensor_text(
    array: npt.NDArray[Any],
    *,
    default_dtype: npt.DTypeLike = np.float32,
    requires_grad: bool = False,
    grad_fn: str | None = None,
    prefix: str = "tensor(",
) -> str:
    """Return what PyTorch prints for a tensor with these values.

    Parameters
    ----------
    array : numpy.ndarray
        The values, of any shape: booleans, integers or floats.
    default_dtype : dtype
        The floating-point dtype that goes without saying, so that ``dtype=`` is left out.
    requires_grad : bool
        Whether to add ``requires_grad=True``, which a `grad_fn` makes superfluous.
    grad_fn : str, optional
        Name of the node that made the tensor, such as ``"AddBackward0"``.
    prefix : str
        The opening; a subclass of Tensor has its own name there. Later lines are indented by it.

    Returns
    -------
    str
        For example ``"tensor([1., 2.], requires_grad=True)"``.

    Raises
    ------
    NotImplementedError
        If the array holds something else than booleans, integers or floats.
    """
    if array.dtype.kind not in "biuf":
        raise NotImplementedError(
            f"printing a tensor of dtype {array.dtype} is not supported; "
            "supported are booleans, integers and floating-point numbers"
        )
    text = prefix + _values_text(array, len(prefix), _options)
    # PyTorch counts a character more than the values' last line has, and another for a first line.
    column = len(text) - text.rfind("\n") + 1
    for suffix in _suffixes(array, np.dtype(default_dtype), requires_grad, grad_fn, _options):
        if column + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * len(prefix) + suffix
            column = len(prefix) + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text + ")"


def _values_text(array: npt.NDArray[Any], indent: int, options: PrintOptions) -> str:
    """Write the values alone, brackets included, as they stand after `indent` characters."""
    if array.size == 0:
        return "[]"
    # cut[i]: axis i loses its middle, and "..." stands for it
    cut = [array.size > options.threshold and n > 2 * options.edgeitems for n in array.shape]
    if any(cut) and options.edgeitems == 0:
        return "[...]"
    for axis, is_cut in enumerate(cut):
        if is_cut:
            middle = slice(options.edgeitems, array.shape[axis] - options.edgeitems)
            array = np.delete(array, middle, axis)
    texts, width = _cells(array.ravel(), options)
    if array.ndim == 0:
        return texts[0]
    cells = np.array([text.rjust(width) for text in texts], dtype=object).reshape(array.shape)
    # a row stands one character further in for each bracket opened before its own, and each cell
    # is followed by ", "
    room = options.linewidth - (indent + array.ndim - 1)
    return _brackets(cells, cut, indent, per_line=max(1, room // (width + 2)))


def _float_spec(ordinary: npt.NDArray[np.floating[Any]], options: PrintOptions) -> str:
    """Choose one format for all numbers, by those that are neither zero, infinite nor NaN.

    The comparisons are made in float64, so a float32 ``1e-4`` counts as less than ``1e-4``.
    """
    whole = "#.0f"  # "#" keeps the point of "1." and leaves "nan" and "inf" without one
    if ordinary.size == 0:
        return whole
    magnitude = np.abs(ordinary).astype(np.float64)
    smallest, largest = float(magnitude.min()), float(magnitude.max())
    scientific = options.sci_mode
    if scientific is None:
        scientific = largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4
    if scientific:
        return f".{options.precision}e"
    if np.all(ordinary == np.ceil(ordinary)):
        return whole
    return f".{options.precision}f"


def _cells(values: npt.NDArray[Any], options: PrintOptions) -> tuple[list[str], int]:
    """Write each of the values, shape (n,), and measure the column that they need."""
    if values.dtype.kind != "f":
        texts = [str(value) for value in values.tolist()]
        return texts, max(map(len, texts))
    is_ordinary = np.isfinite(values) & (values != 0)
    spec = _float_spec(values[is_ordinary], options)
    texts = [format(value, spec) for value in values.tolist()]  # tolist widens to float64
    measured = zip(texts, is_ordinary.tolist(), strict=True)
    return texts, max((len(text) for text, counts in measured if counts), default=1)


def _brackets(
    cells: npt.NDArray[np.object_], cut: Sequence[bool], indent: int, per_line: int
) -> str:
    """Nest the written values in brackets, `per_line` of them to a line.

    A vector's "..." is one more cell, which has a space before it. Sub-tensors of n dimensions are
    n lines apart, so that a matrix has no empty line in it and a stack of matrices has one.
    """
    middle = len(cells) // 2
    if cells.ndim == 1:
        row: list[str] = cells.tolist()
        if cut[0]:
            row.insert(middle, " ...")
        parts = [", ".join(row[i : i + per_line]) for i in range(0, len(row), per_line)]
    else:
        parts = [_brackets(inner, cut[1:], indent + 1, per_line) for inner in cells]
        if cut[0]:
            parts.insert(middle, "...")
    newlines = "\n" * max(1, cells.ndim - 1)
    return "[" + ("," + newlines + " " * (indent + 1)).join(parts) + "]"


def _suffixes(
    array: npt.NDArray[Any],
    default_dtype: np.dtype[Any],
    requires_grad: bool,
    grad_fn: str | None,
    options: PrintOptions,
) -> list[str]:
    """List what a reader cannot tell from the values: size, dtype, and place in the graph."""
    suffixes = []
    is_empty = array.size == 0
    if (is_empty and array.ndim != 1) or (not is_empty and options.edgeitems == 0):
        suffixes.append(f"size={array.shape}")
    # integers and booleans show that they are int64 and bool, unless there are none to show
    evident = [default_dtype] if is_empty else [default_dtype, np.dtype(np.int64), np.dtype(bool)]
    if array.dtype not in evident:
        suffixes.append(f"dtype=torch.{array.dtype.name}")
    if grad_fn is not None:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    return suffixes
