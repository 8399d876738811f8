"""Bad input: the engine raises what PyTorch raises, and says which shape, dtype or value is wrong.

Each row is a call, made on both sides, and what our message must name. The exception must be of
the type of PyTorch's. Names in the calls: `lib` and its `F`; `x` of shape (2, 3), which requires a
gradient; `y` of shape (3,); `m` of shape (4, 5); `d` of dtype float64; `i` of int64; `b` of bool;
`s` without dimensions; `e` without elements.
"""

import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu

from .both import both_raise
from .judge import count_case
from .runner import attempt
from .versions import as_raised

SHAPES = (
    ("x + m", "2, 3|4, 5"), ("x * lib.ones(2)", "3|2|dimension 1"), ("m - y", "5|3"),
    ("x / lib.ones(4, 1)", "2|4|dimension 0"), ("lib.maximum(x, m)", "3|5"), ("x == m", "3|5"),
    ("lib.where(x > 0, x, m)", "3|5"), ("x ** m", "3|5"), ("x.clamp(m, m)", "3|5"),
    ("x @ m", "2x3|4x5"), ("x @ lib.ones(4)", "2x3|4"), ("y @ m", "3|4x5"),
    ("y @ lib.ones(4)", "3|4"), ("s @ y", "0D|1D"), ("y @ s", "1D|0D"),
    ("lib.mm(x, y)", "mat2|[2, 3]|[3]"),
    ("lib.mm(x, m)", "2x3|4x5"), ("lib.mv(x, x)", "1|2"), ("lib.dot(x, x)", "1|2"),
    ("lib.dot(y, lib.ones(4))", "3|4"), ("lib.bmm(x, x)", "3|2"),
    ("lib.bmm(lib.ones(2, 3, 4), lib.ones(3, 4, 5))", "2|3"),
    ("lib.bmm(lib.ones(2, 3, 4), lib.ones(2, 3, 4))", "2, 4|2, 3"), ("lib.outer(x, y)", "2, 3"),
    ("lib.addmm(m, x, lib.ones(3, 4))", "5|4"), ("lib.addmm(y, x, m)", "2x3|4x5"),
    ("lib.ones(2, 3, 4) @ lib.ones(3, 4, 5)", "(2)|(3)"), ("lib.ones(2, 2, 3) @ m", "3|4x5"),
    ("x.view(4)", "4|6"), ("x.view(-1, 4)", "-1, 4|6"), ("x.view(-1, -1)", "one"),
    ("x.view(2, -2)", "-2"), ("x.reshape(5)", "5|6"), ("x.T.view(6)", "stride|reshape"),
    ("e.view(-1, 0)", "-1, 0"), ("e.reshape(0, -1)", "0"), ("x.expand(2, 4)", "4|3"),
    ("x.expand(3)", "1|2"), ("x.expand(-1, 2, 3)", "-1"), ("x.broadcast_to((3, 2))", "3|2"),
    ("x.repeat(2)", "1|2"), ("x.unflatten(1, (2, 2))", "2, 2|3"), ("x.permute(0)", "2|1"),
    ("x.permute(0, 0)", "duplicate"), ("x.t().t().unsqueeze(0).t()", "3"),
    ("x.flatten(1, 0)", "start_dim"),
    ("lib.cat([x, m])", "3|5"), ("lib.cat([x, y])", "2|1"),
    ("lib.cat([s, s])", "zero-dim"), ("lib.cat([])", "non-empty"),
    ("lib.stack([x, m])", "2, 3|4, 5"), ("lib.stack([])", "non-empty"), ("x.split(-1)", "-1"),
    ("x.split([1, 2])", "1, 2|2"), ("x.split([-1, 3])", "-1, 3"), ("x.chunk(0)", "0"),
    ("s.unbind()", "dim"), ("list(s)", "0-d"), ("len(s)", "0-d"), ("x.masked_select(m > 0)", "3|5"),
    ("x.masked_fill(m > 0, 1)", "3|5"), ("x.masked_fill(x > 0, y)", "0-dim"),
    ("x.detach().add_(m)", "3|5"), ("y.add_(lib.ones(2, 3))", "3|2, 3"),
    ("y.copy_(lib.ones(4))", "3|4"), ("x.detach().__setitem__(0, lib.ones(2))", "2|3"),
)  # fmt: skip

