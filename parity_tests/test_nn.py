"""Layers, activations, functions and initial weights against PyTorch."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu import nn

from .bridge import LAYOUTS
from .compare import compare
from .versions import TRUNCATED_NORMALS as REJECTED

DTYPES = [torch.float32, torch.float64]
BOTH = (torch, tinygrad_edu)


def draw(shape, dtype, seed=0, grad=True):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=dtype).mul(2).requires_grad_(grad)


def same_bits(mine, theirs):
    assert str(mine.dtype) == str(theirs.dtype)
    np.testing.assert_array_equal(mine.detach().numpy(), theirs.detach().numpy())


# Layers -------------------------------------------------------------------------------------------


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", [(5, 3), (3,), (2, 5, 3), (2, 4, 5, 3), (0, 3), (1, 3)])
def test_linear(shape, bias, layout, dtype):
    tensors = [draw(shape, dtype, 1), draw((4, 3), dtype, 2), draw((4,), dtype, 3)]
    compare(
        lambda library, *args: library.nn.functional.linear(*args),
        *tensors[: 2 + bias],
        layout=layout,
    )


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("start", "end"), [(1, -1), (0, -1), (1, 2), (-2, -1), (0, 0)])
@pytest.mark.parametrize("shape", [(2, 3, 4), (0, 3, 2), (2, 3, 4, 2)])
def test_flatten_and_identity(shape, start, end, dtype):
    compare(lambda library, x: library.nn.Flatten(start, end)(x), draw(shape, dtype))
    compare(lambda library, x: library.nn.Identity(3, unused=1)(x) * 2, draw(shape, dtype))


def test_linear_errors():
    for x, options in [
        ((2, 4), {}), ((4,), {}), ((), {}), ((2, 3, 4), {"bias": False}), ((), {"bias": False}),
    ]:  # fmt: skip
        kinds = []
        for library in BOTH:
            with pytest.raises(Exception) as error:
                library.nn.Linear(3, 2, **options)(library.ones(x))
            kinds.append(error.type)
        assert issubclass(kinds[1], kinds[0])
    for library in BOTH:
        with pytest.raises(RuntimeError):
            library.nn.Linear(3, 2)(library.ones(2, 3, dtype=library.float64))


# Activations --------------------------------------------------------------------------------------

SPECIAL = (
    0.0, -0.0, 1.0, -1.0, 0.5, 10.0, -10.0, 17.0, 20.0, 90.0, -90.0, 800.0, -800.0, 1e-30, -1e-30,
    math.inf, -math.inf, math.nan,
)  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_elementwise_activations(name, dtype):
    module = {"relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "Tanh"}[name]
    for shape, layout in itertools.product(((), (5,), (3, 4), (0,), (2, 0, 3)), LAYOUTS):
        x = draw(shape, dtype)
        compare(lambda lib, x: getattr(lib.nn.functional, name)(x), x, layout=layout)
        compare(lambda lib, x: getattr(lib.nn, module)()(x), x, layout=layout)
    special = torch.tensor(SPECIAL, dtype=dtype, requires_grad=True)
    compare(lambda lib, x: getattr(lib.nn.functional, name)(x), special, each=True, twice=False)
    compare(lambda lib, x: getattr(lib.nn.functional, name)(x), special)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(name, dtype):
    module = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}[name]
    shapes = ((5,), (3, 4), (2, 3, 4), (0, 3), (3, 0))
    # Not expanded: among equal scores the gradient is 0, and all that is computed is rounding.
    for shape, layout in itertools.product(shapes, ("contiguous", "transposed", "sliced")):
        for dim in range(-len(shape), len(shape)):
            x = draw(shape, dtype)
            compare(lambda lib, x, d=dim: getattr(lib.nn.functional, name)(x, d), x, layout=layout)
            compare(lambda lib, x, d=dim: getattr(lib.nn, module)(d)(x), x, layout=layout)
    compare(lambda lib, x: getattr(lib.nn.functional, name)(x, dim=0), draw((), dtype))
    rows = [
        (0.0, 0.0, 0.0), (1e4, 0.0, -1e4), (-800.0, -801.0, -800.0), (math.inf, 1.0, 2.0),
        (-math.inf, 1.0, 2.0), (-math.inf, -math.inf, -math.inf), (math.nan, 0.0, 1.0),
        (88.0, 89.0, 90.0), (math.inf, math.inf, 0.0), (5.0, -math.inf, math.inf),
    ]  # fmt: skip
    for row in rows:
        x = torch.tensor(row, dtype=dtype, requires_grad=True)
        compare(lambda lib, x: getattr(lib.nn.functional, name)(x, 0), x)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_takes_a_dtype(name):
    single, whole = draw((3, 4), torch.float32), torch.arange(6).reshape(2, 3)

    def double(library, x):
        return getattr(library.nn.functional, name)(x, dim=1, dtype=library.float64)

    compare(double, single, twice=False)
    mine = double(tinygrad_edu, tinygrad_edu.from_numpy(whole.numpy()))
    np.testing.assert_allclose(mine.numpy(), double(torch, whole).numpy(), rtol=1e-15)


@pytest.mark.parametrize("shape", [(3,), (3, 2), (2, 3, 2), (2, 2, 3, 2)])
@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
def test_softmax_guesses_a_dimension_and_warns(name, shape):
    x = draw(shape, torch.float64, grad=False)
    results = []
    for library in BOTH:
        with pytest.warns(UserWarning, match="Implicit dimension choice") as caught:
            result = getattr(library.nn, name)()(library.tensor(x.tolist(), dtype=library.float64))
        results.append((str(caught[0].message), result.numpy()))
    assert results[0][0] == results[1][0]
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-14)


def test_softmax_errors():
    for library in BOTH:
        for dim in (2, -3):
            with pytest.raises(IndexError, match="Dimension out of range"):
                library.nn.Softmax(dim)(library.ones(2, 3))


# Initial weights ----------------------------------------------------------------------------------

LAYERS = [
    lambda lib: lib.nn.Linear(10, 16), lambda lib: lib.nn.Linear(3, 2, bias=False),
    lambda lib: lib.nn.Linear(1, 1), lambda lib: lib.nn.Linear(300, 100),
    lambda lib: lib.nn.Linear(10, 16, dtype=lib.float64),
    lambda lib: lib.nn.Sequential(lib.nn.Linear(4, 5), lib.nn.ReLU(), lib.nn.Linear(5, 1)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(LAYERS)))
@pytest.mark.parametrize("seed", [0, 1, 42, 2**40 + 7])
def test_one_seed_gives_one_set_of_weights(number, seed):
    models = []
    for library in BOTH:
        library.manual_seed(seed)
        models.append(LAYERS[number](library))
    theirs, mine = (model.state_dict() for model in models)
    assert list(mine) == list(theirs)
    for name, tensor in theirs.items():
        same_bits(mine[name], tensor)
    assert repr(models[1]) == repr(models[0])
    same_bits(tinygrad_edu.rand(3), torch.rand(3))  # and the streams go on alike


def test_layers_without_inputs_or_outputs():
    for library in BOTH:
        with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
            layer = library.nn.Linear(0, 3)
        assert layer.bias.tolist() == [0.0, 0.0, 0.0]
        assert layer(library.ones(2, 0)).tolist() == [[0.0] * 3] * 2


INITIALIZERS = [
    ("uniform_", {}), ("uniform_", {"a": -3.0, "b": 5.5}), ("normal_", {}),
    ("normal_", {"mean": 2.0, "std": 0.1}), ("constant_", {"val": 0.3}), ("ones_", {}),
    ("zeros_", {}), ("xavier_uniform_", {}), ("xavier_uniform_", {"gain": 5 / 3}),
    ("xavier_normal_", {}), ("xavier_normal_", {"gain": 0.5}), ("kaiming_uniform_", {}),
    ("kaiming_uniform_", {"a": 0.2, "mode": "fan_out"}), ("kaiming_normal_", {}),
    ("kaiming_uniform_", {"nonlinearity": "relu"}), ("kaiming_normal_", {"nonlinearity": "tanh"}),
    ("kaiming_normal_", {"a": 0.2, "mode": "FAN_OUT"}),
]  # fmt: skip
TRUNCATED_NORMALS = [
    {}, {"mean": 1.0, "std": 2.0, "a": 0.0, "b": 3.0}, {"std": 1.0, "a": 1.5, "b": 2.5},
    {"std": 0.02}, {"mean": 0.5, "a": 0.4, "b": 0.6},
]  # fmt: skip
INITIALIZERS += [
    pytest.param("trunc_normal_", options, marks=REJECTED.skip) for options in TRUNCATED_NORMALS
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 2), (16, 10), (4, 3, 2), (5, 4, 3, 3), (1, 1)])
@pytest.mark.parametrize(("name", "options"), INITIALIZERS)
def test_initializers(name, options, shape, dtype):
    tensors = []
    for library in BOTH:
        library.manual_seed(3)
        tensor = library.nn.Parameter(library.zeros(shape, dtype=getattr(library, dtype)))
        assert getattr(library.nn.init, name)(tensor, **options) is tensor
        assert tensor.requires_grad and tensor.grad_fn is None
        tensors.append(tensor)
    same_bits(tensors[1], tensors[0])
    same_bits(tinygrad_edu.rand(3), torch.rand(3))


def test_initializers_take_a_generator():
    for name in ("uniform_", "normal_", "xavier_uniform_", "kaiming_normal_", "trunc_normal_"):
        tensors = []
        for library in BOTH:
            library.manual_seed(0)
            tensor = library.zeros(3, 4)
            generator = library.Generator().manual_seed(7)
            tensors.append(getattr(library.nn.init, name)(tensor, generator=generator))
        if not (REJECTED.missing and name == "trunc_normal_"):
            same_bits(tensors[1], tensors[0])
        same_bits(tinygrad_edu.rand(3), torch.rand(3))  # not drawn from


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (4, 3, 2), (0, 3)])
def test_eye_and_orthogonal(shape):
    for dtype, tolerance in (("float32", 1e-5), ("float64", 1e-13)):
        tensors = []
        for library in BOTH:
            generator = library.Generator().manual_seed(5)
            tensor = library.zeros(shape, dtype=getattr(library, dtype))
            library.nn.init.orthogonal_(tensor, gain=1.5, generator=generator)
            tensors.append(tensor.numpy().copy())
            if len(shape) == 2:
                library.nn.init.eye_(tensor)
                assert (tensor.numpy() == np.eye(*shape)).all()
        # QR is LAPACK's on both sides, but not the same build of it: equal up to rounding.
        np.testing.assert_allclose(tensors[1], tensors[0], rtol=0, atol=tolerance)


def test_calculate_gain():
    layers = ["linear", "conv1d", "conv_transpose3d"]
    for name in [*layers, "sigmoid", "tanh", "relu", "leaky_relu", "selu"]:
        assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    for slope in (0, 0.2, 3):
        mine = nn.init.calculate_gain("leaky_relu", slope)
        assert mine == torch.nn.init.calculate_gain("leaky_relu", slope)


INIT_ERRORS = [
    (lambda lib: lib.nn.init.calculate_gain("softplus"), "Unsupported nonlinearity softplus"),
    (lambda lib: lib.nn.init.calculate_gain("leaky_relu", True), "not a valid number"),
    (lambda lib: lib.nn.init.calculate_gain("leaky_relu", "a"), "not a valid number"),
    (lambda lib: lib.nn.init.kaiming_uniform_(lib.zeros(2, 2), mode="fan"), "Mode fan"),
    (lambda lib: lib.nn.init.kaiming_uniform_(lib.zeros(2)), "fewer than 2 dimensions"),
    (lambda lib: lib.nn.init.kaiming_normal_(lib.zeros(2)), "fewer than 2 dimensions"),
    (lambda lib: lib.nn.init.xavier_uniform_(lib.zeros(2)), "fewer than 2 dimensions"),
    (lambda lib: lib.nn.init.xavier_normal_(lib.zeros(())), "fewer than 2 dimensions"),
    (lambda lib: lib.nn.init.eye_(lib.zeros(2)), "Only tensors with 2 dimensions"),
    (lambda lib: lib.nn.init.orthogonal_(lib.zeros(2)), "2 or more dimensions"),
    (lambda lib: lib.nn.init.uniform_(lib.zeros(2), 3, 1), "uniform"),
    (lambda lib: lib.nn.init.normal_(lib.zeros(2), 0, -1), "std"),
]


@pytest.mark.parametrize("number", range(len(INIT_ERRORS)))
def test_init_errors(number):
    function, message = INIT_ERRORS[number]
    with pytest.raises(Exception, match=message) as theirs:
        function(torch)
    with pytest.raises(theirs.type, match=message):
        function(tinygrad_edu)


def test_init_warnings():
    for library in BOTH:
        with pytest.warns(UserWarning, match="mean is more than 2 std from"):
            library.nn.init.trunc_normal_(library.zeros(2), mean=10.0)
        for name in ("kaiming_uniform_", "kaiming_normal_"):
            with pytest.warns(UserWarning, match="zero-element tensors is a no-op"):
                getattr(library.nn.init, name)(library.zeros(0, 3))


# Parameters ---------------------------------------------------------------------------------------


def test_parameter():
    for library in BOTH:
        data = library.ones(2, 3)
        parameter = library.nn.Parameter(data)
        assert isinstance(parameter, library.Tensor) and parameter.requires_grad
        data[0, 0] = 5
        assert parameter[0, 0].item() == 5
        for result in (parameter * 2, parameter.detach(), parameter.data):
            assert type(result) is library.Tensor
        assert repr(parameter).startswith("Parameter containing:\ntensor([[5., 1., 1.],")
        assert repr(parameter).endswith("requires_grad=True)")
        assert not library.nn.Parameter(data, requires_grad=False).requires_grad
        assert not library.nn.Parameter(library.arange(3), requires_grad=False).requires_grad
        assert library.nn.Parameter().shape == (0,)
        with library.no_grad():
            assert library.nn.Parameter(data).requires_grad
        with pytest.raises(RuntimeError, match="floating point"):
            library.nn.Parameter(library.arange(3))
        copied = copy.deepcopy(parameter)
        assert type(copied) is library.nn.Parameter and copied.requires_grad
        assert copied.tolist() == parameter.tolist() and copied is not parameter
        copied.data[0, 0] = 7
        assert parameter[0, 0].item() == 5
        assert library.nn.parameter.Parameter is library.nn.Parameter


def test_repr_of_parameters_is_pytorchs():
    for data, options in (([1.0, 2.5], {}), ([[1, 2]], {"requires_grad": False}), ([], {})):
        texts = [repr(lib.nn.Parameter(lib.tensor(data), **options)) for lib in BOTH]
        assert texts[0] == texts[1]


def test_a_parameter_of_a_result_is_a_leaf():
    for library in BOTH:
        x = library.ones(2, requires_grad=True)
        parameter = library.nn.Parameter(x * 2)
        assert parameter.is_leaf and parameter.grad_fn is None
        (parameter * 3).sum().backward()
        assert parameter.grad.tolist() == [3.0, 3.0] and x.grad is None
