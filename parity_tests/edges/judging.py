"""A row in one dtype, run on both sides.

As with PyTorch's samples, whose ways these are: the tensors are taken out of the arguments and put
back by a call, so that the row becomes a case of the kind that `runner` judges.

An id is ``OP/edges/DTYPE/KIND/NUMBER``, as in ``amax/edges/f64/tie/3``: the fourth row of this op
on this kind of edge. The DTYPE is ``own`` where each tensor of the row has its own.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from ..bridge import lay_out
from ..cases import DTYPES, Case
from ..judge import judged_case
from ..opinfo.calls import attribute, least_squares, on_copy, tracking, wrapped
from ..opinfo.samples import leaves, rebuilt
from ..rows.row import Row
from ..runner import judge_arguments
from .edge import Edge, Given, Made
from .table import ROWS

BOTH = ("f64", "f32")
OWN = "own"


def codes_of(edge: Edge) -> tuple[str, ...]:
    """The dtypes in which a row is run."""
    tensors = givens((edge.args, edge.options))
    return BOTH if any(not given.code for given in tensors) else (OWN,)


def givens(value: Any) -> Iterator[Given]:
    """The tensors in the arguments, in order."""
    return (leaf for leaf in leaves(value) if isinstance(leaf, Given))


def numbered() -> dict[str, tuple[Edge, str]]:
    """All rows in each of their dtypes, by id."""
    counts: dict[tuple[str, str], int] = {}
    cases = {}
    for edge in ROWS:
        number = counts[edge.op, edge.kind] = counts.get((edge.op, edge.kind), -1) + 1
        for code in codes_of(edge):
            cases[f"{edge.op}/edges/{code}/{edge.kind}/{number}"] = edge, code
    return cases


CASES = numbered()


def is_edge(text: str) -> bool:
    """Whether an id is that of a row of this table."""
    return "/edges/" in text


def judge_edge(case_id: str, instead: Callable[..., Any] | None = None) -> None:
    """Run a row on both sides, and raise if the engine is not right.

    Parameters
    ----------
    case_id : str
    instead : callable, optional
        What PyTorch is to compute in place of the row's op; see `deviations`.

    Raises
    ------
    AssertionError
        With the id, the row, what was expected and what was got.
    """
    edge, code = CASES[case_id]
    judge_row(edge, code, case_id, instead)


def judge_row(
    edge: Edge, code: str, case_id: str, instead: Callable[..., Any] | None = None
) -> None:
    """The same for a row in one of its dtypes."""
    tensors = made(edge, code)
    arguments = edge.args, edge.options
    called = call_of(edge.op)

    def call(library: ModuleType, *given: Any) -> Any:
        positional, named = rebuilt(placed(arguments), library, iter(given))
        if instead is not None and library is torch:
            return instead(*positional, **named)
        return called(library, *positional, **named)

    row = Row(edge.op, call, st.nothing(), (), twice=edge.twice, exact=edge.exact)
    dtypes = {t.dtype for t in tensors}
    codes = [c for c, dtype in DTYPES.items() if dtype in dtypes and dtype.is_floating_point]
    data = "grid" if edge.each else "special"
    case = Case(edge.op, (*codes,) or ("i64",), (), ("contiguous",), (), data, seed_of(case_id), {})
    other = "\n  held against the `instead` of deviations.py" if instead is not None else ""
    with judged_case(case_id, lambda: f"{case_id}\n  {written(edge)}{other}"):
        error = judge_arguments(case, row, tensors)
        raised = "does not raise" if error is None else f"raises {error!r}"
        assert (error is not None) == edge.wrong, f"PyTorch {raised}"


def seed_of(case_id: str) -> int:
    """Of the upstream gradients: another for each row, always the same."""
    return zlib.crc32(case_id.encode())


def made(edge: Edge, code: str) -> list[torch.Tensor]:
    """The tensors of a row, as PyTorch's."""
    tensors = []
    for position, given in enumerate(givens((edge.args, edge.options))):
        dtype = DTYPES[given.code or code]
        if given.values is None:
            drawn = np.random.default_rng(position).normal(size=given.shape)
            tensor = torch.from_numpy(np.asarray(drawn)).to(dtype)
        else:
            tensor = torch.tensor(given.values, dtype=dtype)
        tensor = lay_out(tensor, given.layout)
        tensors.append(tensor.requires_grad_(given.wanted and dtype.is_floating_point))
    return tensors


PLACE = torch.empty(0)


def placed(value: Any) -> Any:
    """`value` with a tensor in each place where one is given."""
    if type(value) in (tuple, list):
        return type(value)(placed(item) for item in value)
    if isinstance(value, dict):
        return {key: placed(item) for key, item in value.items()}
    return PLACE if isinstance(value, Given) else value


def call_of(name: str) -> Callable[..., Any]:
    """How a row's op is called: by its name, on a copy if it changes its tensor."""
    path, _, last = name.rpartition(".")
    if path == "nn" and last[0].isupper():
        return layered(last)
    if name in SPECIAL:
        return SPECIAL[name]
    return on_copy(name) if name.endswith("_") and not name.endswith("__") else wrapped(name)


def layered(name: str) -> Callable[..., Any]:
    """A layer, made anew with the same initial parameters."""

    def call(library: ModuleType, made: Made, *arguments: Any, **options: Any) -> Any:
        library.default_generator.manual_seed(0)
        layer = getattr(library.nn, name)(*made.args, **made.options)
        floating = [t for t in arguments if t.dtype.is_floating_point]
        return layer.to(floating[0].dtype)(*arguments, **options)

    return call


def set_item(library: ModuleType, x: Any, index: Any, value: Any) -> Any:
    """A copy with another value at some places."""
    changed = x.clone()
    changed[index] = value
    return changed


def shortening(name: str) -> Callable[..., Any]:
    """An embedding, which with `max_norm` shortens rows of its table: here of a copy."""

    def call(library: ModuleType, index: Any, table: Any, *rest: Any, **options: Any) -> Any:
        copy = table.clone() if "max_norm" in options else table
        result = getattr(library.nn.functional, name)(index, copy, *rest, **options)
        return result if copy is table else (result, copy)

    return call


SPECIAL = {
    **{f"nn.functional.{name}": shortening(name) for name in ("embedding", "embedding_bag")},
    **{name: attribute(name) for name in ("T", "mT")},
    "nn.functional.batch_norm": tracking("batch_norm"),
    "nn.functional.instance_norm": tracking("instance_norm"),
    "__setitem__": set_item,
    "linalg.lstsq": least_squares,
}


def written(edge: Edge) -> str:
    """A row as it stands in the table, more or less."""
    options = [f"{name}={told(value)}" for name, value in edge.options.items()]
    return f"{edge.op}({', '.join([*map(told, edge.args), *options])})"


def told(value: Any) -> str:
    """An argument in words."""
    if isinstance(value, Given):
        content = f"numbers of shape {value.shape}" if value.values is None else value.values
        marks = [value.code] * bool(value.code) + [value.layout] * (value.layout != "contiguous")
        return " ".join([f"<{content}", *marks]) + ">"
    if type(value) in (tuple, list):
        return "(" + ", ".join(map(told, value)) + ")"
    return repr(value)
