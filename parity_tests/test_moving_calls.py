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
    "x.movedim((0, 0), (5, 0))", "f.movedim((0, -1), (2, 0))",
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
    "f[0].repeat_interleave(lib.tensor([1]), 0)", "f[0].repeat_interleave(lib.tensor([-1]), -1)",
    "f.expand_as(x)", "x.T.expand_as(x)", "f.expand_as(x.T)", "f.reshape_as(x)", "f.reshape_as(3)",
    "t.squeeze((0, 1))", "t[:, :1].squeeze((1, 2))", "t[:1, :1].squeeze((0, -2))",
    "x.narrow_copy(0, 1, lib.tensor([1]))", "x.narrow_copy(0, lib.tensor([1]), 1)",
    "x.squeeze((0, 0))", "lib.permute(input=x, dims=(1, 0))", "lib.tile(input=f, dims=(2,))",
    "lib.count_nonzero(input=x, dim=0)", "x.count_nonzero(lib.tensor(0))",
    "x.count_nonzero(np.int64(0))", "x.count_nonzero(0, 1)", "x.count_nonzero(None)",
    "lib.as_strided_scatter(f, lib.ones(2, 1), (2, 1), (1, 0))", "lib.permute(dims=(1, 0))",
    *(
        f"lib.squeeze_copy(t[:1], {dim})"
        for dim in (
            "0", "dim=0", "()", "(0, 1)", "lib.tensor(0)", "lib.tensor([0])", "lib.tensor(True)",
            "(lib.tensor(True),)", "(True,)", "True", "None", "dim=None", "1.5", "range(1)",
        )
    ),
    "lib.unflatten(x, 1, (2, -1))", "x.unflatten(1, (3, 2))",
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
    "x.hsplit(-1)", "lib.hsplit(input=x, sections=2)", "lib.vsplit(input=x, indices=(1,))",
    *(
        f"{call}({where})"
        for call in ("x.hsplit", "x.vsplit", "t.dsplit")
        for where in (
            "lib.tensor(1)", "lib.tensor([1])", "lib.tensor([[0]])", "lib.tensor(True)",
            "lib.tensor([0, 1])", "lib.tensor(1.0)", "(lib.tensor(True),)", "np.array(1)",
            "np.int64(1)", "np.bool_(True)", "lib.tensor([1]), True", "True", "None", "range(1)",
        )
    ),
)  # fmt: skip

