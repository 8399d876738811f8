"""Parametrized weights against PyTorch's: values, gradients, states, assignments, and what is
refused."""

import copy
import pickle

import numpy as np
import pytest
import torch

import tinygrad_edu

from .compare import compare
from .modules import DTYPES, SIDES, check_raises_alike, draw
from .versions import as_printed

LAYERS = [
    (lambda nn: nn.Linear(3, 4), (5, 3)),
    (lambda nn: nn.Linear(4, 4, bias=False), (2, 4)),
    (lambda nn: nn.Conv2d(2, 3, 2), (2, 2, 4, 4)),
    (lambda nn: nn.ConvTranspose1d(2, 3, 2), (2, 2, 4)),
]
NORMS = [
    ("weight_norm", {}), ("weight_norm", {"dim": 1}), ("weight_norm", {"dim": None}),
    ("weight_norm", {"dim": -2}),
    ("spectral_norm", {}), ("spectral_norm", {"n_power_iterations": 2, "dim": 1, "eps": 1e-6}),
    ("orthogonal", {}), ("orthogonal", {"orthogonal_map": "cayley"}),
    ("orthogonal", {"orthogonal_map": "matrix_exp"}),
    ("orthogonal", {"orthogonal_map": "householder"}),
    ("orthogonal", {"orthogonal_map": "householder", "use_trivialization": False}),
]  # fmt: skip


def normed(library, make, name, options, dtype):
    """A layer with a parametrization, both of one seed; the layer's weights as they were drawn."""
    library.manual_seed(3)
    module = make(library.nn).to(dtype=getattr(library, dtype))
    return getattr(library.nn.utils.parametrizations, name)(module, **options)


def close(mine, theirs, dtype="float64"):
    tolerance = {"float32": 2e-5, "float64": 1e-11}[dtype]
    np.testing.assert_allclose(
        mine.detach().numpy(), theirs.detach().numpy(), rtol=tolerance, atol=tolerance
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), NORMS, ids=str)
@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_layers(number, name, options, dtype):
    """What is kept, its names and texts; a step of training; states both ways; and assignments."""
    make, shape = LAYERS[number]
    modules = []
    for library in SIDES:
        module = normed(library, make, name, options, dtype)
        with library.no_grad():  # away from where it began
            for number, parameter in enumerate(module.parameters()):
                if name != "orthogonal" or number or module.bias is None:
                    parameter.mul_(1.5)
        modules.append(module)
    theirs, mine = modules
    assert repr(mine) == repr(theirs)
    assert type(mine).__name__ == type(theirs).__name__
    assert list(mine.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        close(mine.state_dict()[key], value, dtype)
    x = draw(shape, getattr(torch, dtype)).detach()
    for train in (True, True, False):
        outputs = []
        for library, module in zip(SIDES, modules, strict=True):
            module.train(train).zero_grad()
            output = module(x if library is torch else library.from_numpy(x.numpy()))
            (output * output).sum().backward()
            library.optim.SGD(module.parameters(), 0.01).step()
            outputs.append(output)
        close(outputs[1], outputs[0], dtype)
        close(mine.weight, theirs.weight, dtype)
        for key, value in theirs.named_parameters():
            close(mine.get_parameter(key).grad, value.grad, dtype)
    state = {k: tinygrad_edu.from_numpy(v.numpy()) for k, v in theirs.state_dict().items()}
    again = normed(tinygrad_edu, make, name, options, dtype)
    again.load_state_dict(state)
    close(again.eval().weight, theirs.eval().weight, dtype)
    back = {k: torch.from_numpy(v.numpy()) for k, v in mine.state_dict().items()}
    normed(torch, make, name, options, dtype).load_state_dict(back)


@pytest.mark.parametrize(("name", "options"), NORMS, ids=str)
def test_assigned_and_removed(name, options):
    for make, _ in LAYERS:
        weights = []
        for library in SIDES:
            module = normed(library, make, name, options, "float64").eval()
            library.manual_seed(5)
            value = library.rand(module.weight.shape, dtype=library.float64)
            module.weight = value
            assigned = module.weight
            parametrize = library.nn.utils.parametrize
            assert parametrize.is_parametrized(module)
            assert parametrize.is_parametrized(module, "weight")
            assert not parametrize.is_parametrized(module, "bias")
            base = parametrize.type_before_parametrizations(module)
            copied = copy.deepcopy(module)
            assert parametrize.remove_parametrizations(module, "weight") is module
            assert type(module) is base and not parametrize.is_parametrized(module)
            assert isinstance(module.weight, library.nn.Parameter)
            names = [n for n, _ in module.named_parameters()]
            weights.append([assigned, module.weight, copied.parametrizations.weight(), names])
        for mine, theirs in zip(weights[1][:3], weights[0][:3], strict=True):
            close(mine, theirs)
        assert weights[1][3] == weights[0][3]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "options"), [*NORMS[:3], NORMS[4], NORMS[6], NORMS[8]], ids=str)
