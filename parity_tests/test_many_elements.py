"""Ops that compute otherwise where there are many elements: all is as it is where there are few."""

import math

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.ops.add_at import add_at
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


#: Indices of an array of shape (30, 40, 50), made by a generator of integers.
PLACES = {
    "arrays": lambda draw: (draw(30, 60, 70), draw(40, 60, 70), draw(50, 60, 70)),
    "arrays that broadcast": lambda draw: (draw(30, 60, 1), draw(40, 70), draw(50, 1)),
    "from the end": lambda draw: (draw(30, 600) - 30, draw(40, 600), draw(50, 600) - 50),
    "slices": lambda draw: (slice(None), draw(40, 300)),
    "slices between": lambda draw: (draw(30, 300), slice(5, 20), draw(50, 300)),
    "one": lambda draw: (draw(30, 30, 2),),
    "mask": lambda draw: (draw(2, 30, 40) == 0, draw(50, 1)),
    "mask of all": lambda draw: (draw(2, 30, 40, 50) == 0,),
    "number": lambda draw: (3, draw(40, 500)),
    "none": lambda draw: (draw(30, 0), draw(40, 0), draw(50, 0)),
}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "int8"])
@pytest.mark.parametrize("made", PLACES.values(), ids=PLACES)
def test_numbers_are_added_in_numpys_order(made, dtype):
    rng = np.random.default_rng(0)
    places = made(lambda most, *shape: rng.integers(0, most, shape))
    found = rng.standard_normal((30, 40, 50)).astype(dtype)
    values = (rng.standard_normal(found[places].shape) * 100).astype(dtype)
    expected = found.copy()
    np.add.at(expected, places, values)
    add_at(found, places, values)
    np.testing.assert_array_equal(found, expected)


def test_memory_with_gaps_is_refused():
    with pytest.raises(ValueError, match="copy"):
        add_at(np.zeros((60, 50)).T, (np.zeros(50, int),), np.ones((50, 60)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "call",
    ["x.gather(1, i)", "x.gather(0, i % 50)", "x.scatter_add(1, i, y)", "x[i % 50]", "x[i % 50, i]",
     "x.index_add(0, i[0] % 50, x[i[0] % 50])", "x.index_select(0, i[0] % 50)", "x[:, i[0]]",
     "x[m]", "x.max(1)[0]", "x.sort(1)[0]", "x.index_put((i % 50, i), y, accumulate=True)",
     "F.embedding(i % 50, x)", "F.embedding(i % 50, x, padding_idx=3, scale_grad_by_freq=True)",
     "F.embedding_bag(i % 50, x)"],
)  # fmt: skip
def test_picking_and_adding_as_in_pytorch(call, layout, dtype):
    rng = torch.Generator().manual_seed(0)
    x, y = (torch.randn(50, 60, generator=rng, dtype=dtype).requires_grad_() for _ in range(2))
    i = torch.randint(60, (50, 60), generator=rng)
    m = torch.rand(50, 60, generator=rng) < 0.5

    def picked(lib, x, y, i, m):
        names = {"lib": lib, "F": lib.nn.functional, "x": x, "y": y, "i": i, "m": m}
        return eval(call, names)

    twice = "freq" not in call and "bag" not in call  # PyTorch has no second derivative
    compare(picked, x, y, i, m, layout=layout, twice=twice)


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
