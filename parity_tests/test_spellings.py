"""The many ways to write one call: NumPy's names, operators, numbers in place of tensors.

Each row is an expression, evaluated on both sides: the results must agree, with their dtypes, or
the exceptions, by their types; and where PyTorch warns, so must the engine. Names in them: `lib`,
`np`, `x` of int64 and shape (3, 4), `f` of shape (3,), `g` which requires a gradient, `t` of shape
(2, 3, 4), `b` of bools, `i` of int64 and shape (1, 2).
"""

import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu

from .judge import check, count_case
from .runner import attempt, compare_errors, flat

OPERATORS = (
    "f // 2", "7 // f", "f % 2", "7 % f", "x // 3", "x % 3", "-7 % (x + 1)", "x // 0", "x % 0",
    "x.fmod(0)", "f // 0", "f % 0", "b // 2", "b % 2", "b // b", "divmod(f, 2)", "divmod(7, x)",
    "lib.div(x, 0, rounding_mode='trunc')", "lib.div(f, 2, rounding_mode='up')",
    "lib.div(7, f, rounding_mode='floor')", "lib.div(x, 2, rounding_mode=None)",
    "lib.div(7, f, rounding_mode='trunc')", "lib.div(x, -2, rounding_mode='trunc')",
    "lib.floor_divide(7, f)", "lib.floor_divide(7, 3)", "lib.remainder(7, 3)", "lib.fmod(7, f)",
    "lib.remainder(7, f)", "lib.true_divide(x, 2)", "x << 1", "x >> 1", "1 << x", "100 >> x",
    "x << 65", "-x >> 70", "f << 1", "b << b", "b << 1", "x.bitwise_left_shift(2)",
    "lib.bitwise_right_shift(x, 1)", "lib.zeros(0, dtype=lib.int32) % 0", "f // 'a'", "f % None",
    "(g // 2).sum().backward()", "(7 // g).sum().backward()", "(7 % g).sum().backward()",
    "(g // 2).grad_fn is None", "repr(g // 2)",
)  # fmt: skip

NUMPY_NAMES = (
    "x.sum(axis=0)", "x.sum(axis=(0, 1), keepdims=True)", "lib.sum(x, axis=1)", "lib.sum(a=x)",
    "x.sum(0, keepdims=True)", "x.sum(dim=0, axis=0)", "g.mean(axis=0, keepdims=True)",
    "x.prod(axis=0)", "g.var(axis=0)", "g.std(axis=0, keepdims=True)", "x.amax(axis=0)",
    "x.amin(axis=1, keepdims=True)", "tuple(x.max(axis=0))", "tuple(x.min(axis=0, keepdims=True))",
    "x.argmax(axis=0)", "x.argmin(axis=0, keepdims=True)", "x.all(axis=0)", "x.any(axis=1)",
    "x.cumsum(axis=0)", "g.logsumexp(axis=0)", "g.softmax(axis=0)", "g.log_softmax(axis=0)",
    "lib.cat([x, x], axis=1)", "lib.stack([x, x], axis=1)", "x.squeeze(axis=0)",
    "x.unsqueeze(axis=0)", "x.unbind(axis=0)", "x.chunk(2, axis=1)", "x.flip(axis=0)",
    "x.index_select(axis=0, index=lib.tensor([0]))", "x.gather(axis=0, index=x % 3)",
    "lib.exp(x=f)", "lib.exp(a=f)", "lib.maximum(x1=f, x2=g)", "lib.maximum(f, x2=g)",
    "lib.exp(y=f)", "lib.exp(f, x=f)", "x.split(2, axis=0)", "lib.flatten(x, axis=0)",
)  # fmt: skip

