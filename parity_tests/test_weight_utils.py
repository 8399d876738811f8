"""Normalized weights, fused layers and modules without initial weights; old names in `nn.init`."""

import numpy as np
import pytest
import torch

import tinygrad_edu

from .compare import compare
from .modules import DTYPES, SIDES, check_raises_alike, compare_module, draw
from .modules import same_bits as same

WEIGHT_NORM = pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated")


def weight_normed(dim, make):
    def normed(library):
        return library.nn.utils.weight_norm(make(library.nn), dim=dim)

    return normed


LAYERS = [
    (lambda nn: nn.Linear(3, 4), (5, 3), (0, 1, None)),
    (lambda nn: nn.Conv2d(2, 3, 2), (2, 2, 4, 4), (0, 1, 3)),
    (lambda nn: nn.ConvTranspose1d(2, 3, 2), (2, 2, 4), (0, 1)),
]


@pytest.mark.on_device
@WEIGHT_NORM
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_weight_norm(number, dtype):
    make, shape, dims = LAYERS[number]
    for dim in dims:
        compare_module(weight_normed(dim, make), draw(shape, dtype), twice=False)
        for library in SIDES:
            module = weight_normed(dim, make)(library)
            names = [name for name, _ in module.named_parameters()]
            assert names == ["bias", "weight_g", "weight_v"]
            x = library.ones(shape)
            before = module(x).tolist()
            assert library.nn.utils.remove_weight_norm(module) is module
            assert [name for name, _ in module.named_parameters()] == ["bias", "weight"]
            np.testing.assert_allclose(module(x).tolist(), before, rtol=1e-6)
            with pytest.raises(ValueError, match="weight_norm of 'weight' not found"):
                library.nn.utils.remove_weight_norm(module)


@WEIGHT_NORM
def test_second_order_of_weight_norm():
    """PyTorch's does not pass its own gradgradcheck."""
    lib = tinygrad_edu
    module = weight_normed(0, LAYERS[0][0])(lib).double()
    lib.manual_seed(0)
    g, v = (lib.randn(shape, dtype=lib.float64, requires_grad=True) for shape in ((4, 1), (4, 3)))

    def call(g, v):
        del module.weight_g, module.weight_v
        module.weight_g, module.weight_v = g, v
        return module(lib.ones(3, dtype=lib.float64))

    assert lib.autograd.gradcheck(call, (g, v)) and lib.autograd.gradgradcheck(call, (g, v))


@WEIGHT_NORM
def test_weight_norm_trains_and_is_saved():
    def trained(library):
        library.manual_seed(0)
        model = library.nn.utils.weight_norm(library.nn.Linear(3, 2).double())
        optimizer = library.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            (model(library.ones(4, 3, dtype=library.float64)) ** 2).sum().backward()
            optimizer.step()
        return model.state_dict()

    theirs, mine = trained(torch), trained(tinygrad_edu)
    assert list(mine) == list(theirs)
    for name, tensor in theirs.items():
        np.testing.assert_allclose(mine[name].numpy(), tensor.numpy(), rtol=1e-12)


@WEIGHT_NORM
def test_errors_of_weight_norm():
    def twice(library):
        module = library.nn.utils.weight_norm(library.nn.Linear(3, 2))
        library.nn.utils.weight_norm(module)

    check_raises_alike(twice)
    check_raises_alike(lambda lib: lib.nn.utils.weight_norm(lib.nn.LazyLinear(2)))
    check_raises_alike(lambda lib: lib.nn.utils.weight_norm(lib.nn.Linear(2, 2), "nothing"))