SCATTERED = (
    "x.scatter(0, i, 5)", "x.scatter(0, i, 5.5)", "x.scatter(0, i, True)", "x.scatter(0, i, 1e30)",
    "x.scatter(0, i, x.double())", "x.scatter(0, i, f[0])", "x.scatter(0, i, x[:1, :1])",
    "x.scatter(0, i + 2, x)", "x.scatter(0, i - 1, x)", "x.scatter(0, i[0], x)",
    "x.scatter(0, i.double(), x)", "x.scatter(0, i.int(), x)", "x.scatter(0, i, src=x)",
    "x.scatter(dim=0, index=i, value=3)", "x.scatter(0, i)",
    "x.scatter(0, i, x, reduce='multiply')", "x.scatter(0, i, 2, reduce='mean')",
    "x.scatter(0, i, 2, reduce='multiply')", "x.scatter(2, i, x)", "lib.scatter(x, 0, i, x)",
    "x.scatter_add(0, i, x[None])", "x.scatter_add(0, i, x[0, 0])", "x.scatter_add_(0, i, x[None])",
    "x.scatter(0, i, x[None])",
    "g.scatter(0, i[0], f)", "f[0].scatter(0, i[0, 0], f[1])", "f[0].scatter(0, i[0, 0], 2)",
    "x.index_add(0, i[0], x)", "x.index_add(0, i[0], x[:2].double())",
    "x.index_add(0, i[0], x[:2, :3])", "x.index_add(0, i[0, 1], x[:1])",
    "x.index_add(0, i[0, 1], x[0])", "x.index_add(0, i, x[:2])", "x.index_add(0, i[0] + 2, x[:2])",
    "x.index_add(0, i[0] - 1, x[:2])", "x.index_add(0, f[:2], x[:2])",
    "x.index_add(0, i[0], x[:2], alpha=2.5)", "b.index_add(0, i[0], b[:2])",
    "x.index_add(0, i[0].int(), source=x[:2])", "f[0].index_add(0, i[0, 0], f[0])",
    "f[0].index_add(0, i[0], f[:2])", "x.index_add(1, i[0], x[:, :2])", "x.index_add(2, i[0], x)",
    "x.index_select(0, i.double())", "x.take_along_dim(i.int())", "x.take_along_dim(i.int(), 1)",
    "x.take_along_dim(i > 0)", "x.scatter_add(0, i[:0], x[0])", "x.scatter(0, i[0, :0], t.long())",
    "x.scatter_reduce(0, lib.zeros(0, 9).long(), x[0, 0], 'sum')",
    "x.scatter_add(0, lib.zeros(0, 4).long(), x[:, :1])",
    "x.index_copy(0, i[0], x[:2])", "x.index_copy(0, i[0], x[:2].double())",
    "f.index_add(0, i[0, :1], f[0])", "f.index_reduce(0, i[0, :1], f[0], 'prod')",
    "f[0].index_add(0, i[0, :1] * 0, f[0])", "f.index_copy(0, i[0, :1], f[0])",
    "f.index_copy(0, i[0], x.double())", "f.index_copy(0, i[0], f[0].double())",
    "x.index_copy(0, i[0], lib.ones(3, 7).long())", "f[0].index_copy(0, i[0] * 0, f[1:])",
    "f[0].index_copy(0, i[0], f[1:])", "f[0].index_copy(0, i[0, :0], f[:0])",
    "f[0].clone().index_copy_(0, i[0] * 0, f[1:])", "g[0].index_copy(0, i[0] * 0, g[1:])",
    "x.index_copy(0, i[0], x)", "x.index_copy(0, i[0] - 1, x[:2])",
    "x.index_copy(0, i[0] + 2, x[:2])", "x.index_copy(0, i[0].int(), x[:2])",
    "x.index_copy(0, i[0, 1], x[0])", "x.index_copy(0, i[0, 1], x[:1])",
    "f.index_copy(0, i[0], f[0])", "f.index_copy(0, i[0, 1], f[0])",
    "x.index_copy(0, i[0, 1:], x[0, 0])", "x.index_copy(0, i, x[:2])",
    "x.index_fill(0, i[0], 5)", "x.index_fill(0, i[0] - 1, 5)", "x.index_fill(0, i[0] + 2, 5)",
    "x.index_fill(0, i[0].int(), 5)", "x.index_fill(0, f, 5)", "x.index_fill(0, i, 5)",
    "x.index_fill(0, i[0, 1], 5.5)", "x.index_fill(0, i[0], f)", "x.index_fill(0, i[0], f[2])",
    "f[0].index_fill(0, i[0, 0], 2)", "f.index_fill(0, i[0], f[0].double())",
    "x.index_put((i[0],), f[0])", "f.index_put((i[0],), 5)", "f.index_put([i[0], i[0]], f)",
    "f.index_put((i[0],), f[:2], accumulate=True)", "f.index_put((b,), f)",
    "f.index_put((b,), f[0].double())", "f.index_put((i[0],), f[0].double())",
    "f.index_put((b,), f[0].double(), True)", "f.index_put((i[0], None), f[0])",
    "f.index_put((), f[0])", "f.index_put((i[0] + 5,), f[0])", "f.index_put((i[0] - 1,), f[0])",
    "f.index_put((f,), f[0])", "f.index_put(i[0], f[0])", "f.index_put((i[0].int(),), f[0])",
    "lib.index_put(x, (i[0], i[0]), x[0, :2])", "f.index_put((i[0],), x)",
    "f.index_put((i[0],), f[None, :2])",
    "f.masked_scatter(b, f)", "f.masked_scatter(b, f[:1])", "f.masked_scatter(b, f.double())",
    "f.masked_scatter(f, f)", "x.masked_scatter(b, x)", "f.masked_scatter(x.T > 3, x.float())",
    "lib.masked_scatter(x, x > 5, -x)",
)  # fmt: skip

TAKEN = (
    "x.take(i)", "x.take(i - 1)", "x.take(i + 12)", "x.take(i - 13)", "x.take(i.int())",
    "x.take(f)",
    "x[:0].take(i)", "x[:0].take(i[:, :0])", "lib.take(x, i[0, 0])", "lib.take(x, index=i)",
    "x.take_along_dim(i, 1)", "x.take_along_dim(i[0], 1)", "x.take_along_dim(i.int(), 1)",
    "x.take_along_dim(f[None], 1)", "x.take_along_dim(i + 7, 1)", "x.take_along_dim(i - 7, 1)",
    "x.take_along_dim(x.argmax())", "x.take_along_dim(x.argmax(1, True), 1)",
    "lib.take_along_dim(x, indices=i, dim=0)", "x.take_along_dim(i[:, :0], 1)",
    "x.take_along_dim(i.expand(2, 2), 1)", "x.nonzero()", "x.nonzero(as_tuple=True)",
    "lib.nonzero(f[0])", "lib.nonzero(f[0] * 0)", "lib.nonzero(f[0], as_tuple=True)",
    "x[:0].nonzero()", "lib.argwhere(x > 5)", "f.argwhere()", "lib.nonzero(f / 0)",
    "x.nonzero(as_tuple=False)", "g.nonzero()",
)  # fmt: skip

CHANGED = (
    "f.scatter_(0, i[0], 1), f", "f.scatter_(0, i[0], 2, reduce='add'), f",
    "x.index_fill_(0, i[0], value=3), x", "x.index_add_(0, i[0], x[:2] * 3, alpha=2), x",
    "g.index_fill_(0, i[0], 1)", "g.scatter_(0, i[0], 1)", "g.masked_fill_(b, 1)",
    "f.masked_fill_(x.T > 3, 1)", "f.masked_fill_(b, 1), f", "f.index_put_((b,), -f[:2]), f",
    "x.masked_fill_(x > 5, 1.5), x",
)  # fmt: skip

ROWS = (*REARRANGED, *STACKED, *SCATTERED, *TAKEN, *CHANGED)


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