FORMS = (
    "g.var(0, False)", "g.var(False)", "g.std(True)", "g.var(0, True, True)", "g.var(0, 1)",
    "g.var(unbiased=False)", "g.var(0, unbiased=False, keepdim=True)", "g.var(0, correction=None)",
    "x[:0].double().var(0, correction=-7)", "x[:0].double().var(1, correction=0)",
    "g.std(None, True, True)", "g.std(unbiased=None)", "g.std(0, None)", "g.var(keepdim=True)",
    "g.var((0,), False)", "g.var(dim=None, unbiased=False)", "g.var(0, correction=0)",
    "g.var(0, correction=0, unbiased=False)", "g.var(0, False, correction=1)", "g.var(True, True)",
    "g.var(True, keepdim=True)", "lib.std(f, 0, False, True)", "x.var(False)",
    "(x + 2526497193922298463).round()", "f.round(decimals=1)", "f.round(decimals=-1)",
    "f.round(decimals=0)", "f.round(1)",
    "x.round(decimals=1)", "x.round(decimals=0)", "f.round(decimals=40)", "f.round(decimals=0.5)",
    "f.half().round(decimals=2)", "(f / 7).double().round(decimals=3)", "g.round(decimals=1)",
    "lib.where(x > 9)", "lib.where(x)", "lib.where(f)", "lib.where(lib.tensor(3.0))",
    "lib.where(lib.tensor(0))", "lib.where(condition=x > 9)", "lib.where(x > 9, x)",
    "lib.where(x > 9, input=x, other=0)", "lib.where(x.to(lib.uint8), 1, 0)",
    "lib.where(f > 0, 1, 2)", "lib.where(f > 0, 1, 2.0)", "lib.where(f > 0, True, 2)",
    "lib.broadcast_to(f, (2, 3))", "f.broadcast_to(2, 3)", "f.broadcast_to(size=(2, 3))",
    "x.reshape(shape=(12,))", "x.view(size=(2, 6))", "x.repeat(repeats=(1, 2))",
    "f.expand(size=(2, 3))", "x.permute(dims=(1, 0))", "x.flip(dims=(0,))",
)  # fmt: skip

BITS = (
    "f.view(lib.int32)", "f.view(lib.float64)", "x.view(lib.int32)", "x.view(lib.uint8)",
    "x.T.view(lib.int32)", "x.T.view(lib.float64)", "x.float().view(lib.float64)",
    "x.float().T.view(lib.float64)", "f[0].view(lib.uint8)", "f[0].view(lib.int32)",
    "g.view(lib.int32)", "(g * 2).view(lib.float16)", "(g * 2).view(lib.float32)",
    "g.view(lib.float32).requires_grad", "f.view(dtype=lib.int32)", "f.view(lib.float64, 2)",
    "lib.ones(2, 3)[:, :2].view(lib.float64)", "lib.ones(2, 4)[:, 2:].view(lib.float64)",
    "lib.ones(2, 4)[:, 1:3].view(lib.float64)", "lib.ones(4)[::2].view(lib.int16)",
    "lib.ones(0, 2).view(lib.float64)", "b.view(lib.uint8)",
    "lib.ones(1).expand(2).view(lib.int16)", "lib.zeros(0).view(lib.int8)",
)  # fmt: skip

NOT_TENSORS = (
    "lib.exp(1.0)", "lib.exp(None)", "lib.exp([1.0])", "lib.exp(np.ones(2))", "lib.exp()",
    "lib.exp(f, f)", "lib.maximum(f, 0)", "f.maximum(0.5)", "lib.minimum(1, f)", "lib.neg(1)",
    "lib.abs(-1)", "lib.sum(1)", "lib.sum([1])", "lib.mean(1.0)", "lib.square(2)", "lib.max(1)",
    "lib.eq(1, f)", "lib.eq(1, 1)", "lib.gt(1, f)", "lib.lt(f, 1)", "lib.clamp(1.0, 0, 1)",
    "lib.where(True, f, 1)", "lib.where(1, 2, 3)", "lib.logical_and(f, 1)", "lib.isnan(1.0)",
    "lib.logical_not(1)", "lib.bitwise_and(x, 3)", "lib.bitwise_and(3, x)", "lib.argmax(1)",
    "lib.bitwise_and(3, 3)", "lib.bitwise_not(3)", "lib.equal(f, 1)", "lib.allclose(f, 1)",
    "lib.bitwise_left_shift(3, 3)", "lib.mm(x, 1)", "lib.matmul(f, 1)", "lib.dot(f, 2)",
    "lib.outer(f, 1)", "lib.reshape(1, (1,))", "lib.cat(1)", "lib.cat([1, 2])", "lib.stack([1])",
    "lib.gather(f, 0, 1)", "lib.gather(f, 0, [1])", "lib.softmax(1.0, 0)", "lib.relu(1.0)",
    "lib.sigmoid(1)", "lib.tanh(1.0)", "lib.nn.functional.relu('a')", "lib.var(1.0)",
    "lib.cumsum(1, 0)", "lib.masked_fill(f, True, 0)", "lib.masked_select(f, True)",
    "lib.index_select(f, 0, [1])", "lib.flatten(1)", "lib.transpose(1, 0, 1)", "lib.t(1)",
    "lib.unsqueeze(1, 0)", "lib.clone(1)", "lib.logsumexp(1.0, 0)", "lib.unbind(1)",
    "lib.chunk(1, 1)", "lib.add(1, 2)", "lib.add(1, f)", "lib.add(True, False)", "lib.sub(1, f)",
    "lib.mul(2, 3)", "lib.div(2, 3)", "lib.div(2, f)", "lib.pow(2, f)", "lib.pow(2, 3)",
    "lib.add(f, 'a')", "lib.add(f, [1, 2, 3])", "f @ 1", "1 @ f",
)  # fmt: skip