def test_gradients(name, options, dtype):
    def call(library, x, weight):
        library.manual_seed(3)
        module = library.nn.Linear(3, 3, bias=False).to(x.dtype)
        getattr(library.nn.utils.parametrizations, name)(module, **options).eval()
        own = module.parametrizations.weight
        arguments = (weight,)
        if name == "weight_norm":
            dim = options.get("dim", 0)
            shape = () if dim is None else (1, 3) if dim else (3, 1)
            arguments = (weight.sum() * library.ones(shape, dtype=x.dtype), weight)
        elif name == "orthogonal":
            own[0].base.copy_(library.eye(3, dtype=x.dtype))
        return x @ own[0](*arguments)

    # PyTorch's weight norm does not pass its own gradgradcheck.
    compare(call, draw((2, 3), dtype), draw((3, 3), dtype, 1), twice=name != "weight_norm")


def doubled(library):
    class Doubled(library.nn.Module):
        def forward(self, x):
            return x * 2

        def right_inverse(self, x):
            return x / 2

    return Doubled()


def shifted(library):
    class Shifted(library.nn.Module):
        def forward(self, x):
            return x + 1

    return Shifted()


def split(library):
    class Split(library.nn.Module):
        def forward(self, a, b):
            return a + b

        def right_inverse(self, x):
            return [x / 4, x * 3 / 4]

    return Split()


def digits(tensor):
    """The numbers, less the last digits, which sums in another order may change."""
    return np.round(tensor.detach().numpy(), 12).tolist()


def test_several_parametrizations_of_parameters_and_buffers():
    reports = []
    for library in SIDES:
        parametrize = library.nn.utils.parametrize
        library.manual_seed(0)
        layer = library.nn.BatchNorm1d(3).double()
        weight = layer.weight
        optimizer = library.optim.SGD(layer.parameters(), lr=0.1)
        parametrize.register_parametrization(layer, "weight", doubled(library))
        assert layer.parametrizations.weight.original is weight
        parametrize.register_parametrization(layer, "weight", shifted(library))
        parametrize.register_parametrization(layer, "bias", split(library))
        parametrize.register_parametrization(layer, "running_mean", doubled(library))
        assert layer.weight is not layer.weight
        with parametrize.cached():
            assert layer.weight is layer.weight
            with parametrize.cached():
                kept = layer.weight
            assert layer.weight is kept
        assert layer.weight is not kept
        layer(library.arange(6, dtype=library.float64).reshape(2, 3)).pow(2).sum().backward()
        optimizer.step()
        layer.bias = layer.bias + 1
        report = [
            digits(layer.weight),
            digits(layer.bias),
            list(layer.state_dict()),
            as_printed(repr(layer)),
        ]
        report += [[n for n, _ in layer.named_parameters()], [n for n, _ in layer.named_buffers()]]
        other = library.nn.Linear(3, 3).double()
        other.weight = library.nn.Parameter(library.ones(3, dtype=library.float64))
        parametrize.transfer_parametrizations_and_params(layer, other, "weight")
        assert other.parametrizations.weight.original is layer.parametrizations.weight.original
        empty = library.nn.Module()
        for name in ("weight", "bias"):
            parametrize.transfer_parametrizations_and_params(layer, empty, name)
        report += [digits(other.weight), repr(other), digits(empty.weight), as_printed(repr(empty))]
        report += [digits(empty.bias), list(empty.state_dict())]
        twin = library.nn.Sequential(library.nn.Linear(2, 2))
        parametrize.register_parametrization(twin[0], "weight", doubled(library))
        moved = parametrize.transfer_parametrizations_and_params(twin[0], library.nn.Linear(2, 2))
        assert moved.weight.tolist() == twin[0].weight.tolist()
        plain = library.nn.Linear(1, 1)
        assert parametrize.transfer_parametrizations_and_params(plain, other) is other
        for name, leave in (("weight", False), ("bias", True), ("running_mean", True)):
            parametrize.remove_parametrizations(layer, name, leave)
        assert layer.weight is weight and type(layer) is library.nn.BatchNorm1d
        report += [digits(layer.weight), digits(layer.bias), digits(layer.running_mean)]
        reports.append(report + [list(layer.state_dict())])
    assert reports[0] == reports[1]


