"""The ways to call what moves elements, and errors of wrong calls; rows as in test_spellings."""

import pytest

import tinygrad_edu

from .test_spellings import judge_expression

REARRANGED = (
    "x.narrow(0, 1, 2)", "x.narrow(1, lib.tensor(1), 2)", "x.narrow(0, -1, 1)", "x.narrow(0, 3, 0)",
    "x.narrow(0, 4, 0)", "x.narrow(0, -4, 1)", "x.narrow(0, 2, 2)", "x.narrow(0, 0, -1)",
    "x.narrow(2, 0, 1)", "x[0, 0].narrow(0, 0, 1)", "lib.narrow(x, 1, 0, 2)",
    "x.narrow(1, lib.tensor([1]), 2)", "x.narrow(1, lib.tensor(1.0), 2)",
    "x.narrow(dim=0, start=0, length=1)", "x.select(0, 3)", "x.select(1, -4)", "x.select(1, -5)",
    "x[0, 0].select(0, 0)", "lib.select(x, dim=1, index=2)", "x.select(2, 0)",
    "x.unfold(0, 4, 1)", "x.unfold(0, -1, 1)", "x.unfold(0, 2, 0)", "x[0, 0].unfold(0, 1, 1)",
    "x[0, 0].unfold(0, 0, 1)", "x.unfold(2, 1, 1)", "x.unfold(dimension=1, size=2, step=2)",
    "x[0, 0].unfold(0, 2, 1)", "x.unfold(1, 2, 2).add_(1), x",
    "x.movedim((0,), 1)", "x.movedim((0, 0), (0, 1))", "x.movedim((0, 1), (1, 1))",
    "x.movedim(2, 0)", "x.moveaxis(0, 1)", "lib.moveaxis(t, (0, 1), (1, 2))",
    "x[0, 0].movedim(0, 0)", "lib.movedim(t, source=2, destination=0)", "t.movedim((), ())",
    "x.swapaxes(0, 1)", "lib.swapaxes(x, axis0=0, axis1=1)", "lib.swapdims(x, 0, 1)",
    "x.ravel()", "x.T.ravel()", "x[0, 0].ravel()", "lib.ravel(x[:0])",
    "x.roll(())", "x.roll((1, 2), 0)", "x.roll(1, (0, 1))", "x.roll((1, 2))", "x.roll(1, 2)",
    "x[0, 0].roll(1)", "x[0, 0].roll(1, 0)", "x.roll(shifts=(1, 1), dims=(0, 1))",
    "x[:0].roll(1, 0)", "x.roll(100, 1)", "x.rot90(1, (0, 0))", "x.rot90(1, (0, 2))",
    "f.rot90()", "x.rot90(1, (0,))", "x.rot90(dims=(1, 0))", "lib.rot90(t, 2, [0, 2])",
    "f.fliplr()", "f[0].flipud()", "lib.fliplr(x)", "lib.flipud(f)", "f.tile(2)", "x.tile((2,))",
    "x.tile(())", "x.tile(dims=(2, 1))", "lib.tile(x, (0,))", "f.tile(-1)",
    "lib.repeat_interleave(x, 2)", "lib.repeat_interleave(lib.tensor([1, 0, 2]))",
    "lib.repeat_interleave(lib.tensor([1.0]))", "lib.repeat_interleave(lib.tensor([-1]))",
    "x.repeat_interleave(-1)", "x.repeat_interleave(lib.tensor([1, 2]), 0)",
    "x.repeat_interleave(lib.tensor([1, 2, 0]), 0)", "x.repeat_interleave(lib.tensor([-1]), 0)",
    "x.repeat_interleave(lib.tensor(2), 1)", "x.repeat_interleave(2, 2)",
    "x.repeat_interleave(lib.tensor([1.0]), 0)", "x.repeat_interleave(0, 1)",
    "x.repeat_interleave(lib.tensor([1, 2, 0], dtype=lib.int32), dim=0, output_size=3)",
    "x.repeat_interleave(2, 0, output_size=6)", "x.repeat_interleave(2, 0, output_size=5)",
    "x.repeat_interleave(lib.tensor([[1, 2, 0]]), 0)", "f[0].repeat_interleave(2)",
    "f[0].repeat_interleave(2, 0)", "f[0].repeat_interleave(lib.tensor([2]), 0)",
    "f.expand_as(x)", "x.T.expand_as(x)", "f.expand_as(x.T)", "f.reshape_as(x)", "f.reshape_as(3)",
    "t.squeeze((0, 1))", "t[:, :1].squeeze((1, 2))", "t[:1, :1].squeeze((0, -2))",
    "x.squeeze((0, 0))", "lib.unflatten(x, 1, (2, -1))", "x.unflatten(1, (3, 2))",
    "x.unflatten(1, (-1, -1))", "x.unflatten(1, ())", "x.view_as(t)", "x.view_as(x.T)",
)  # fmt: skip