DATA = (
    "lib.tensor([np.float64(1), 2.0])", "lib.tensor([2.0, np.float64(1)])",
    "lib.tensor([np.float32(1), 2.0])", "lib.tensor([np.float32(1), np.float64(2)])",
    "lib.tensor([np.float16(1), 2])", "lib.tensor([np.float16(1), 2.0])",
    "lib.tensor([np.int32(1)])", "lib.tensor([np.int32(1), 2])", "lib.tensor([np.bool_(1)])",
    "lib.tensor([np.int8(1), np.uint8(2)])", "lib.tensor([np.float32(1), np.int64(3)])",
    "lib.tensor([[np.float64(1)], [2]])", "lib.tensor(np.bool_(1))", "lib.tensor([[], []])",
    "lib.tensor([np.array([1, 2], np.int32), [3.0, 4]])", "lib.tensor([np.array([1.0, 2])])",
    "lib.tensor([[3.0, 4], np.array([1, 2], np.int32)])", "lib.tensor([np.array([])])",
    "lib.tensor([lib.tensor(1.0), 2])", "lib.tensor([lib.tensor(1), 2.5])",
    "lib.tensor([lib.tensor(1, dtype=lib.int32), 2])", "lib.tensor([lib.tensor([[1.0]])])",
    "lib.tensor([f[0].double(), 1.0])", "lib.tensor([f[:1], 3])", "lib.tensor([f[:2]])",
    "lib.tensor([lib.ones(0)])", "lib.tensor([[lib.tensor(1.0), 2], [3, 4]])", "lib.tensor([b[0]])",
    "lib.tensor([lib.tensor(1.0), np.float64(1)])", "lib.tensor([f[0], f[1]])",
    "lib.tensor([np.float64(1.5)], dtype=lib.int64)", "lib.as_tensor([np.float64(1.5)])",
    "lib.tensor(range(3))", "lib.tensor([range(3)])", "lib.tensor([[1], 2])",
    "lib.tensor([1, [2]])", "lib.tensor([None])", "lib.tensor([2**63])", "lib.tensor(2**70)",
    "lib.tensor([1, np.int8(2)])", "lib.Tensor([np.float64(1)])", "lib.Tensor([lib.tensor(1)])",
    "lib.tensor([np.arange(3)[::-1]])",
    "lib.from_numpy(np.arange(3)[::-1])", "lib.as_tensor(np.arange(3)[::-1])",
    "lib.tensor(np.arange(3)[::-1])", "lib.from_numpy(np.zeros((0, 3))[::-1])",
    "lib.from_numpy(np.array(['a']))", "lib.from_numpy(np.array([None]))",
    "lib.from_numpy(np.arange(3).astype('>i8'))", "lib.tensor(np.arange(3).astype('>i8'))",
    "lib.from_numpy(np.zeros(2, [('a', 'i1'), ('b', 'f8')])['b'])", "lib.from_numpy(np.float64(1))",
    "lib.tensor(np.broadcast_to(np.ones(1), (3,)))", "lib.from_numpy(np.longdouble([1]))",
)  # fmt: skip

