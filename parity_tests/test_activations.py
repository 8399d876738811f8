"""Activations as modules, their `inplace`, special values and errors, against PyTorch."""

import math

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.ops.activation import LARGE
from tinygrad_edu.ops.special import BLOCK, Erf, Erfc

from .both import BOTH, both, both_raise
from .bridge import LAYOUTS
from .compare import compare
from .programs import compare as compare_programs
from .programs import raised

DTYPES = [torch.float32, torch.float64]

# The module, its arguments, and whether it takes inplace.
MODULES = [
    ("ReLU", {}, True), ("ReLU6", {}, True), ("Hardtanh", {"min_val": -2.0}, True),
    ("Hardsigmoid", {}, True), ("Hardswish", {}, True), ("LeakyReLU", {}, True),
    ("LeakyReLU", {"negative_slope": 0.3}, True), ("ELU", {"alpha": 0.5}, True),
    ("CELU", {"alpha": 0.5}, True), ("SELU", {}, True), ("SiLU", {}, True), ("Mish", {}, True),
    ("Threshold", {"threshold": 0.1, "value": 20}, True), ("RReLU", {"upper": 0.5}, True),
    ("GELU", {}, False), ("GELU", {"approximate": "tanh"}, False), ("Softplus", {}, False),
    ("Softplus", {"beta": 2, "threshold": 1}, False), ("Softsign", {}, False),
    ("LogSigmoid", {}, False), ("Tanhshrink", {}, False), ("Hardshrink", {}, False),
    ("Hardshrink", {"lambd": 1.5}, False), ("Softshrink", {"lambd": 0.7}, False),
    ("PReLU", {}, False), ("PReLU", {"num_parameters": 4, "init": 0.1}, False),
    ("Softmin", {"dim": 1}, False), ("GLU", {}, False), ("GLU", {"dim": 1}, False),
    ("Softmax2d", {}, False),
]  # fmt: skip
IDS = [f"{name}-{number}" for number, (name, _, _) in enumerate(MODULES)]


def draw(shape, dtype, seed=0, grad=True):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=dtype).mul(2).requires_grad_(grad)


def ours(tensor):
    return tinygrad_edu.from_numpy(tensor.detach().numpy().copy())


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "options", "inplace"), MODULES, ids=IDS)
def test_modules(name, options, inplace, dtype):
    def call(library, x):
        return getattr(library.nn, name)(**options).eval().to(x.dtype)(x)

    for number, layout in enumerate(LAYOUTS):
        shape = (2, 4, 2, 6) if number % 2 else (3, 4, 2)
        compare(call, draw(shape, dtype, number), layout=layout, twice=name != "Hardsigmoid")
    given = [options, options | {"inplace": True}] if inplace else [options]
    for kwargs in given:
        both(lambda lib, kwargs=kwargs: repr(getattr(lib.nn, name)(**kwargs)))
        both(lambda lib, kwargs=kwargs: list(getattr(lib.nn, name)(**kwargs).state_dict()))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_relu_of_many_elements(dtype, layout):
    """Where it clips, and does not take a maximum."""
    x = draw((120, 2 * LARGE // 120), dtype)
    with torch.no_grad():
        x[0, :5] = torch.tensor([math.nan, math.inf, -math.inf, 0.0, -0.0])
    compare(lambda library, x: library.nn.functional.relu(x), x, layout=layout)


@pytest.mark.parametrize("dtype", ["float16", "int64", "int8", "uint8"])
def test_relu_of_many_elements_of_other_dtypes(dtype):
    def call(lib):
        x = lib.arange(2 * LARGE).remainder(201).sub(100).to(getattr(lib, dtype))
        y = lib.relu(x)
        return str(y.dtype).rpartition(".")[2], y.tolist()

    both(call)


@pytest.mark.parametrize(
    ("name", "options"), [(name, options) for name, options, inplace in MODULES if inplace]
)
def test_in_place(name, options):
    """The input itself gets the values; a leaf that requires a gradient is refused."""
    x = draw((3, 4), torch.float32, grad=False)
    results = []
    for library, given in ((torch, x.clone()), (tinygrad_edu, ours(x))):
        module = getattr(library.nn, name)(**options, inplace=True).eval()
        assert module(given) is given
        results.append(given.numpy())
        with library.no_grad():
            module(library.ones(2, requires_grad=True))
        with pytest.raises(RuntimeError):
            module(library.ones(2, requires_grad=True))
    np.testing.assert_allclose(results[1], results[0], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", DTYPES)
def test_prelu_learns_its_slopes(dtype):
    for shape, count in (((3, 4), 4), ((2, 3, 5), 3), ((2, 3), 1), ((5,), 1), ((), 1), ((0, 2), 2)):
        tensors = draw(shape, dtype, 1), draw((count,), dtype, 2)
        compare(lambda lib, x, w: lib.nn.functional.prelu(x, w), *tensors)
    both(lambda lib: lib.nn.PReLU(3).weight.tolist())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(5,), (7, 9)])
def test_rrelu_draws_pytorchs_slopes_in_training(shape, dtype):
    x = draw(shape, getattr(torch, dtype), 3, grad=False)
    x.view(-1)[0] = 0.0
    results = []
    for library, given in ((torch, x.clone()), (tinygrad_edu, ours(x))):
        library.manual_seed(7)
        given.requires_grad_()
        out = library.nn.RReLU(0.2, 0.9)(given)
        out.sum().backward()
        results.append((out.detach().numpy(), given.grad.numpy(), library.rand(3).numpy()))
    for mine, theirs in zip(results[1], results[0], strict=True):
        np.testing.assert_array_equal(mine, theirs)


SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, 10.0, -10.0, 17.0, 90.0, -90.0, 1e-30, -1e-30, 1e30, -1e30)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_of_special_values(approximate, dtype):
    x = torch.tensor([s for s in SPECIAL if abs(s) < 1e10 or dtype is torch.float64], dtype=dtype)
    compare(lambda lib, x: lib.nn.functional.gelu(x, approximate=approximate), x.requires_grad_())