STACKED = (
    "lib.hstack([])", "lib.vstack([])", "lib.dstack([])", "lib.column_stack([])",
    "lib.hstack([x, f])", "lib.vstack([x, f])", "lib.dstack([x, f])", "lib.column_stack([x, f])",
    "lib.hstack((f, f.double()))", "lib.vstack((f, f.long()))", "lib.hstack([f[0], f])",
    "lib.hstack([1, 2])", "lib.hstack(f)", "lib.vstack(tensors=(f, f))", "lib.row_stack((f, f))",
    "lib.column_stack([f, f[0]])", "lib.column_stack([f, x])", "lib.vstack([f, f[:2]])",
    "lib.block_diag()", "lib.block_diag(x, f, f[0])", "lib.block_diag(t)", "lib.block_diag(1)",
    "lib.block_diag(f, f.long())", "lib.block_diag(lib.ones(0), f)", "lib.broadcast_tensors(x, f)",
    "lib.broadcast_tensors(f[:, None], x)", "lib.broadcast_tensors(f)",
    "lib.broadcast_tensors(f, 1)",
    "lib.atleast_1d(f[0], x)", "lib.atleast_2d([f, x])", "lib.atleast_3d((f,))",
    "lib.atleast_2d()", "lib.atleast_1d(1)", "lib.atleast_1d([1])", "lib.atleast_3d(t) is t",
    "x.tensor_split(0)", "x.tensor_split(5)", "x.tensor_split(lib.tensor([1, 2]))",
    "x.tensor_split(lib.tensor(2), dim=1)", "x.tensor_split(lib.tensor([1.0]))",
    "x.tensor_split(lib.tensor([[1]]))", "f[0].tensor_split(1)", "x.tensor_split(2, 2)",
    "lib.tensor_split(x, (1, 2), 1)", "x.tensor_split((-1, 10))", "x.tensor_split('a')",
    "x.hsplit(3)", "x.hsplit(0)", "f[0].hsplit(1)", "f.vsplit(1)", "x.dsplit(1)", "x.vsplit(2)",
    "lib.hsplit(x, [1])", "lib.vsplit(x, (1, 2))", "lib.dsplit(t, 2)", "t.dsplit(3)",
    "x.hsplit(-1)",
)  # fmt: skip

ROWS = (*REARRANGED, *STACKED)


@pytest.mark.parametrize("expression", ROWS, ids=str)
def test_call(expression):
    judge_expression(expression)


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.narrow(0, 1, 2), lambda x: x.select(1, 0), lambda x: x.unfold(1, 2, 2),
        lambda x: x.movedim(0, 1), lambda x: x.movedim((0, 1), (1, 0)), lambda x: x.ravel(),
        lambda x: x.expand_as(x), lambda x: x.reshape_as(x), lambda x: x.tensor_split(2)[0],
        lambda x: x.hsplit(2)[1],
    ],
)  # fmt: skip
def test_views_count_changes_of_their_memory_together(view):
    x = tinygrad_edu.ones(4, 4)
    seen = view(x)
    assert seen._version == 0
    x.mul_(3)
    assert (seen == 3).all() and seen._version == x._version == 1


def test_overlapping_windows_are_not_written_to():
    """PyTorch leaves undefined what would come out."""
    with pytest.raises(RuntimeError, match="clone"):
        tinygrad_edu.ones(4).unfold(0, 2, 1).add_(1)
