"""What a derivative may read is changed in place before the backward pass.

PyTorch keeps the very tensors that were arguments or results, and refuses to go on when one of them
has changed. An op of ours may have kept less, or copies; it has to refuse in the same cases, and to
compute the same gradients in all others. Each tensor argument and each result of each row of the
table is changed, one at a time.
"""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import assume

import tinygrad_edu

from .bridge import Bridge
from .cases import Case, arguments, cases
from .examples import drawn
from .judge import count_case
from .ops import OPS, ROWS
from .programs import Programs, compare, leaf, raised
from .rows.row import Row
from .runner import attempt, flat

PROGRAMS = Programs()

#: Rows draw shapes with one element, of which there is no variance; test_warnings.py has what is
#: said then.
pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")

COMPOSED = "PyTorch composes it of other ops than we, and so keeps other tensors"
READ_ONLY = "a result that shows elements twice, which here may not be changed at all"

#: Rows where the two refuse in different cases, and why. Where both compute, they compute the same.
UNLIKE = {
    "pad-circular": "PyTorch copies slices, and keeps nothing; here it is one op with `reflect`",
    "unfold": READ_ONLY,
    "matmul": "PyTorch keeps copies of what it repeats along a batch, which may change unseen",
    **dict.fromkeys(
        ("tensordot", "inner", "kron", "addbmm", "ldexp", "lu_solve", "linalg_lu_solve",
         "linalg_lu_solve-right", "solve_triangular-right", "lstsq", "householder_product",
         "orgqr", "ormqr", "pdist", "conv_tbc"), COMPOSED),
}  # fmt: skip


class Outcome(NamedTuple):
    """What became of a backward pass: gradients, or None and what was raised."""

    gradients: list[Any] | None
    error: Exception | None


def after_change(
    library: ModuleType, row: Row, case: Case, given: list[Any], place: tuple[str, int]
) -> Outcome | None:
    """Call the op, change one tensor, and go back; None if there is nothing to change."""
    used: dict[int, Any] = {}  # what is given twice is used twice
    for t in given:
        used.setdefault(id(t), t * 1 if t.requires_grad else t.clone())
    args = [used[id(t)] for t in given]
    library.manual_seed(0)
    results = flat(row.call(library, *args, **case.options))
    differentiable = [r for r in results if getattr(r, "requires_grad", False)]
    kind, number = place
    tensors = args if kind == "argument" else results
    if not differentiable or number >= len(tensors) or not hasattr(tensors[number], "grad_fn"):
        return None
    target = tensors[number]
    with library.no_grad():
        if target.is_floating_point():
            target.mul_(1.5)
        else:
            target.bitwise_or_(target)  # a change of indices would leave no valid ones
    leaves = [t for t in given if t.requires_grad]
    ones = [library.ones_like(r) for r in differentiable]
    gradients, error = attempt(
        lambda: library.autograd.grad(differentiable, leaves, ones, allow_unused=True)
    )
    return Outcome(gradients, error)


def same_gradient(mine: Any, other: torch.Tensor, where: str) -> None:
    """Raise if a gradient was computed of other numbers; rounding is judged in test_ops.py."""
    np.testing.assert_allclose(mine.numpy(), other.numpy(), 1e-8, 1e-8, err_msg=where)


@pytest.mark.parametrize("row", ROWS)
@drawn(4)
def test_a_tensor_changes(row: Row, data: Any) -> None:
    case = data.draw(cases(row, ("f64",), data=("normal",)))
    assume(all(0 not in (shape or ()) for shape in case.shapes))
    places = [("argument", i) for i in range(len(case.shapes))] + [("result", i) for i in range(3)]
    for place in places:
        theirs, bridge = arguments(case, row), Bridge()
        ours = [bridge.to_ours(t) for t in theirs]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected, _ = attempt(lambda t=theirs, p=place: after_change(torch, row, case, t, p))
            if expected is None:
                continue
            got, error = attempt(
                lambda t=ours, p=place: after_change(tinygrad_edu, row, case, t, p)
            )
        count_case()
        where = f"{place} of {case.id}"
        if got is None or (got.error is None) != (expected.error is None):
            outcomes = f"{error or got}, not {expected}"
            assert row.name in UNLIKE, f"{where}: {outcomes}"
        elif expected.gradients is not None:
            for mine, other in zip(got.gradients or (), expected.gradients, strict=True):
                assert (mine is None) == (other is None), where
                if other is not None:
                    same_gradient(mine, other, where)


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program: Any) -> None:
    compare(program)


def keys(lib: ModuleType) -> list[Any]:
    """Indices of tensors, and the tensor in each that is changed."""
    numbers, mask = lib.tensor([1, 0]), lib.tensor([True, False])
    return [
        (numbers, numbers), (mask, mask), ((slice(None), numbers), numbers),
        ((0, numbers), numbers), ((numbers, numbers), numbers), ((..., mask), mask),
        ((None, numbers), numbers), (numbers[0], numbers), ((numbers[0], mask), mask),
        (numbers.to(lib.int32), numbers),
    ]  # fmt: skip