#: Calls with a dimension of `x` that there is not, 2 or -3, in place of {}.
DIMS = (
    "x.sum({})", "x.mean({})", "x.prod({})", "x.var({})", "x.std({})", "x.cumsum({})",
    "x.logsumexp({})", "x.amax({})", "x.max({})", "x.min({})", "x.argmax({})", "x.all({})",
    "x.any({})", "x.softmax({})", "x.log_softmax({})", "x.squeeze({})", "x.transpose(0, {})",
    "x.flip({})", "x.unbind({})", "x.split(1, {})", "x.chunk(1, {})", "x.movedim(0, {})",
    "x.flatten({})", "x.size({})", "x.stride({})", "lib.cat([x, x], {})", "x.permute(0, {})",
    "x.gather({}, x.long())", "x.index_select({}, i)", "x.unflatten({}, (1, 1))",
)  # fmt: skip

OTHER_DIMS = (
    ("x.sum((0, 0))", "0"), ("x.sum((0, -2))", "0"), ("x.unsqueeze(3)", "3"),
    ("x.unsqueeze(-4)", "-4"), ("lib.stack([x, x], 3)", "3"), ("s.sum(1)", "1"),
    ("x.mean((0, 2))", "2"), ("e.max()", "0"), ("e.argmax()", "0"), ("e.amax()", "0"),
    ("lib.ones(2, 0).max(1)", "2, 0"), ("e.min(0)", "0"), ("lib.ones(2, 0).argmin(1)", "2, 0"),
    ("lib.ones(0, 3).amin(0)", "0, 3"), ("x.flip(0, 0)", "0"),
    ("x.logsumexp(())", "dim"),
)  # fmt: skip