INDICES = (
    "x[[[0, 1], [1, 0]]]", "x[[0, 1]]", "x[[True, False, True]]", "x[[[True, False, True]]]",
    "x[[[0, 1]]]", "x[[[[0, 1]]]]", "x[[slice(0, 2), 1]]", "x[[None, 0]]", "x[[..., 0]]",
    "x[[0, lib.tensor(1)]]", "x[[lib.tensor([0, 1]), lib.tensor([1, 0])]]", "x[[]]", "x[[[]]]",
    "x[[[0, 1], [1, 0]], [1, 2]]", "x[[1.5]]", "x[[True, 0]]", "x[[np.int64(0), 1]]",
    "x[[np.array([0, 1]), np.array([1, 0])]]", "x[np.array([[0, 1], [1, 0]])]",
    "x[((0, 1), (1, 0))]", "x[(0, 1),]", "x[[(0, 1), (1, 0)]]", "x[[0, 1], [1, 0]]",
    "x[[[0, 1], 1]]", "x[[range(2), 1]]", "x[range(2)]", "x[[True]]", "x[True, [0, 1]]",
    "x[[[0, 1], [1, 0], [2, 2]]]", "x[[[0, 1], [1, 0]], :]", "x[np.array(1)]", "x[np.array(True)]",
    "x[[False, False, False]]", "x[[x > 3]]", "x[[0] * 33]", "x[[[[0, 1], [1, 0]]]]",
    "x[[[0]] * 31]", "x[[[0]] * 32]",
    "x[lib.tensor([0, 1], dtype=lib.int16)]", "x[lib.tensor([0, 1], dtype=lib.int8)]",
    "x[lib.tensor([0, 1], dtype=lib.int32)]", "x[np.array([0, 1], np.int8)]", "x[[1, [0]]]",
    "x[lib.tensor(True)]", "x[np.True_]", "x[np.float64(1)]", "x[1.5]",
    "x.__setitem__([[0, 1], [1, 0]], 5), x", "x.__setitem__([0, 2], 5), x",
    "x.__setitem__([[0, 1]], lib.tensor([1, 2, 3, 4])), x", "x.__setitem__([1.5], 5), x",
    "t.__setitem__((0, slice(None), lib.tensor([1, 0])), t[1, :, :2] * 7), t",
    "t.__setitem__((lib.tensor(1), slice(None), [1, 0]), t[0, :, :2] * 7), t",
    "t.__setitem__((slice(None), 1, lib.tensor([1, 0])), t[:, 2, 1:3] * 7), t",
    "t[0, :, lib.tensor([1, 0])]", "t[lib.tensor([1, 0]), :, 1]",
    "x.__setitem__(lib.tensor([1, 0, 1], dtype=lib.uint8), lib.tensor([1, 2, 3, 4])), x",
)  # fmt: skip

