"""What moves or sums along dimensions returns its result row by row, whatever it was given.

So PyTorch has it, and a `view` of the result is always there. Images keep their channels last
where PyTorch keeps them. Functions of single elements return what lies as their argument does.
"""

import numpy as np
import pytest
import torch

import tinygrad_edu

from .judge import count_case

#: Of `x`, two dimensions of which are swapped; `m`, a transposed matrix; `c`, images with their
#: channels last, and `i`, images without.
CALLS = (
    "x.softmax(-1)", "x.softmax(1)", "x.log_softmax(-1)", "x.log_softmax(0)", "F.softmin(x, -1)",
    "F.gumbel_softmax(x, dim=-1)", "c.softmax(1)", "c.log_softmax(1)", "m.softmax(0)",
    "F.layer_norm(x, (4,))", "F.layer_norm(x, (4,), lib.ones(4), lib.ones(4))",
    "F.layer_norm(x, (3, 4))", "F.rms_norm(x, (4,))", "F.rms_norm(x, (4,), lib.ones(4))",
    "F.batch_norm(x, None, None, training=True)", "F.instance_norm(x)", "F.group_norm(x, 1)",
    "F.batch_norm(c, None, None, training=True)", "x.cumsum(-1)", "x.cumsum(0)", "c.cumsum(1)",
    "x.cumprod(1)", "x.logcumsumexp(-1)", "x.cummax(1)[0]", "x.cummax(1)[1]", "x.cummin(2)[0]",
    "lib.stack([x])", "lib.stack([m, m])", "lib.stack([m, m], 1)", "lib.stack([m], -1)",
    "lib.stack([c, c])", "lib.stack([c, i])", "lib.cat([x])", "lib.cat([x, x], 1)",
    "lib.cat([m, m], -1)", "lib.cat([c, c], 1)", "lib.cat([c, i])", "lib.cat([i, c])",
    "x.repeat(1, 1, 1)", "m.repeat(2, 1, 1)", "x.tile(2)", "x.index_select(0, lib.tensor([1]))",
    "x.index_select(2, lib.tensor([0, 0]))", "i.index_select(1, lib.tensor([0, 2]))",
    "lib.ones(1).expand(3).softmax(0)", "lib.ones(1, 3).expand(2, 3).cumsum(0)",
    "lib.tensor(1.0).softmax(0)", "lib.tensor(1.0).cumsum(0)", "x[:0].softmax(-1)",
    "x.sum(0)", "x.sum(0, True)", "x.sum((0, 1))", "x.mean(0)", "x.mean(0, True)", "c.sum(0)",
    "c.mean(0)", "c.mean((2, 3))", "x.roll(1, 0)", "x.roll(1)",
    "x.amax(0)", "x.amin(0)", "x.amin(0, True)", "x.prod(0)", "x.prod()", "x.logsumexp(0)",
    "x.logsumexp(1, True)", "i[:, lib.tensor([0, 1])]",
    "i[:, :, lib.tensor([1, 0])]", "i[:, lib.tensor([0, 1]), lib.tensor([2, 0])]",
    "i[:, lib.tensor([True, False, True])]", "i[lib.tensor([0, 1]), :, lib.tensor([2, 0])]",
    "i[:, :, [0, 1], 1:]", "i[1, :, [0, 1]]", "i[lib.tensor([1])]", "i[i > 3]",
    "x.var(0)", "x.std(0, keepdim=True)", "x.var((0, 1))", "c.var(1)", "c.std((0, 2))",
    "x.norm(2, 0)", "x.norm(1, 1, True)", "x.norm(float('inf'), 0)", "c.norm(2, 1)", "c.norm(3, 0)",
    "lib.linalg.vector_norm(x, dim=0)", "lib.linalg.vector_norm(c, 0, 1)",
    "x.any(0)", "x.all(0, True)", "c.all(1)", "c.any((0, 2))", "x.nansum(0)", "c.nansum(1)",
    "x.median(0)[0]", "c.median(1)[1]", "c.nanmedian(0)[0]", "F.one_hot(x.long() % 3)",
    "F.one_hot(c.long(), 120)", "F.one_hot(m.long())",
    "x.relu()", "x.exp()", "F.gelu(x)",
    "c.sigmoid()",
    *(f"F.batch_norm({x}, lib.zeros(3), lib.ones(3), training={training})" for x in "ic"
      for training in (True, False)),
)  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_steps(call):
    count_case()
    results = []
    for library in (tinygrad_edu, torch):
        names = {"lib": library, "F": library.nn.functional}
        names["x"] = library.arange(24.0).reshape(2, 4, 3).transpose(1, 2)
        names["m"] = library.arange(6.0).reshape(2, 3).t()
        names["i"] = library.arange(120.0).reshape(2, 3, 4, 5)
        names["c"] = names["i"].contiguous(memory_format=library.channels_last)
        results.append(eval(call, names))
    ours, theirs = results
    assert ours.shape == theirs.shape
    assert ours.is_contiguous() == theirs.is_contiguous()
    if theirs.is_contiguous():
        assert ours.view(-1).shape == (theirs.numel(),)
    else:
        assert ours.stride() == theirs.stride()


GRADIENTS = (
    "F.max_pool2d(y, 2, padding=1)", "F.avg_pool2d(y, 2, padding=1)", "F.unfold(y, 2, padding=1)",
    "F.lp_pool2d(y, 2, 2)", "F.interpolate(y, scale_factor=2, mode='bilinear')",
    "F.adaptive_avg_pool2d(y, 3)", "F.adaptive_max_pool2d(y, 3)", "F.normalize(y)",
    "F.conv2d(y, y.new_ones(3, 4, 2, 2), padding=1)", "y.softmax(1)", "F.layer_norm(y, (5,))",
    "F.batch_norm(y, None, None, training=True)", "F.group_norm(y, 2)", "y[:, [0, 1]]",
    "y.amax(1)", "y.sort(1)[0]", "y.prod(1)", "y.logcumsumexp(1)", "y.roll(1, 1)",
    "F.pixel_shuffle(y, 2)", "F.pixel_unshuffle(y[..., :4], 2)",
    *(f"F.pad(y, (1, 1, 1, 1), '{mode}')" for mode in ("circular", "reflect", "replicate")),
)  # fmt: skip


@pytest.mark.parametrize("call", GRADIENTS)
def test_steps_of_gradients(call):
    count_case()
    strides = []
    for library in (tinygrad_edu, torch):
        x = library.arange(240.0).reshape(2, 4, 6, 5).requires_grad_()
        y = x * 1
        y.retain_grad()
        z = eval(call, {"F": library.nn.functional, "y": y})
        (grad,) = library.autograd.grad((z * z).sum(), y, retain_graph=True)
        (z * z).sum().backward()
        strides.append([t.stride() for t in (z, grad, y.grad, x.grad)])
    assert strides[0] == strides[1]


def test_attention_written_by_hand():
    """Shares of the keys as many columns, and the gradient back through both steps."""
    grads = []
    for library in (tinygrad_edu, torch):
        scores = library.arange(24.0).reshape(2, 4, 3).sin().requires_grad_()
        shares = scores.transpose(1, 2).softmax(-1).view(2, 12)
        (shares * shares).sum().backward()
        grads.append(scores.grad.numpy())
    np.testing.assert_allclose(*grads, rtol=1e-5, atol=1e-7)