DTYPES = (
    ("lib.tensor([1, 2], requires_grad=True)", "floating point"), ("i.requires_grad_()", "int64"),
    ("lib.ones(2, dtype=lib.bool, requires_grad=True)", "floating point"), ("i.mean()", "Long"),
    ("i.var()", "floating point"), ("i.std()", "floating point"), ("b.mean()", "Bool"),
    ("x @ d", "float32|float64"),
    ("lib.mm(x, d)", "float32|float64"), ("lib.dot(y, lib.ones(3).double())", "float32|float64"),
    ("lib.addmm(d, x, lib.ones(3, 3))", "float64|float32"), ("i @ y", "int64|float32"),
    ("b - b", "bool"), ("x - b", "bool"), ("-b", "bool"), ("b.abs()", "Bool"),
    ("i.softmax(0)", "Long"), ("x & x", "Float"), ("~x", "integer"), ("b & x[0]", "Float"),
    ("lib.where(x, x, x)", "bool|Float"), ("x.masked_fill(i, 1)", "bool|int64"),
    ("x.masked_select(i)", "mask"), ("x[x]", "float32"), ("x[1.5]", "float"), ("x['a']", "str"),
    ("x[{}]", "dict"), ("x[lib.ones(2)]", "float32"), ("x.gather(1, x)", "float32"),
    ("x.gather(1, lib.ones(2, 3).bool())", "bool"),
    ("F.conv_transpose2d(lib.ones(2, 3, 4, 4), lib.ones(2, 3, 3, 3))", "channels"),
    ("F.unfold(lib.ones(1, 1, 2, 2), 5, padding=1)", "4, 4"),
    ("lib.linalg.cholesky(lib.ones(2, 3))", "linalg.cholesky|2 by 3"),
    ("lib.linalg.cond(lib.ones(2, 2), 3)", "invalid norm type"),
    ("lib.renorm(lib.ones(3, 0), float('inf'), 0, 1.0)", "inf norm|3, 0"),
    ("lib.renorm(lib.ones(2, 0, 3), float('inf'), 2, 1.0)", "inf norm|2, 0, 3"),
    ("lib.conv_tbc(lib.ones(1, 2, 3), lib.ones(3, 3, 4), lib.ones(4))", "kernel of 3 in 1 times"),
    ("F.linear(x, lib.ones(4, 3), y)", "bias of shape [out_features]"),
    ("lib.linalg.eigh(d, 1)", "eigh|UPLO|position 2|not int|It is 1"),
    ("lib.linalg.eigvalsh(d, UPLO=None)", "eigvalsh|UPLO|NoneType"),
    ("lib.linalg.eigh(d, 'X')", "UPLO|'X'"),
    ("F.scaled_dot_product_attention(x, d, x)", "query|float32|float64"),
    ("x.scatter(1, x.long())", "src|value"), ("F.nll_loss(x, lib.tensor(0))", "batch"),
    ("F.nll_loss(x, lib.zeros(3).long())", "2|3"), ("F.nll_loss(x, lib.zeros(1).long())", "2|1"),
    ("F.nll_loss(lib.ones(3, 2, 2), lib.zeros(2, 2).long())", "3|2"),
    ("x.scatter_add(1, x.long(), d)", "float64|float32"), ("i.add_(1.5)", "Float|Long"),
    ("b.add_(1)", "Long|Bool"), ("i.mul_(lib.ones(2))", "Float|Long"),
    ("i.div_(2)", "Float|Long"), ("lib.add(i, i, alpha=0.5)", "0.5"), ("i ** -1", "-1"),
    ("x + None", "None"), ("x + 'a'", "str"), ("x * [1, 2, 3]", "index"), ("x < None", "None"),
    ("lib.tensor('a')", "str"), ("x.add(None)", "None"), ("lib.tensor([[1, 2], [3]])", "length"),
    ("lib.tensor({1: 2})", "dict"), ("x.numpy()", "requires grad"),
    ("np.asarray(x)", "requires grad"), ("lib.from_numpy(np.array(['a']))", "<U1"),
    ("lib.from_numpy(3)", "int"), ("lib.tensor([None])", "None"),
    ("lib.set_default_dtype(lib.int64)", "int64"), ("lib.zeros(2, dtype=3)", "dtype"),
    ("y.masked_fill(y > 0, 'a')", "str"), ("lib.full((1,), 300, dtype=lib.uint8)", "300|uint8"),
    ("i.fill_(1e30)", "1e+30|int64"), ("x.detach().__setitem__(0, 'a')", "str"),
    ("lib.allclose(x, d)", "float"), ("y[:1.5]", "1.5"), ("y[::2.0]", "2.0"),
    ("y[lib.tensor(1.0):]", "tensor(1.)"), ("y['a':]", "'a'"), ("y[:i]", "slice"),
    ("y.__setitem__(slice(2.0), 0)", "2.0"), ("y.__delitem__(0)", "delet"),
    ("lib.promote_types('a', lib.int8)", "type1|'a'"),
    ("lib.promote_types(lib.int8, 1)", "type2|1"),
    ("F.one_hot(i, 'a')", "num_classes|'a'"), ("F.one_hot(i, 2.0)", "num_classes|2.0"),
    ("F.one_hot(1)", "Tensor|1"), ("s.index_select(0, i)", "2"),
    ("s.index_select(0, lib.tensor([1]))", "0"), ("s.index_copy(0, i[1:] + 1, y[:1])", "1"),
    ("lib.arange(3, dtype=lib.bool)", "bool"),
    ("lib.linspace(0, 1, 3, dtype=lib.bool)", "bool"), ("lib.arange(float('nan'))", "nan"),
    ("lib.arange(0, float('inf'))", "inf"), ("lib.arange(float('-inf'), 0)", "-inf"),
    ("lib.arange(0, 5, float('nan'))", "nonzero"),
    ("lib.Size([2, 'a'])", "item 1|str"), ("lib.Size([2.0])", "item 0|float"),
    ("lib.Size([2]) + (3.0,)", "item 1|float"), ("lib.Size([2]) * 'a'", ""), ("lib.Size(3)", ""),
    ("b.relu()", "Boolean|relu"), ("lib.nn.GRU(3, 4, proj_size=2)", "proj_size"),
    ("lib.nn.RNN(3, 4, proj_size=2)", "proj_size"),
)  # fmt: skip

