"""Functions of `nn.functional` that are made of others, and layers of such functions."""

import numpy as np
import pytest
import torch

import tinygrad_edu

from .compare import compare
from .modules import (
    DTYPES,
    SIDES,
    check_made_alike,
    check_raises_alike,
    compare_module,
    draw,
    same_bits,
)
from .versions import LINEAR_CROSS_ENTROPY, UNPOOLED_SIZES


def functional(library):
    return library.nn.functional


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize(("shape", "dim"), [((3, 4), -1), ((3, 4), 0), ((2, 3, 4), 1), ((5,), 0)])
def test_gumbel_softmax(shape, dim, hard, dtype):
    def call(library, x):
        library.manual_seed(3)
        return functional(library).gumbel_softmax(x, 0.7, hard, dim=dim)

    compare(call, draw(shape, dtype))
    same_bits(tinygrad_edu.rand(3), torch.rand(3))  # and the streams go on alike


def test_gumbel_softmax_errors_and_warnings():
    check_raises_alike(lambda lib: functional(lib).gumbel_softmax(lib.ones(3).long()))
    check_raises_alike(lambda lib: functional(lib).gumbel_softmax(lib.ones(3), dim=1))
    for library in SIDES:
        with pytest.warns(UserWarning, match="`eps` parameter is deprecated"):
            functional(library).gumbel_softmax(library.ones(3), eps=1e-5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_with_indices(dtype):
    signals, images = draw((2, 3, 7), dtype), draw((2, 3, 5, 6), dtype)
    volumes = draw((2, 3, 4, 5, 3), dtype)
    for name, x, arguments in (
        ("max_pool1d_with_indices", signals, (2,)),
        ("max_pool1d_with_indices", signals, (3, 2, 1, 2, True)),
        ("max_pool2d_with_indices", images, (2, (1, 2), 1)),
        ("adaptive_max_pool1d_with_indices", signals, (3,)),
        ("adaptive_max_pool2d_with_indices", images, ((3, 2),)),
        ("max_pool3d_with_indices", volumes, (2, 1, (1, 0, 1), 1, True)),
        ("adaptive_max_pool3d_with_indices", volumes, ((3, None, 2),)),
    ):
        compare(lambda lib, x, n=name, a=arguments: getattr(functional(lib), n)(x, *a), x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("dims", "options"), [(2, {"output_size": (3, 2)}), (3, {"output_ratio": 0.5})]
)
def test_fractional_with_indices(dims, options, dtype):
    def call(library, x, samples):
        pool = getattr(functional(library), f"fractional_max_pool{dims}d_with_indices")
        return pool(x, 2, **options, _random_samples=samples)

    places = torch.linspace(0, 0.99, 2 * 3 * dims, dtype=dtype).reshape(2, 3, dims)
    compare(call, draw((2, 3, 6, 5, 4)[: 2 + dims], dtype), places)


@pytest.mark.parametrize("dtype", DTYPES)
def test_max_unpool1d(dtype):
    def call(library, x, **options):
        values, indices = functional(library).max_pool1d(x, 2, return_indices=True)
        return functional(library).max_unpool1d(values, indices, 2, **options)

    for shape in ((2, 3, 7), (3, 6)):
        compare(call, draw(shape, dtype))
    for size in ((7,), [7], (2, 3, 7), torch.Size((2, 3, 7)), (9,), (1, 2), (6, 1)):
        compare(lambda lib, x, s=size: call(lib, x, output_size=s), draw((2, 3, 7), dtype))


WRONG_UNPOOLING = [
    lambda F, lib, v, i: F.max_unpool2d(v, i[:1], 2),
    lambda F, lib, v, i: F.max_unpool2d(v, i.int(), 2),
    lambda F, lib, v, i: F.max_unpool2d(v, i + 100, 2),
    lambda F, lib, v, i: F.max_unpool2d(v, i - 100, 2),
    lambda F, lib, v, i: F.max_unpool2d(v[0, 0], i[0, 0], 2),
    lambda F, lib, v, i: F.max_unpool2d(v.long(), i, 2),
    lambda F, lib, v, i: F.max_unpool2d(v[:, :0], i[:, :0], 2),
    *UNPOOLED_SIZES.only(lambda F, lib, v, i: F.max_unpool2d(v, i, 2, padding=9)),
    lambda F, lib, v, i: F.max_unpool2d(v, [0], 2),
    lambda F, lib, v, i: F.max_unpool2d(v, i, 2, output_size=(2, 3, 4)),
    lambda F, lib, v, i: F.max_unpool1d(v[0], i[0], 2, output_size=7),
    lambda F, lib, v, i: F.unfold(v, (2,)),
    lambda F, lib, v, i: F.unfold(v, (1, 2, 3)),
    lambda F, lib, v, i: F.unfold(v, 2.5),
    lambda F, lib, v, i: F.unfold(v, "a"),
    lambda F, lib, v, i: F.unfold([1], 2),
    lambda F, lib, v, i: F.unfold(v, 0),
    lambda F, lib, v, i: F.unfold(v, 2, stride=0),
    lambda F, lib, v, i: F.unfold(v, 2, padding=-1),
    lambda F, lib, v, i: F.unfold(v[0, 0], 2),
    lambda F, lib, v, i: F.unfold(v[None], 2),
    lambda F, lib, v, i: F.unfold(v[:, :0], 2),
    lambda F, lib, v, i: F.fold(lib.ones(20), (5, 6), 2),
    lambda F, lib, v, i: F.fold(lib.ones(1, 2, 12, 20), (5, 6), 2),
    lambda F, lib, v, i: F.fold(lib.ones(12, 20), (5, -6), 2),
    lambda F, lib, v, i: F.fold(lib.ones(12, 20), (5, 6, 7), 2),
    lambda F, lib, v, i: F.fold(lib.ones(12, 0), 1, 2),
    lambda F, lib, v, i: F.fold(lib.ones(12, 0), (5, 1), 2),
    lambda F, lib, v, i: F.fold(lib.ones(12, 19), (5, 6), 2),
    lambda F, lib, v, i: F.softshrink(v, 3.5e38),
    lambda F, lib, v, i: F.pad(lib.ones(2, 0, 3), (1, 1), "reflect"),
    lambda F, lib, v, i: F.pad(lib.ones(2, 0, 3, 3), (1, 1, 1, 1), "replicate"),
    lambda F, lib, v, i: F.lp_pool2d(v, 2, (2,)),
    lambda F, lib, v, i: F.lp_pool2d(v, 0, 2),
    lambda F, lib, v, i: F.lp_pool1d(v[0], 2, (2,)),
    lambda F, lib, v, i: F.local_response_norm(v[0, 0], 2),
    lambda F, lib, v, i: F.local_response_norm(np.float64(1.5), 2),
    lambda F, lib, v, i: F.local_response_norm(v, 0),
    lambda F, lib, v, i: F.local_response_norm(v, -1),
    lambda F, lib, v, i: F.grid_sample(v, lib.zeros(1, 2, 2, 2)),
    lambda F, lib, v, i: F.grid_sample(v, lib.zeros(2, 2, 2, 3)),
    lambda F, lib, v, i: F.grid_sample(v, lib.zeros(2, 2, 2)),
    lambda F, lib, v, i: F.grid_sample(v, lib.zeros(2, 2, 2, 2).double()),
    lambda F, lib, v, i: F.grid_sample(v[:, :, :0], lib.zeros(2, 2, 2, 2)),
    lambda F, lib, v, i: F.grid_sample(v, lib.zeros(2, 2, 2, 2), "linear"),
    lambda F, lib, v, i: F.grid_sample(v, lib.zeros(2, 2, 2, 2), padding_mode="x"),
    lambda F, lib, v, i: F.grid_sample(
        lib.ones(1, 1, 2, 2, 2), lib.zeros(1, 1, 1, 1, 3), "bicubic"
    ),
    lambda F, lib, v, i: F.grid_sample(v, [1]),
    lambda F, lib, v, i: F.affine_grid(lib.ones(2, 2, 3), (2, 3, 4)),
    lambda F, lib, v, i: F.affine_grid(lib.ones(2, 3), (2, 3, 4, 5)),
    lambda F, lib, v, i: F.affine_grid(lib.ones(2, 2, 3).long(), (2, 3, 4, 5)),
    lambda F, lib, v, i: F.affine_grid(lib.ones(2, 2, 3), (2, 3, 0, 5)),
    lambda F, lib, v, i: F.affine_grid(lib.ones(2, 2, 3), (1, 3, 4, 5)),
    lambda F, lib, v, i: F.affine_grid(lib.ones(2, 2, 3), 4),
    lambda F, lib, v, i: F.native_channel_shuffle(v, 2),
]


@pytest.mark.filterwarnings("ignore:Default grid_sample")
@pytest.mark.filterwarnings("ignore:grid_sample and affine_grid")
@pytest.mark.parametrize("number", range(len(WRONG_UNPOOLING)))
def test_errors(number):
    def call(library):
        values, indices = functional(library).max_pool2d(
            library.ones(2, 3, 4, 6), 2, return_indices=True
        )
        return WRONG_UNPOOLING[number](functional(library), library, values, indices)

    check_raises_alike(call)


def test_the_size_that_unpooling_cannot_have_is_named():
    values, indices = tinygrad_edu.ones(1, 2, 3), tinygrad_edu.zeros(1, 2, 3).long()
    with pytest.raises(ValueError, match=r"non-negative .* \(-12,\)"):
        functional(tinygrad_edu).max_unpool1d(values, indices, 2, padding=9)


@pytest.mark.parametrize("corners", [True, False])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_grids_at_the_edges(mode, padding, corners):
    """Where a place is on the edge of an image, and exactly on a pixel or between two."""
    results = []
    for lib in SIDES:
        places = [-1.0, -0.5, 0.0, 0.5, 1.0]
        places = [[[x, y] for x in places] for y in places]
        grid = lib.tensor([places], dtype=lib.float64, requires_grad=True)
        image = lib.arange(12.0, dtype=lib.float64).reshape(1, 1, 3, 4).requires_grad_()
        result = functional(lib).grid_sample(image, grid, mode, padding, corners)
        (result * result).sum().backward()
        results.append([t.detach().numpy() for t in (result, grid.grad, image.grad)])
    for got, expected in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


def test_the_largest_threshold():
    for lib in SIDES:
        largest = lib.finfo(lib.float32).max
        assert functional(lib).softshrink(lib.ones(1), largest).tolist() == [0.0]


def test_grids_warn():
    for library in SIDES:
        F = functional(library)
        with pytest.warns(UserWarning, match="align_corners=True"):
            F.affine_grid(library.ones(1, 2, 3), (1, 1, 2, 2))
        with pytest.warns(UserWarning, match="align_corners=True"):
            F.grid_sample(library.ones(1, 1, 2, 2), library.zeros(1, 1, 1, 2))
        with pytest.warns(UserWarning, match="align_corners=True"):
            grid = F.affine_grid(library.ones(1, 2, 3), (1, 1, 2, 1), True)
        assert grid[0, :, 0, 0].tolist() == [0.0, 2.0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_old_names_of_interpolate(dtype):
    for name, arguments in (
        ("upsample", {"size": 7}), ("upsample", {"scale_factor": 2, "mode": "bilinear"}),
        ("upsample_nearest", {"scale_factor": 1.5}), ("upsample_bilinear", {"size": (7, 5)}),
    ):  # fmt: skip

        def call(library, x, name=name, arguments=arguments):
            with pytest.warns(UserWarning, match=f"`nn.functional.{name}` is deprecated"):
                return getattr(functional(library), name)(x, **arguments)

        compare(call, draw((2, 3, 4, 5), dtype))
    shuffled = draw((2, 4, 3), dtype).detach()  # PyTorch has no gradient of it
    compare(lambda lib, x: functional(lib).native_channel_shuffle(x, 2), shuffled)


@pytest.mark.parametrize("dtype", DTYPES)
def test_local_response_norm_of_any_number_of_dimensions(dtype):
    for shape in ((2, 5, 3), (2, 5, 3, 2), (2, 5, 2, 1, 3), (0, 5, 3)):
        compare(lambda lib, x: functional(lib).local_response_norm(x, 3, 0.5), draw(shape, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_activations_in_place(dtype):
    # PyTorch rounds the alpha of celu_ to float32, and so it is one that needs no rounding.
    for name, arguments in (
        ("relu_", ()), ("celu_", (0.5,)), ("elu_", (0.7,)), ("selu_", ()), ("hardtanh_", (-1, 2)),
        ("leaky_relu_", (0.2,)), ("threshold_", (0.1, 3.0)), ("rrelu_", (0.1, 0.3)),
    ):  # fmt: skip

        def call(library, x, name=name, arguments=arguments):
            y = x * 1
            assert getattr(functional(library), name)(y, *arguments) is y
            return y

        compare(call, draw((3, 4), dtype))


LINEAR_LOSSES = [
    ({}, (4, 3), (5, 3), (4,)), ({"reduction": "none"}, (3,), (5, 3), ()),
    ({"reduction": "sum", "label_smoothing": 0.2}, (4, 3), (5, 3), (4,)),
    ({"ignore_index": 2}, (4, 3), (5, 3), (4,)), ({}, (4, 3), (5, 2, 3), (4, 2)),
]  # fmt: skip


@LINEAR_CROSS_ENTROPY.skip
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("options", "shape", "weights", "targets"), LINEAR_LOSSES)
def test_linear_cross_entropy(options, shape, weights, targets, dtype):
    target = torch.randint(0, 5, targets, generator=torch.Generator().manual_seed(1))
    tensors = [draw(shape, dtype), draw(weights, dtype, 1), draw(weights[:-1], dtype, 2)]

    def call(library, x, w, b, t, **more):
        return functional(library).linear_cross_entropy(x, w, t, linear_bias=b, **options, **more)

    compare(call, *tensors, target)
    compare(lambda lib, x, w, b, t, c: call(lib, x, w, b, t, weight=c), *tensors, target,
            draw((5,), dtype).detach().abs())  # fmt: skip
    chances = draw((4, 5), dtype).detach().softmax(1)
    compare(lambda lib, x, w, t: functional(lib).linear_cross_entropy(x, w, t),
            draw((4, 3), dtype), draw((5, 3), dtype), chances)  # fmt: skip


@LINEAR_CROSS_ENTROPY.skip
def test_linear_cross_entropy_errors():
    for x, w, b, t in (
        ((2, 2, 3), (5, 3), None, (2,)), ((2, 3), (3,), None, (2,)), ((2, 3), (5, 4), None, (2,)),
        ((2, 3), (5, 3), (4,), (2,)), ((3,), (5, 2, 3), None, (2,)), ((2, 3), (5, 3), None, (2, 5)),
    ):  # fmt: skip
        check_raises_alike(
            lambda lib, x=x, w=w, b=b, t=t: functional(lib).linear_cross_entropy(
                lib.ones(x), lib.ones(w), lib.ones(t),
                linear_bias=None if b is None else lib.ones(b), ignore_index=1,
            )
        )  # fmt: skip
    with pytest.raises(NotImplementedError, match="options"):
        functional(tinygrad_edu).linear_cross_entropy(
            tinygrad_edu.ones(2, 3), tinygrad_edu.ones(5, 3), tinygrad_edu.tensor([1, 2]), options=1
        )


# As layers ----------------------------------------------------------------------------------------

LAYERS = [
    (lambda nn: nn.Unfold((2, 3), stride=2), (2, 3, 5, 6)),
    (lambda nn: nn.Fold((5, 6), 2, padding=1, stride=2), (2, 12, 12)),
    (lambda nn: nn.LPPool1d(2, 3), (2, 3, 7)),
    (lambda nn: nn.LPPool2d(3, (2, 3), 1, True), (2, 3, 5, 6)),
    (lambda nn: nn.LocalResponseNorm(2, 0.5, 1.0, 2.0), (2, 5, 4, 3)),
]


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_layers(number, dtype):
    make, shape = LAYERS[number]
    check_made_alike(lambda lib: make(lib.nn))
    twice = number not in (2, 3) or dtype is torch.float64  # roots of sums of few powers
    compare_module(lambda lib: make(lib.nn), draw(shape, dtype), twice=twice)


def test_unpooling_layers():
    for make, shape in (
        (lambda nn: (nn.MaxPool1d(3, 2, 1, return_indices=True), nn.MaxUnpool1d(3, 2, 1)), (2, 7)),
        (lambda nn: (nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d((2, 2))), (2, 5, 6)),
    ):

        def call(library, x, make=make):
            pool, unpool = make(library.nn)
            return unpool(*pool(x), output_size=x.shape[1:])

        check_made_alike(lambda lib, make=make: make(lib.nn)[1])
        compare(call, draw(shape, torch.float64))


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
def test_adaptive_log_softmax(dtype):
    def make(library):
        return library.nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], 2.0, True)

    x = draw((6, 8), dtype)
    for targets in (torch.tensor([0, 11, 2, 5, 6, 3]), torch.tensor([0, 1, 2, 1, 1, 0])):
        compare_module(make, x, targets, use=lambda m, x, t: tuple(m(x, t)))
    compare_module(make, x, use=lambda m, x: (m.log_prob(x), m.predict(x)))
    one = torch.tensor(4)
    compare_module(make, draw((8,), dtype), one, use=lambda m, x, t: tuple(m(x, t)))
    check_made_alike(make)
    check_made_alike(lambda lib: lib.nn.AdaptiveLogSoftmaxWithLoss(64, 20, (5, 10, 15)))
    for library in SIDES:
        module = make(library)
        before = module.tail[1][0].weight.tolist()
        module.reset_parameters()
        assert module.tail[1][0].weight.tolist() != before


def test_adaptive_log_softmax_errors():
    for cutoffs in ([], [3, 2], [0, 3], [3, 12], [3, 3], [2.5]):
        check_raises_alike(lambda lib, c=cutoffs: lib.nn.AdaptiveLogSoftmaxWithLoss(8, 12, c))
    for shape, targets in (
        ((2, 8), [1]), ((8,), [1]), ((2, 8), 1), ((2, 8), [[1, 2]]), ((2, 8), [1, 12]),
        ((2, 8), [-1, 1]),
    ):  # fmt: skip
        check_raises_alike(
            lambda lib, s=shape, t=targets: lib.nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], 2.0)(
                lib.ones(s), lib.tensor(t)
            )
        )