def test_error_functions_are_those_of_c():
    """To a few units in the last place, from the smallest numbers to where erfc vanishes."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=3000) * s for s in (1e-300, 1e-3, 0.1, 0.5, 1, 3, 8)])
    x = np.concatenate([x, np.linspace(-26, 26, 5001), [0.46875, 4.0, 0.0, np.inf, -np.inf]])
    for op, function in ((Erf, math.erf), (Erfc, math.erfc)):
        with np.errstate(all="ignore"):
            got = op.forward(x)
        expected = np.array([function(value) for value in x])
        assert (np.abs(got - expected) <= 8 * np.spacing(np.abs(expected))).all()
    with np.errstate(all="ignore"):
        assert np.isnan(Erf.forward(np.array(np.nan))) and np.isnan(Erfc.forward(np.array(np.nan)))
        assert np.signbit(Erf.forward(np.array(-0.0)))
        assert Erf.forward(np.array([0.3], np.float16)).dtype == np.float16


def test_error_function_of_float32_is_rounded_once():
    """What is added to the half unit that rounding takes is a twentieth, as 2^-28.5 allows."""
    rng = np.random.default_rng(0)
    scales = np.array([1e-30, 1e-3, 0.1, 0.5, 1, 3], np.float32)
    x = (rng.standard_normal((6, 5000)) * scales[:, None]).astype(np.float32)
    x = np.append(x, np.linspace(-5, 5, 10001, dtype=np.float32))
    expected = np.array([math.erf(value) for value in x])
    unit = np.spacing(np.abs(expected).astype(np.float32)).astype(np.float64)
    assert (np.abs(Erf.forward(x) - expected) <= 0.55 * unit).all()


def test_error_functions_of_blocks_lie_in_memory_as_their_argument():
    """And each number comes out as alone."""
    x = np.random.default_rng(0).standard_normal((4, 3, BLOCK // 5)) * 3
    for op in (Erf, Erfc):
        for dtype in (np.float32, np.float64):
            expected = op.forward(x.astype(dtype).ravel())
            alone = [op.forward(value) for value in x.astype(dtype).ravel()[:: BLOCK // 20]]
            np.testing.assert_array_equal(expected[:: BLOCK // 20], alone)
            for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
                given = x.astype(dtype).transpose(order).copy().transpose(np.argsort(order))
                got = op.forward(given)
                assert got.strides == given.strides
                np.testing.assert_array_equal(got.ravel(), expected)
            np.testing.assert_array_equal(op.forward(x.astype(dtype)[:, ::-1, ::2]),
                                          expected.reshape(x.shape)[:, ::-1, ::2])  # fmt: skip


ERRORS = [
    lambda lib: lib.nn.functional.glu(lib.ones(3)),
    lambda lib: lib.nn.functional.glu(lib.ones(())),
    lambda lib: lib.nn.functional.glu(lib.ones(2, 4), 2),
    lambda lib: lib.nn.functional.gelu(lib.ones(2), approximate="erf"),
    lambda lib: lib.nn.functional.celu(lib.ones(2), 0),
    lambda lib: lib.nn.functional.softshrink(lib.ones(2), -1.0),
    lambda lib: lib.nn.functional.rrelu(lib.ones(2), 0.5, 0.1),
    lambda lib: lib.nn.functional.prelu(lib.ones(2, 3), lib.ones(2)),
    lambda lib: lib.nn.functional.prelu(lib.ones(3), lib.ones(3)),
    lambda lib: lib.nn.functional.prelu(lib.ones(()), lib.ones(3)),
    lambda lib: lib.nn.functional.prelu(lib.ones(2, 3), lib.ones(3, 1)),
    lambda lib: lib.nn.functional.prelu(lib.ones(2, 3), lib.ones(3).double()),
    lambda lib: lib.nn.functional.prelu(lib.ones(2, 3).long(), lib.ones(3).long()),
    lambda lib: lib.nn.functional.hardtanh(lib.ones(2), 2.0, 1.0),
    lambda lib: lib.nn.Hardtanh(2.0, 1.0),
    lambda lib: lib.nn.Softmax2d()(lib.ones(2, 3)),
    lambda lib: lib.nn.functional.elu(lib.ones(2).long()),
]


@pytest.mark.parametrize("number", range(len(ERRORS)))
def test_errors(number):
    both_raise(ERRORS[number])


IN_PLACE: dict[str, tuple[tuple[object, ...], ...]] = {
    "celu": ((0,), (0.0,), (-1.0,), ("a",)),
    "elu": ((0,), (-1.0,), (None,)),
    "leaky_relu": ((0,), (-0.5,), ("a",)),
    "rrelu": ((0.5, 0.1), (0.5, 0.1, True), (0.5, 0.5), ("a",)),
    "threshold": ((0.5,), (0.5, "a"), (0.5, 2)),
    "hardtanh": ((0.5, 0.5), (None, 1), (0.0, "a")),
    "relu": ((1, 2, 3),),
    "selu": ((1, 2, 3),),
}  # fmt: skip


@pytest.mark.parametrize("said", [1, 0, "yes", "", None, [], [0], 0.5])
@pytest.mark.parametrize(
    "name",
    ["relu", "relu6", "hardtanh", "hardsigmoid", "hardswish", "threshold", "leaky_relu", "rrelu",
     "elu", "selu", "celu", "silu", "mish", "dropout", "dropout1d", "dropout2d", "dropout3d",
     "alpha_dropout", "feature_alpha_dropout"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:dropout.d. Received")
def test_what_stands_for_a_bool_in_functions_written_in_python(name, said):
    def run(lib):
        x = lib.linspace(-2, 2, 8, dtype=lib.float64).reshape(1, 1, 2, 2, 2)
        numbers = (0.5, 3.0) if name == "threshold" else ()
        function = getattr(lib.nn.functional, name)
        lib.manual_seed(0)
        found = [raised(lambda: function(x, *numbers, inplace=said)), x]
        if "dropout" in name or name == "rrelu":
            found.append(raised(lambda: function(x, training=said)))
        return found

    compare_programs(run)


@pytest.mark.parametrize("dtype", ["float64", "int64", "bool"])
@pytest.mark.parametrize(
    ("name", "options"), [(name, options) for name, given in IN_PLACE.items() for options in given]
)
def test_what_is_refused_out_of_place_is_in_place(name, options, dtype):
    """And so is what is computed: the values, or the type of the exception, of each spelling."""

    def run(lib):
        found = []
        for spelling in (name, f"{name}_"):
            x = lib.tensor([-1.0, 0.0, 0.5, 2.0]).to(getattr(lib, dtype))
            lib.manual_seed(0)
            found.append(raised(lambda x=x, s=spelling: getattr(lib.nn.functional, s)(x, *options)))
        return found

    compare_programs(run)


@pytest.mark.parametrize(
    ("name", "options"), [(name, options) for name, options, inplace in MODULES if inplace]
)
def test_in_place_with_a_gradient(name, options):
    """The gradient flows through the change, as PyTorch's does."""
    x = draw((3, 4), torch.float64)
    upstream = draw((3, 4), torch.float64, seed=1, grad=False)
    gradients = []
    for library, leaf, grad in (
        (torch, x, upstream),
        (tinygrad_edu, ours(x).requires_grad_(), ours(upstream)),
    ):
        module = getattr(library.nn, name)(**options, inplace=True).eval()
        module(leaf * 2).backward(grad)
        gradients.append(leaf.grad.numpy())
    np.testing.assert_allclose(gradients[1], gradients[0], rtol=1e-12, atol=1e-14)


def test_softmin_guesses_a_dimension_and_warns():
    for library in BOTH:
        with pytest.warns(UserWarning, match="Implicit dimension choice for softmin"):
            library.nn.Softmin()(library.ones(2, 3))


@pytest.mark.parametrize(
    "name",
    ["logsigmoid", "softplus", "silu", "mish", "gelu", "elu", "hardtanh", "leaky_relu", "softsign",
     "hardshrink", "tanhshrink", "softmax", "log_softmax", "relu", "sigmoid"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Implicit dimension")
def test_how_results_lie_in_memory(name):
    """As the argument does; but for logsigmoid and the like, which are contiguous."""

    def run(lib):
        transposed = lib.arange(24.0).reshape(4, 6).t()
        sliced = lib.arange(24.0).reshape(2, 3, 4)[:, ::2].transpose(0, 2)
        function = getattr(lib.nn.functional, name)
        return [function(x).stride() for x in (transposed, sliced)]

    both(run)