#: Calls without the sizes or dimensions that they need, though none is asked for by name.
LEFT_OUT = tuple(
    (call, "size|missing")
    for call in (
        "lib.zeros()", "lib.ones()", "lib.rand()", "lib.randn()", "lib.empty()", "x.expand()",
        "lib.ones(dtype=lib.int32)", "x.broadcast_to()", "x.sum_to_size()", "x.detach().resize_()",
        "y.new_zeros()", "y.new_ones()",
    )
) + (
    ("x.flip()", "dims"), ("x.tile()", "dims"), ("x.permute()", "dims"), ("s.permute()", "dims"),
    ("x.reshape()", "shape"), ("s.reshape()", "shape"), ("x.repeat()", "repeats"),
    ("x.view()", "size"), ("s.view()", "size"), ("lib.tile(x)", "dims"), ("lib.flip(x)", "dims"),
)  # fmt: skip

#: What is no tensor in the place of a loss's argument.
LOSSES = (
    ("F.cross_entropy(x, [0, 1])", "target|list"), ("F.cross_entropy(x, np.ones(2))", "target"),
    ("F.cross_entropy(x, 1)", "target|1"), ("F.cross_entropy(1, i)", "input|1"),
    ("F.cross_entropy(x, i, [1.0, 1.0, 1.0])", "weight|list"), ("F.nll_loss(x, 1)", "target|1"),
    ("F.cross_entropy(x, x, [1.0, 1.0, 1.0])", "weight|list"),
    ("F.nll_loss([x], i)", "input|list"), ("F.nll_loss(x, i, 1.0)", "weight|1.0"),
    ("F.kl_div(x, 1, reduction='sum')", "target|1"), ("F.kl_div(1, x, reduction='sum')", "input|1"),
    ("F.soft_margin_loss(y, 1)", "target|1"), ("F.poisson_nll_loss(y, 1)", "target|1"),
    ("F.poisson_nll_loss(1, y)", "input|1"), ("F.multi_margin_loss(x, 1)", "target|1"),
    ("F.multi_margin_loss(1, i)", "input|1"), ("F.multilabel_margin_loss(x, 1)", "target|1"),
    ("F.cosine_embedding_loss(x, 1, y[:2])", "input2|1"),
    ("F.cosine_embedding_loss(x, x, 1)", "target|1"),
    ("F.triplet_margin_loss(x, x, 1)", "negative|1"),
    ("F.triplet_margin_loss(x, 1, x)", "positive|1"),
    ("F.binary_cross_entropy_with_logits(y, y, 1.0)", "weight|1.0"),
    ("F.binary_cross_entropy_with_logits(y, y, pos_weight=1.0)", "pos_weight|1.0"),
)  # fmt: skip