@pytest.mark.on_device
@LINEAR_CROSS_ENTROPY.skip
def test_losses_of_labels():
    check_made_alike(lambda lib: lib.nn.LinearCrossEntropyLoss(3, 5))
    check_made_alike(
        lambda lib: lib.nn.LinearCrossEntropyLoss(
            3,
            5,
            out_features=(2,),
            bias=True,
            reduction="sum",
            label_smoothing=0.1,
            weight=lib.ones(5),
        )
    )
    target = torch.tensor([[1, 0], [4, 2]])
    compare_module(
        lambda lib: lib.nn.LinearCrossEntropyLoss(3, 5, out_features=(2,), bias=True),
        draw((2, 3), torch.float64), target,
    )  # fmt: skip
    check_raises_alike(lambda lib: lib.nn.LinearCrossEntropyLoss(3, 5, weight=lib.ones(4)))
    check_raises_alike(lambda lib: lib.nn.LinearCrossEntropyLoss(3, 5, label_smoothing=1.5))


def test_the_old_name_of_nll_loss():
    for library in SIDES:
        with pytest.warns(FutureWarning, match="NLLLoss2d"):
            loss = library.nn.NLLLoss2d(reduction="sum")
        assert repr(loss) == "NLLLoss2d()"
        assert loss(library.ones(1, 2), library.tensor([0])).item() == -1
