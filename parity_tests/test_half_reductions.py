"""float16: ops of several steps take them in float32, and round once."""

import numpy as np
import pytest
import torch

import tinygrad_edu

from .both import BOTH

ROUNDING = 2.0**-10  # of float16; a result may be rounded otherwise, and so may each of two steps

MATRIX = [[-900.0, 300.0, 500.0, 20.0], [700.0, -650.0, 90.0, 410.0], [33.0, 800.0, -77.0, 600.0]]
OTHER = [[150.0, -300.0, 900.0, 60.0], [-700.0, 10.0, 95.0, 400.0], [330.0, -80.0, 770.0, -60.0]]
MANY = [1000.0 + i % 7 for i in range(200)]

CALLS = {
    "mean": lambda lib, x: x.mean() + x.mean(1).sum(),
    "mean of many": lambda lib, x: x.reshape(-1)[:1].expand(70000).mean(),
    "var": lambda lib, x: (x / 4).var(1),
    "std": lambda lib, x: x.std(1),
    "var_mean": lambda lib, x: lib.var_mean(x / 4, 0)[1] + lib.var_mean(x / 4)[0] / 1000,
    "norm": lambda lib, x: x.norm(),
    "norm of order 1.5": lambda lib, x: x.norm(1.5, 1),
    "vector_norm": lambda lib, x: lib.linalg.vector_norm(x, 2, 1),
    "matrix_norm": lambda lib, x: lib.linalg.norm(x, "fro"),
    "dist": lambda lib, x: lib.dist(x, x.new_tensor(OTHER), 2),
    "renorm": lambda lib, x: lib.renorm(x, 2, 0, 5.0),
    "normalize": lambda lib, x: lib.nn.functional.normalize(x),
    "cosine": lambda lib, x: lib.cosine_similarity(x, x.new_tensor(OTHER)),
    "distance": lambda lib, x: lib.pairwise_distance(x, x.new_tensor(OTHER)),
    "batch_norm": lambda lib, x: lib.nn.functional.batch_norm(x, None, None, training=True),
    "instance_norm": lambda lib, x: lib.nn.functional.instance_norm(x[None]),
    "group_norm": lambda lib, x: lib.nn.functional.group_norm(x[None], 1),
    "rms_norm": lambda lib, x: lib.nn.functional.rms_norm(x, (4,)),
    "rms_norm of little": lambda lib, x: lib.nn.functional.rms_norm(x / 50000, (4,), x[0] / 500),
    "logsumexp": lambda lib, x: x.reshape(-1)[:1].expand(3000).logsumexp(0),
}
LOSSES = {"l1_loss": {}, "smooth_l1_loss": {}, "huber_loss": {"delta": 4.0}, "mse_loss": {}}


def close(mine, theirs, steps=4):
    """Check that two float16 tensors are equal but for some roundings of the largest element."""
    assert str(mine.dtype) == str(theirs.dtype) == "torch.float16"
    given, wanted = (np.array(x.tolist()) for x in (mine, theirs))
    assert np.isfinite(wanted).all()
    np.testing.assert_allclose(given, wanted, 0, steps * ROUNDING * np.abs(wanted).max(initial=0))


def run(call, lib, values, create_graph):
    x = lib.tensor(values, dtype=lib.float16, requires_grad=True)
    out = call(lib, x)
    weight = (lib.arange(out.numel()).reshape(out.shape) % 3 + 1).half()
    return out, *lib.autograd.grad(out, x, weight, create_graph=create_graph)


# For group_norm with a graph PyTorch has another formula, which overflows on the way.
@pytest.mark.parametrize(
    ("name", "create_graph"),
    [(n, graph) for n in CALLS for graph in (False, True) if (n, graph) != ("group_norm", True)],
)
def test_reduction(name, create_graph):
    theirs, mine = (run(CALLS[name], lib, MATRIX, create_graph) for lib in BOTH)
    for ours, other in zip(mine, theirs, strict=True):
        close(ours, other)


@pytest.mark.parametrize("name", LOSSES)
def test_loss(name):
    def call(lib, x):
        loss = getattr(lib.nn.functional, name)
        return loss(x, x.detach() * 0 + 900, **LOSSES[name])

    for create_graph in (False, True):
        theirs, mine = (run(call, lib, MANY, create_graph) for lib in BOTH)
        for ours, other in zip(mine, theirs, strict=True):
            close(ours, other)


def test_running_statistics():
    layers = [lib.nn.BatchNorm1d(4).half() for lib in BOTH]
    for lib, layer in zip(BOTH, layers, strict=True):
        layer(lib.tensor(MATRIX).half() / 2)
    for name in ("running_mean", "running_var"):
        close(getattr(layers[1], name), getattr(layers[0], name))


def test_sum_is_rounded_once():
    """Added one by one in float16, ones come no further than 2048."""
    for shape, dim in (((3000,), 0), ((3000, 2), 0), ((2, 3000), 1)):
        theirs, mine = (lib.ones(shape).half().sum(dim) for lib in BOTH)
        assert torch.equal(torch.tensor(mine.tolist()), torch.full(theirs.shape, 3000.0))
        close(mine, theirs)


def test_other_dtypes_stay_as_they_are():
    """Only float16 is widened: an integer of as many bits is summed as it is."""
    x = tinygrad_edu.tensor([30000, 30000], dtype=tinygrad_edu.int16)
    assert x.sum(dtype=tinygrad_edu.int16).tolist() == 60000 - 2**16


NAMES = ["celu", "elu", "gelu", "hardsigmoid", "hardswish", "logsigmoid", "mish", "selu", "sigmoid",
         "silu", "softplus"]  # fmt: skip
ONCE = {
    **{n: lambda lib, x, n=n: getattr(lib.nn.functional, n)(x) for n in NAMES},
    "glu": lambda lib, x: lib.nn.functional.glu(x),
    "softmax": lambda lib, x: x.softmax(1),
    "log_softmax": lambda lib, x: x.log_softmax(1),
    "linear": lambda lib, x: lib.nn.functional.linear(x, x[:8], x[0, :8]),
}


@pytest.mark.parametrize("name", ONCE)
def test_several_steps_round_once(name):
    """A result is within half a unit of its last digit, or a hair more, as float32's rounding may
    decide a tie."""
    values = np.random.default_rng(0).standard_normal((200, 32)).astype(np.float16)
    x = tinygrad_edu.from_numpy(values)
    got = ONCE[name](tinygrad_edu, x).numpy()
    exact = ONCE[name](tinygrad_edu, x.double()).numpy()
    assert got.dtype == np.float16
    unit = np.spacing(np.abs(exact).astype(np.float16)).astype(np.float64)
    assert (np.abs(got - exact) <= 0.51 * unit).all()


@pytest.mark.parametrize("divisor", [3, 0.1, -2.7])
def test_a_quotient_is_truncated_before_it_is_rounded(divisor):
    """4094 / 3 is 1364.7, for which float16 has 1365. (By a tensor of more elements PyTorch rounds
    first, but for those elements that are left over when it takes eight or sixteen at a time.)"""
    values = [4094.0, -4094.0, 3.5, 100.0, 0.3]
    theirs, mine = (
        lib.div(lib.tensor(values, dtype=lib.float16), divisor, rounding_mode="trunc")
        for lib in BOTH
    )
    assert mine.tolist() == theirs.tolist()
    one = (lib.tensor([4094.0], dtype=lib.float16) for lib in BOTH)
    assert [x.div(x * 0 + 3, rounding_mode="trunc").item() for x in one] == [1364.0, 1364.0]