VALUES = (
    ("x[2]", "2|0"), ("x[-3]", "-3|2"), ("x[0, 3]", "3|1"), ("x[0, 0, 0]", "2|3"),
    ("x[lib.tensor([0, 2])]", "2|0"), ("x[:, lib.tensor([-4])]", "-4|3"), ("x[::-1]", "step"),
    ("x[::0]", "step"), ("x[lib.tensor([True, False, True])]", "3|2, 3"), ("x[m > 0]", "4, 5|2, 3"),
    ("s[0]", "0"), ("x[lib.tensor([0, 1]), lib.tensor([0, 1, 2])]", "2|3"),
    ("x[lib.tensor([[True]])]", "1, 1"), ("x.gather(1, lib.full((2, 1), 3))", "3|1"),
    ("x.gather(0, lib.full((1, 3), -1))", "-1|0"), ("x.gather(1, i)", "2, 3|2"),
    ("x.gather(0, lib.zeros(1, 4).long())", "4|3"),
    ("x.scatter_add(1, lib.full((2, 1), 3), x)", "3"),
    ("x.scatter_add(0, lib.zeros(3, 3).long(), x)", "3"),
    ("x.index_select(0, lib.tensor([2]))", "2"), ("x.index_select(0, lib.tensor([-1]))", "0"),
    ("x.index_select(0, lib.zeros(1, 2).long())", "1, 2"), ("x.index_select(0, y)", "float32"),
    ("x.item()", "6"), ("e.item()", "0"), ("bool(x)", "more than one"), ("bool(e)", "no value"),
    ("int(x)", "6"), ("float(x)", "6"), ("range(x)", "integer"),
    ("[1, 2][lib.tensor(0.0)]", "integer"), ("x.clamp()", "min"), ("lib.zeros(-1)", "-1"),
    ("lib.ones(2, -3)", "-3"), ("lib.arange(0, 5, -1)", "step"), ("lib.arange(1, 2, 0)", "step"),
    ("lib.linspace(0, 1, -2)", "-2"), ("lib.full((-1,), 2)", "-1"), ("lib.eye(-1)", "-1"),
    ("lib.zeros(2, device='nowhere')", "nowhere"), ("x.reshape('a')", "'a'"), ("x.sum('a')", "str"),
    ("x.backward()", "2, 3"), ("y.sum().backward()", "grad"),
    ("x.sum().backward(lib.ones(2))", "2"), ("x.backward(lib.ones(3, 2))", "3, 2|2, 3"),
    ("x.sum().backward(inputs=[])", "inputs"), ("lib.autograd.grad(x.sum(), y)", "grad"),
    ("lib.autograd.grad(y.sum(), x)", "grad"), ("lib.autograd.grad(x * 2, x)", "2, 3"),
    ("lib.autograd.grad(x.sum(), [])", ""), ("x.add_(1)", "leaf"), ("x.zero_()", "leaf"),
    ("x.__setitem__(0, 1.0)", "leaf"), ("setattr(x, 'grad', y)", "3|2, 3"),
    ("setattr(x, 'grad', d[:2])", "float64|float32"), ("setattr(x, 'grad', 1.0)", "float"),
    ("y.retain_grad()", "grad"), ("y.register_hook(print)", "gradient"),
    ("setattr(x * 2, 'requires_grad', False)", "leaf"), ("lib.multinomial(y, 0)", "0"),
    ("lib.randint(3, 3, (2,))", "3"), ("lib.randperm(-1)", "-1"),
    ("lib.pdist(x, float('nan'))", "nan"), ("lib.cdist(x, x, float('nan'))", "nan"),
    ("lib.pdist(x, -1)", "-1"), ("lib.float_power(x, b'a')", "bytes"),
    ("lib.float_power('1.5', x)", "str"), ("x.float_power({})", "dict"),
    ("lib.float_power(2, 3)", "float_power|2, 3"), ("lib.isclose(y, y, -0.5)", "-0.5 and 1e-08"),
    ("lib.isclose(y, y, atol=-2)", "1e-05 and -2"), ("lib.allclose(y, y, 3, -2)", "3 and -2"),
    ("lib.add(y, y, alpha='a')", "add|alpha|position 3|str"),
    ("y.sub(y, alpha=[1])", "sub|alpha|position 3|list"),
    ("lib.einsum('ij,jk', x, x)", "dimensions j have sizes 3 and 2"),
    ("lib.einsum('aA,Ab', x, x)", "dimensions A have sizes 3 and 2"),
    ("lib.einsum('...,...', x, m)", "dimensions ... have sizes"),
    ("lib.einsum('ii', x)", "subscript i is"),
    ("lib.einsum(x, [0, 27], x, [27, 2])", "dimensions b have sizes"),
    ("F.scaled_dot_product_attention(lib.ones(5, 4, 6), lib.ones(3, 4, 6), lib.ones(3, 4, 6), "
     "enable_gqa=True)", "enable_gqa|[3, 4, 6]|[5, 4, 6]"),
    ("lib.linalg.matrix_norm(x, dim=lib.tensor([0]))", "dim"),
    ("lib.linalg.matrix_norm(x, dim=1.5)", "dim|1.5"), ("lib.linalg.matrix_norm(x, dim=0)", "0"),
    ("lib.linalg.matrix_norm(x, dim=None)", "None"), ("lib.linalg.matrix_norm(x, dim='ab')", "ab"),
    ("lib.index_put(lib.zeros(4, 3, 1), (i,), lib.ones(5), True)", "5|2, 3, 1"),
    ("lib.index_put(lib.zeros(4, 3, 1), (i,), lib.ones(5))", "5|2, 3, 1"),
    ("lib.index_put(lib.zeros(4), (i,), lib.ones(2, 2), True)", "2, 2"),
)  # fmt: skip