def test_weight_norm_warns():
    for library in SIDES:
        with pytest.warns(FutureWarning, match="`torch.nn.utils.weight_norm` is deprecated"):
            library.nn.utils.weight_norm(library.nn.Linear(3, 2))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_spectral_norm(number, dtype):
    make, shape, _ = LAYERS[number]

    def call(library, x, weight, u, v, train):
        library.manual_seed(3)  # of the bias
        module = library.nn.utils.spectral_norm(make(library.nn), n_power_iterations=2).to(x.dtype)
        del module.weight_orig
        module.weight_orig, module.weight_u, module.weight_v = weight, u.clone(), v.clone()
        outputs = [module.train(train)(x), module(x)]
        return [*outputs, module.weight_u, module.weight_v]

    weight = draw(tuple(make(torch.nn).weight.shape), dtype, 1)
    rows = weight.shape[1 if number == 2 else 0]
    vectors = [draw((n,), dtype, n).detach() for n in (rows, weight.numel() // rows)]
    for train in (True, False):
        compare(
            lambda lib, *args, t=train: call(lib, *args, t), draw(shape, dtype), weight, *vectors
        )


def test_spectral_norm_is_made_and_removed():
    texts = []
    for make, shape, _ in LAYERS:
        states = []
        for library in SIDES:
            library.manual_seed(1)
            module = library.nn.utils.spectral_norm(make(library.nn))
            states.append({name: t.tolist() for name, t in module.state_dict().items()})
            texts.append(repr(module))
            x = library.ones(shape)
            for _ in range(3):
                module(x)
            before = module.eval()(x).tolist()
            assert library.nn.utils.remove_spectral_norm(module) is module
            assert list(module.state_dict()) == ["bias", "weight"]
            np.testing.assert_allclose(module(x).tolist(), before, rtol=1e-6)
            with pytest.raises(ValueError, match="spectral_norm of 'weight' not found"):
                library.nn.utils.remove_spectral_norm(module)
        assert list(states[0]) == list(states[1])
        for name, values in states[0].items():
            np.testing.assert_allclose(states[1][name], values, rtol=1e-6)
        assert texts[-1] == texts[-2]


def test_errors_of_spectral_norm():
    def twice(library):
        module = library.nn.utils.spectral_norm(library.nn.Linear(3, 2))
        library.nn.utils.spectral_norm(module)

    check_raises_alike(twice)
    for name, options in (("weight", {"n_power_iterations": 0}), ("bias", {}), ("nothing", {})):
        check_raises_alike(
            lambda lib, n=name, o=options: lib.nn.utils.spectral_norm(
                lib.nn.Linear(3, 2, bias=False), n, **o
            )
        )
    check_raises_alike(lambda lib: lib.nn.utils.spectral_norm(lib.nn.LazyLinear(2)))


# Fused layers -------------------------------------------------------------------------------------

PAIRS = [
    (lambda nn: nn.Conv2d(2, 3, 2, bias=False), lambda nn: nn.BatchNorm2d(3), (2, 2, 4, 4)),
    (lambda nn: nn.Conv1d(2, 3, 2), lambda nn: nn.BatchNorm1d(3, affine=False), (2, 2, 4)),
    (lambda nn: nn.ConvTranspose2d(2, 3, 2), lambda nn: nn.BatchNorm2d(3), (2, 2, 4, 4)),
    (lambda nn: nn.Linear(2, 3), lambda nn: nn.BatchNorm1d(3), (4, 2)),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("number", range(len(PAIRS)))
def test_fused_layers(number, dtype):
    make_layer, make_norm, shape = PAIRS[number]
    x = draw(shape, dtype)

    def fused(library, x, train=False):
        library.manual_seed(5)
        layer, norm = make_layer(library.nn), make_norm(library.nn)
        library.nn.Sequential(layer, norm).to(x.dtype)
        for _ in range(3):
            norm(layer(x.detach()))  # which gives it statistics
        layer.eval(), norm.train(train)
        utils = library.nn.utils
        if isinstance(layer, library.nn.Linear):
            made = utils.fuse_linear_bn_eval(layer, norm)
        else:
            transpose = isinstance(layer, library.nn.ConvTranspose2d)
            made = utils.fuse_conv_bn_eval(layer, norm, transpose)
        expected = norm(layer(x)).tolist()
        np.testing.assert_allclose(made(x).tolist(), expected, rtol=1e-4, atol=1e-5)
        assert made is not layer and type(made) is type(layer)
        return made

    def call(library, x):
        made = fused(library, x)
        return [made(x), made.weight.detach(), made.bias.detach()]

    compare(call, x, twice=False)
    assert fused(tinygrad_edu, tinygrad_edu.ones(shape)).bias.requires_grad == (
        fused(torch, torch.ones(shape)).bias.requires_grad
    )
    check_raises_alike(lambda lib: fused(lib, lib.ones(shape), train=True))


def test_errors_of_fusing():
    def fuse(library, features, tracking):
        norm = library.nn.BatchNorm1d(features, track_running_stats=tracking).eval()
        return library.nn.utils.fuse_linear_bn_eval(library.nn.Linear(2, 3).eval(), norm)

    check_raises_alike(lambda lib: fuse(lib, 2, True))
    check_raises_alike(lambda lib: fuse(lib, 3, False))


# Initial weights ----------------------------------------------------------------------------------


def test_skip_init_draws_nothing():
    for library in SIDES:
        library.manual_seed(0)
        expected = library.rand(3).tolist()
        library.manual_seed(0)
        module = library.nn.utils.skip_init(library.nn.Linear, 3, 2, dtype=library.float64)
        assert library.rand(3).tolist() == expected
        assert module.weight.shape == (2, 3) and module.bias.dtype is library.float64
    check_raises_alike(lambda lib: lib.nn.utils.skip_init(lib.nn.ReLU))
    check_raises_alike(lambda lib: lib.nn.utils.skip_init(dict))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_old_names_of_initializers_warn_and_draw_the_same(dtype):
    for name, options in (
        ("uniform", {"a": -1.0}), ("normal", {"std": 0.1}), ("constant", {"val": 2.0}), ("eye", {}),
        ("xavier_uniform", {}), ("xavier_normal", {"gain": 2.0}), ("kaiming_uniform", {"a": 0.1}),
        ("kaiming_normal", {}), ("sparse", {"sparsity": 0.4}), ("dirac", {}),
    ):  # fmt: skip
        tensors = []
        for library in SIDES:
            library.manual_seed(2)
            shape = (4, 3, 3) if name == "dirac" else (6, 5)
            tensor = library.zeros(shape, dtype=getattr(library, dtype))
            with pytest.warns(FutureWarning, match=f"`nn.init.{name}` is now deprecated"):
                tensors.append(getattr(library.nn.init, name)(tensor, **options))
            assert tensors[-1] is tensor
        same(tensors[1], tensors[0])
    for library in SIDES:
        with pytest.warns(FutureWarning, match="`nn.init.orthogonal` is now deprecated"):
            made = library.nn.init.orthogonal(library.zeros(3, 3))
        np.testing.assert_allclose((made @ made.T).numpy(), np.eye(3), atol=1e-6)