@PROGRAMS.add
def an_index_changes_after_reading(lib: ModuleType) -> Any:
    found = []
    for key, tensor in keys(lib):
        x = leaf(lib, 1, 2, 3, 4, shape=(2, 2))
        y = x[key] * 1
        tensor.bitwise_or_(tensor)
        found.append(raised(lambda x=x, y=y: (y.sum().backward(), x.grad)[1]))
    return found


@PROGRAMS.add
def an_index_changes_after_writing(lib: ModuleType) -> Any:
    found = []
    for number, _ in enumerate(keys(lib)):
        for value in (5.0, leaf(lib, 7)):
            key, tensor = keys(lib)[number]
            x = leaf(lib, 1, 2, 3, 4, shape=(2, 2))
            y = x * 1
            y[key] = value if isinstance(value, float) else value[0] * 1
            tensor.bitwise_or_(tensor)
            found.append(raised(lambda x=x, y=y: (y.sum().backward(), x.grad)[1]))
    return found


@PROGRAMS.add
def an_index_of_layers_changes(lib: ModuleType) -> Any:
    F = lib.nn.functional
    found = []
    for compute in (
        lambda w, i: F.embedding(i, w),
        lambda w, i: F.embedding(i, w, padding_idx=1),
        lambda w, i: F.nll_loss(w, i),
        lambda w, i: F.nll_loss(w, i, reduction="none"),
        lambda w, i: F.cross_entropy(w, i),
        lambda w, i: F.cross_entropy(w, i, label_smoothing=0.1),
        lambda w, i: F.embedding_bag(i[None], w, mode="sum"),
        lambda w, i: F.embedding_bag(i[None], w, mode="max"),
        lambda w, i: F.multi_margin_loss(w, i),
        lambda w, i: w.index_put_((i,), w[0] * 2),
        lambda w, i: w.index_add_(0, i, w * 2),
        lambda w, i: w.index_fill_(0, i, 2.0),
        lambda w, i: w.masked_fill_(i > 0, 2.0),
    ):
        x, places = leaf(lib, 1, 2, 3, 4, shape=(2, 2)), lib.tensor([1, 0])
        y = compute(x * 1, places)
        places.bitwise_or_(places)
        found.append(raised(lambda x=x, y=y: (y.sum().backward(), x.grad)[1]))
    return found


@PROGRAMS.add
def a_mask_changes(lib: ModuleType) -> Any:
    found = []
    for compute in (
        lambda x, m: x.masked_fill(m, 2.0),
        lambda x, m: x.masked_select(m),
        lambda x, m: x.masked_scatter(m, x * 2),
        lambda x, m: x.masked_fill_(m, x[0, 0].detach()),
        lambda x, m: x.masked_scatter_(m, x.detach() * 2),
        lambda x, m: lib.where(m, x, 0.0),
    ):
        x, mask = leaf(lib, 1, 2, 3, 4, shape=(2, 2)), lib.tensor([[True, False], [True, True]])
        y = compute(x * 1, mask)
        mask.logical_or_(mask)
        found.append(raised(lambda x=x, y=y: (y.sum().backward(), x.grad)[1]))
    return found


@pytest.mark.parametrize("name", UNLIKE)
def test_the_list_is_of_rows(name: str) -> None:
    assert name in OPS


#: Functions of four numbers and two places; of most PyTorch's own reads the index once more.
INDEXED = (
    "x[i]", "x.take(i)", "x.index_select(0, i)", "x.gather(0, i)", "z.index_add(0, i, x[:2])",
    "z.index_copy(0, i, x[:2])", "z.scatter(0, i, x[:2])", "z.scatter_add(0, i, x[:2])",
    "z.index_put((i,), x[:2])", "x.index_fill(0, i, 3.0)", "lib.take_along_dim(x, i, 0)",
    "F.embedding(i, x.reshape(4, 1))", "F.embedding_bag(i.reshape(1, 2), x.reshape(4, 1))",
    "F.nll_loss(x.reshape(2, 2), i)", "F.cross_entropy(x.reshape(2, 2), i)",
)  # fmt: skip


@pytest.mark.parametrize("call", INDEXED)
def test_an_index_that_is_kept_is_a_copy(call):
    """Where a change in place cannot be seen, as it is made by NumPy, it changes no gradient."""
    lib, grads = tinygrad_edu, []
    for changed in (False, True):
        x = lib.arange(4.0).requires_grad_()
        names = {"lib": lib, "F": lib.nn.functional, "x": x * 1, "z": lib.zeros(4)}
        i = names["i"] = lib.tensor([0, 1])
        y = eval(call, names)
        if changed:
            i.numpy()[:] = [1, 0]
        (y * y * lib.arange(1.0, y.numel() + 1).reshape(y.shape)).sum().backward()
        grads.append(x.grad.tolist())
    assert grads[0] == grads[1]