BAD_DIMS = tuple((call.replace("{}", bad), bad) for call in DIMS for bad in ("2", "-3"))
ROWS = [
    pytest.param(call, words, id=call)
    for call, words in (*SHAPES, *BAD_DIMS, *OTHER_DIMS, *DTYPES, *VALUES, *LEFT_OUT, *LOSSES)
]


def names(library):
    return {
        "lib": library,
        "F": library.nn.functional,
        "np": np,
        "x": library.ones(2, 3).requires_grad_(),
        "y": library.ones(3),
        "m": library.ones(4, 5),
        "d": library.ones(3, 3).double(),
        "i": library.tensor([1, 0]),
        "b": library.tensor([True, False]),
        "s": library.tensor(1.0),
        "e": library.ones(0),
    }


@pytest.mark.parametrize(("call", "words"), ROWS)
def test_error(call, words):
    count_case()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, expected = attempt(lambda: eval(call, names(torch)))
    result, error = attempt(lambda: eval(call, names(tinygrad_edu)))
    assert expected is not None, f"PyTorch accepts {call}"
    expected = as_raised(expected)
    assert error is not None, f"{call} gives {result!r}, PyTorch raises {expected!r}"
    assert isinstance(error, type(expected)), f"{call} raises {error!r}, PyTorch {expected!r}"
    told = "\n".join([str(error), *getattr(error, "__notes__", ())])
    missing = [word for word in words.split("|") if word not in told]
    assert not missing, f"{error!r} does not name {missing}"
    # Python's own words for a slip inside the engine are no message to a user.
    assert "object has no attribute" not in str(error) and "ufunc" not in str(error), repr(error)


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
@pytest.mark.parametrize(
    "call", ["lib.where(x > 0, x, n)", "lib.where(b, n, i)", "y.fill_(n)", "i.masked_fill(b, n)"]
)
def test_integers_of_more_than_64_bits(call, number):
    both_raise(lambda lib: eval(call, names(lib) | {"n": number}))


def test_there_is_no_other_device():
    with pytest.raises(AssertionError, match="CUDA"):
        tinygrad_edu.ones(2).to("cuda")
    assert str(tinygrad_edu.ones(2).to("cpu").device) == "cpu"


@pytest.mark.parametrize("name", ["conv7d", "cuda_stream", "Tensr"])
def test_what_is_missing_is_named(name):
    with pytest.raises(AttributeError, match=name):
        getattr(tinygrad_edu, name)
    with pytest.raises(AttributeError, match=name):
        getattr(tinygrad_edu.ones(2), name)
