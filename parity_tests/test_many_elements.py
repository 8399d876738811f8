"""Ops that compute otherwise where there are many elements: all is as it is where there are few."""

import math

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.ops.masks import LARGE, chosen

from .bridge import LAYOUTS
from .compare import compare
from .judge import count_case

ROWS, COLUMNS = 120, 2 * LARGE // 120

#: Of `x` and `y`, numbers of all kinds, and `m`, a random mask; `x` and `y` are often equal.
CALLS = (
    "lib.where(m, x, y)", "lib.where(m, x, 0.5)", "lib.where(m, x[:1], y[:, :1])",
    "lib.where(x > y, y, x)", "x.masked_fill(m, -math.inf)", "x.masked_fill(m, x.sum() * 0)",
    "lib.maximum(x, y)", "lib.minimum(x, y)", "lib.fmax(x, y)", "lib.fmin(x, y)",
    "x.clamp(-0.5, 1.5)", "x.clamp(min=0)", "x.clamp(max=0)", "x.clamp(-math.inf, math.nan)",
    "x.clamp(1, -1)", "x.clamp(y - 1, y + 1)", "x.clamp_min(0)", "x.clamp_max(-1)",
    "x.clamp_min(y)", "F.leaky_relu(x)", "F.leaky_relu(x, 0)", "F.leaky_relu(x, 2)",
    "F.leaky_relu(x, -1)", "F.prelu(x, y[0, :1])", "F.hardtanh(x)", "F.relu6(x)",
    "F.hardsigmoid(x)", "F.hardswish(x)", "F.threshold(x, 0.5, 3)", "F.hardshrink(x)",
    "F.softshrink(x)", "F.elu(x)", "F.elu(x, 0.3)", "F.selu(x)", "F.celu(x, 2)", "F.softplus(x)",
    "F.softplus(x, 3, 2)", "F.smooth_l1_loss(x, y, reduction='none')",
    "F.huber_loss(x, y, reduction='none')",
)  # fmt: skip


def numbers(lib, dtype, seed):
    """The same whole and half numbers on both sides, with those that are none."""
    rng = np.random.default_rng(seed)
    values = rng.integers(-6, 7, (ROWS, COLUMNS)) / 2.0
    values[rng.random(values.shape) < 0.1] = -0.0
    values[:, seed::9] = rng.choice([math.nan, math.inf, -math.inf, 0.0], (ROWS, 1))
    return lib.from_numpy(values).to(getattr(lib, dtype)), lib.from_numpy(rng.random(values.shape))


def run(lib, call, x, y, m):
    names = {"lib": lib, "F": lib.nn.functional, "math": math, "x": x, "y": y, "m": m}
    return eval(call, names)


def results(call, x, y, m, upstream):
    x, y = x.detach().requires_grad_(), y.detach().requires_grad_()
    out = run(tinygrad_edu, call, x, y, m)
    grads = tinygrad_edu.autograd.grad(out, (x, y), upstream, allow_unused=True)
    return [t.detach().numpy() for t in (out, *grads) if t is not None]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("call", [c for c in CALLS if "[" not in c and "sum" not in c])
def test_every_row_comes_out_as_alone(call, dtype):
    """With the signs of zeros, and the gradients, too."""
    count_case()
    x, upstream = numbers(tinygrad_edu, dtype, 0)
    y, shares = numbers(tinygrad_edu, dtype, 1)
    m, upstream = shares > 0.5, (upstream - 0.5).to(x.dtype)
    whole = results(call, x, y, m, upstream)
    rows = [results(call, *(t[i] for t in (x, y, m, upstream))) for i in range(ROWS)]
    for together, *apart in zip(whole, *rows, strict=True):
        np.testing.assert_array_equal(together, np.stack(apart))
        if "fm" in call:  # where a choice between 0 and -0 is the processor's
            continue
        kept = ~np.isnan(together)
        np.testing.assert_array_equal(np.signbit(together)[kept], np.signbit(np.stack(apart))[kept])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("call", [c for c in CALLS if "hardsigmoid" not in c])  # has no second
def test_as_in_pytorch(call, dtype, layout):
    rng = torch.Generator().manual_seed(0)
    x, y = (torch.randn(ROWS, COLUMNS, generator=rng, dtype=dtype) * 2 for _ in range(2))
    m = torch.rand(ROWS, COLUMNS, generator=rng) < 0.5
    given = (x.requires_grad_(), y.requires_grad_(), m)
    compare(lambda lib, *tensors: run(lib, call, *tensors), *given, layout=layout)


def test_chosen_of_many_is_where():
    """It lies in memory as that does, too."""
    rng = np.random.default_rng(0)
    plain = rng.random((ROWS, COLUMNS)) < 0.5
    a = rng.standard_normal((ROWS, COLUMNS))
    f = np.asfortranarray(a)
    pairs = (
        (f, 0.0), (f, a), (a, f), (f, f), (a, 0.0), (0.0, a), (1.0, 2.0), (a[0], a[:, :1]),
        (a.astype("f"), a), (a, np.float64(3)), (a > 0, a < 0), (a.astype(int), 1),
        (a[None], f), (a[:, ::-1], 1.0),
    )  # fmt: skip
    for mask in (plain, np.asfortranarray(plain)):
        for one, other in pairs:
            found, expected = chosen(mask, one, other), np.where(mask, one, other)
            assert found.dtype == expected.dtype
            assert found.strides == expected.strides
            np.testing.assert_array_equal(found, expected)
