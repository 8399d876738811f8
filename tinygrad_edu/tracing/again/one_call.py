"""One recorded call of an op, made again alone: to ask what an element of a result depends on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import numpy as np

from ...autograd import api
from ...autograd.grad_mode import set_grad_enabled
from ...autograd.graph import wrap
from ...autograd.op import Op
from ...random import Generator, default_generator, fork_rng
from ...tensor import Tensor
from ..acts import Call, Ref
from ..described import argument_names
from ..events import Event
from ..traces import FROM_FILE, Trace

Array: TypeAlias = np.ndarray[Any, Any]
Index: TypeAlias = tuple[int, ...]


def is_op(call: Call) -> bool:
    """Whether an op was called, and no user's function."""
    return isinstance(call.op, type) and issubclass(call.op, Op)


def float_positions(trace: Trace, call: Call) -> dict[int, int]:
    """The arguments of a call that may require a gradient: by position, their values."""
    tensors = {n: item.value for n, item in enumerate(call.args) if isinstance(item, Ref)}
    return {n: v for n, v in tensors.items() if np.dtype(trace.values[v].dtype).kind == "f"}


def whole(trace: Trace, value: int, title: str) -> Array:
    """All elements of a value that the call `title` reads.

    Raises
    ------
    RuntimeError
        If there were too many to be kept.
    """
    array = trace.leaves.get(value, trace.values[value].array)
    if array is None:
        shape, size = list(trace.values[value].shape), trace.values[value].size
        raise RuntimeError(
            f"{title} reads a value of shape {shape}, of which the trace has kept only a "
            f"summary: record(largest={size}) keeps it, and step --largest {size}"
        )
    return array


def called_again(
    trace: Trace, call: Call, title: str, wanted: Collection[int]
) -> tuple[dict[int, Tensor], list[Tensor]]:
    """Make a call again, on new tensors.

    Parameters
    ----------
    trace, call
    title : str
        What to call it in an error.
    wanted : collection of int
        The positions of the arguments that are to require a gradient.

    Returns
    -------
    arguments : dict of int to Tensor
        By position, those that are tensors.
    results : list of Tensor

    Raises
    ------
    RuntimeError
        If an argument was not kept.
    """
    tensors: dict[int, Tensor] = {}
    args: list[Any] = []
    for position, item in enumerate(call.args):
        if isinstance(item, Ref):
            tensors[position] = wrap(whole(trace, item.value, title).copy())
            tensors[position]._requires_grad = position in wanted
            args.append(tensors[position])
        else:
            args.append(item.clone_state() if isinstance(item, Generator) else item)
    with fork_rng(), set_grad_enabled(True):
        if call.random is not None:
            default_generator.set_state(call.random.get_state())
        several = is_op(call) and call.several
        result = call.op.apply_all(*args) if several else call.op.apply(*args)
    results = result if isinstance(result, tuple) else (result,)
    return tensors, [each for each in results if isinstance(each, Tensor)]


def pulled(of: Tensor, index: Index, to: Sequence[Tensor]) -> list[Array | None]:
    """The derivatives of one element of `of`, by the elements of `to`; None where there are none.

    They are found by a backward pass from an array that is 1 at this element and else 0. Where a
    derivative is infinite, that gives nan for other elements, too: 0 times infinity. It does so of
    an array of zeros as well, by which these are known, and set to 0.
    """
    one = np.zeros_like(of.array)
    one[index] = 1
    rows = _gradients(of, one, to)
    if all(row is None or np.isfinite(row).all() for row in rows):
        return rows
    one[index] = 0
    empty = _gradients(of, one, to)
    doubtful = [
        np.False_ if a is None or b is None else np.isnan(a) & np.isnan(b)
        for a, b in zip(rows, empty, strict=True)
    ]
    sure = any(
        row is not None and bool((~np.isfinite(row) & ~doubt).any())
        for row, doubt in zip(rows, doubtful, strict=True)
    )
    if np.isnan(of.array[index]) and not sure:
        return rows  # then one of these has made it nan
    return [
        None if row is None else np.where(doubt, row.dtype.type(0), row)
        for row, doubt in zip(rows, doubtful, strict=True)
    ]


def _gradients(of: Tensor, grad: Array, to: Sequence[Tensor]) -> list[Array | None]:
    with fork_rng(), np.errstate(all="ignore"):
        found = api.grad(of, to, wrap(grad), retain_graph=True, allow_unused=True)
    return [None if each is None else each.array for each in found]


def sources(
    trace: Trace, event: Event, output: str, index: Index
) -> dict[str, list[tuple[Index, float]]]:
    """Where an element of a result comes from.

    Parameters
    ----------
    trace : Trace
        As it was recorded, or a replay; not one from a file.
    event : Event
        Of the kind "forward".
    output : str
        Which of its outputs.
    index : tuple of int

    Returns
    -------
    dict of str to list of (tuple of int, float)
        By argument, the elements of it by which this one has a derivative other than 0, with that;
        without the arguments by which it has none. Of a user's function nothing: it is not called
        again for this.

    Raises
    ------
    RuntimeError
        If the call cannot be made again; it says why.
    """
    if trace.from_file:
        raise RuntimeError(FROM_FILE)
    call = trace.calls[event.index]
    if not is_op(call):
        return {}
    wanted = [*float_positions(trace, call)]
    tensors, results = called_again(trace, call, event.title, wanted)
    result = results[[*event.outputs].index(output)]
    if not result._requires_grad:
        return {}
    names = argument_names(call.op, len(call.args))
    rows = pulled(result, index, [tensors[n] for n in wanted])
    found = {}
    for position, row in zip(wanted, rows, strict=True):
        places = [] if row is None else [tuple(place) for place in np.argwhere(row).tolist()]
        if row is not None and places:
            found[names[position]] = [(place, float(row[place])) for place in places]
    return found