SHAPELESS = (
    "x[lib.tensor([1]):]", "x[lib.tensor(True):]", "x[np.int64(1):]", "x[:2:lib.tensor(1)]",
    "f[0].index_select(0, lib.tensor([0]))", "f[0].index_select(0, lib.tensor(0))",
    "lib.autograd.grad(g[1].index_select(0, lib.tensor([0])), g)",
    "f[0].index_select(-1, lib.tensor([0])).add_(1), f",
    "f[0].index_copy(0, lib.tensor([0]), f[1:2])", "f[0].index_copy(0, lib.tensor(0), f[1:2])",
    "f[0].index_copy(0, lib.tensor([0]), f[1])", "f[0].index_copy_(0, lib.tensor([0]), f[1:2]), f",
    "lib.autograd.grad(f[0].index_copy(0, lib.tensor([0]), g[1:2]), g)",
    "lib.autograd.grad(g[0].index_copy(0, lib.tensor([0]), f[1:2]), g)",
    "lib.zeros(())", "lib.zeros(size=())", "lib.ones([])", "lib.empty(size=(0,))",
    "f[0].permute(())", "f[0].permute(dims=())", "f[:1].view(size=())", "f[:1].reshape(())",
    "f[:1].reshape(shape=())", "f.flip(())", "f[0].expand(())", "f[0].expand_as(f[1])",
    "f[:1].view_as(f[0])", "f[:1].reshape_as(f[0])", "f[:1].squeeze()", "f.sum_to_size(())",
    "f.view(dtype=lib.int32)", "lib.broadcast_tensors(f[0], f[1])", "f.quantile(lib.tensor(0.5))",
    "f[:1].resize_(())", "f[:1].resize_as_(f[0])", "lib.meshgrid(f[0], f[1], indexing='ij')",
    "repr(lib.Size([2]) * 2)", "repr(2 * lib.Size([2, 3]))", "repr((1,) + lib.Size([2]))",
    "repr(lib.Size([lib.tensor(2), np.int64(3), True]))", "repr(lib.Size(lib.tensor([2, 3])))",
    "repr(lib.Size())", "lib.nn.functional.l1_loss(f, f + 1, 0)",
    "lib.nn.functional.mse_loss(f, f + 1, 1, 0)", "lib.nn.functional.mse_loss(f, f + 1, 1, 1)",
    "lib.arange(0, 5, float('inf'))", "lib.arange(1, 1.3, 0.1)", "lib.arange(0, 0.6, 0.2)",
    "lib.arange(5, 1, -1.5)", "lib.arange(3, 3)", "lib.arange(0, 1, 0.1)",
)  # fmt: skip

ROWS = (*SHAPELESS, *DATA, *INDICES, *OPERATORS, *NUMPY_NAMES, *FORMS, *BITS, *NOT_TENSORS)

#: PyTorch warns of these once in a process, and so perhaps not here: masks of uint8, that lists of
#: arrays are slow (which they are not in the engine, so it does not warn), arguments left out, and
#: scatter's older way to reduce.
WARNED_ONCE = (
    "uint8",
    "meshgrid(",
    "lib.cross(",
    "reduce='max'",
    "i, x, reduce=",
    "[np.array(",
    ", np.array(",
    "[np.arange(",
)


def names(library):
    return {
        "lib": library,
        "np": np,
        "x": library.arange(12).reshape(3, 4),
        "f": library.tensor([1.0, -2.0, 7.5]),
        "g": library.tensor([1.0, -2.0, 7.5], requires_grad=True),
        "t": library.arange(24.0).reshape(2, 3, 4),
        "b": library.tensor([True, False, True]),
        "i": library.tensor([[0, 1]]),
    }


def outcome(expression, library):
    """The result, what was raised, and whether there was a warning for the user."""
    given = names(library)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result, error = attempt(lambda: eval(expression, given))
    return result, error, any(w.category in (UserWarning, RuntimeWarning) for w in caught)


def judge_expression(expression):
    """Raise unless both sides make the same of it."""
    count_case()
    expected, their_error, they_warn = outcome(expression, torch)
    got, error, we_warn = outcome(expression, tinygrad_edu)
    compare_errors(error, their_error)
    if error is not None:
        assert "object has no attribute" not in str(error), repr(error)
    if not any(word in expression for word in WARNED_ONCE):
        assert we_warn == they_warn
    assert len(flat(got)) == len(flat(expected))
    for mine, theirs in zip(flat(got), flat(expected), strict=True):
        if isinstance(theirs, torch.Tensor):
            check(mine, theirs)
        else:
            assert mine == theirs


@pytest.mark.parametrize("expression", ROWS, ids=str)
def test_spelling(expression):
    judge_expression(expression)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda f: tinygrad_edu.exp(1.5), r"exp.*'input'.*position 1.*float\nIt is 1.5"),
        (lambda f: f.maximum(3), r"maximum.*'other'.*position 2.*int\nIt is 3"),
        (lambda f: tinygrad_edu.relu("a"), "relu.*'input'.*str"),
    ],
)
def test_the_message_names_function_argument_and_value(call, words):
    with pytest.raises(TypeError, match=words):
        call(tinygrad_edu.ones(3))