WRONG = [
    lambda lib, p, m: p.register_parametrization(m, "nothing", doubled(lib)),
    lambda lib, p, m: p.register_parametrization(m, "in_features", doubled(lib)),
    lambda lib, p, m: p.register_parametrization(m, "weight", split(lib)).weight * 2 + "a",
    lambda lib, p, m: p.register_parametrization(m, "weight", lib.nn.Flatten(0)),
    lambda lib, p, m: p.register_parametrization(
        p.register_parametrization(m, "weight", doubled(lib)), "weight", lib.nn.Flatten(0)
    ),
    lambda lib, p, m: p.register_parametrization(
        p.register_parametrization(m, "weight", doubled(lib)), "weight", split(lib)
    ),
    lambda lib, p, m: setattr(
        p.register_parametrization(m, "weight", shifted(lib)), "weight", lib.ones(4, 3)
    ),
    lambda lib, p, m: setattr(
        p.register_parametrization(m, "weight", doubled(lib)), "weight", lib.ones(4, 3).double()
    ),
    lambda lib, p, m: setattr(
        p.register_parametrization(m, "weight", doubled(lib)),
        "weight",
        lib.nn.Parameter(lib.ones(4, 3)),
    ),
    lambda lib, p, m: p.remove_parametrizations(m, "weight"),
    lambda lib, p, m: p.remove_parametrizations(
        p.register_parametrization(m, "weight", split(lib)), "weight", leave_parametrized=False
    ),
    lambda lib, p, m: p.ParametrizationList([], m.weight),
    lambda lib, p, m: pickle.dumps(p.register_parametrization(m, "weight", doubled(lib))),
    lambda lib, p, m: lib.nn.utils.parametrizations.orthogonal(m, "bias"),
    lambda lib, p, m: lib.nn.utils.parametrizations.orthogonal(m, "nothing"),
    lambda lib, p, m: lib.nn.utils.parametrizations.orthogonal(m, orthogonal_map="x"),
    lambda lib, p, m: lib.nn.utils.parametrizations.orthogonal(
        m, orthogonal_map="cayley", use_trivialization=False
    ).__setattr__("weight", lib.ones(4, 3)),
    lambda lib, p, m: lib.nn.utils.parametrizations.orthogonal(m).__setattr__(
        "weight", lib.ones(3, 3)
    ),
    lambda lib, p, m: lib.nn.utils.parametrizations.weight_norm(m, "nothing"),
    lambda lib, p, m: lib.nn.utils.parametrizations.weight_norm(m, dim=2),
    lambda lib, p, m: lib.nn.utils.parametrizations.spectral_norm(m, "nothing"),
    lambda lib, p, m: lib.nn.utils.parametrizations.spectral_norm(m, n_power_iterations=0),
    lambda lib, p, m: lib.nn.utils.parametrizations.spectral_norm(m, dim=2),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_errors(number):
    check_raises_alike(
        lambda lib: WRONG[number](lib, lib.nn.utils.parametrize, lib.nn.Linear(3, 4))
    )


def test_a_vector_is_divided_by_its_length():
    weights = []
    for library in SIDES:
        layer = library.nn.LayerNorm(3)
        layer.weight = library.nn.Parameter(library.tensor([3.0, 0.0, 4.0]))
        library.nn.utils.parametrizations.spectral_norm(layer)
        assert list(layer.state_dict()) == ["bias", "parametrizations.weight.original"]
        weights.append(layer.weight.tolist())
    np.testing.assert_allclose(weights[1], weights[0], rtol=1e-6)
