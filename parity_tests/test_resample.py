"""`interpolate`, the shuffles, `Bilinear`, `Unflatten`, `normalize`, and patterned initial weights,
against PyTorch."""

import math

import numpy as np
import pytest
import torch

import tinygrad_edu

from .both import BOTH, both, both_raise
from .compare import compare
from .versions import LANCZOS

DTYPES = [torch.float32, torch.float64]


def draw(shape, dtype=torch.float64, seed=0, grad=True):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=dtype).requires_grad_(grad)


RESIZES = [
    ((2, 3, 5), {"size": 8}),
    ((2, 3, 5), {"size": (3,), "mode": "nearest-exact"}),
    ((2, 3, 5), {"scale_factor": 2.5}),
    ((2, 3, 5), {"scale_factor": 1.7, "mode": "linear"}),
    ((2, 1, 4, 5), {"scale_factor": 2}),
    ((2, 1, 4, 5), {"scale_factor": (0.6, 3.0)}),
    ((1, 2, 4, 5), {"size": (7, 3), "mode": "nearest-exact"}),
    ((1, 2, 4, 5), {"size": (9, 3), "mode": "bilinear"}),
    ((1, 2, 4, 5), {"size": 7, "mode": "bilinear", "align_corners": True}),
    ((1, 2, 4, 5), {"scale_factor": 2, "mode": "bilinear", "align_corners": False}),
    ((1, 2, 4, 5), {"scale_factor": 1.3, "mode": "bilinear", "recompute_scale_factor": True}),
    ((1, 2, 4, 5), {"scale_factor": 1.3, "mode": "bilinear", "align_corners": True}),
    ((1, 2, 4, 5), {"size": 1, "mode": "bilinear", "align_corners": True}),
    ((1, 2, 1, 5), {"size": (4, 5), "mode": "bilinear"}),
    ((1, 1, 2, 3, 4), {"scale_factor": 2}),
    ((0, 2, 3, 3), {"size": 2}),
    ((1, 1, 2, 3, 4), {"size": (3, 5, 2), "mode": "trilinear", "align_corners": True}),
    ((2, 3, 5), {"size": 3, "mode": "area"}),
    ((2, 3, 5), {"scale_factor": 2, "mode": "area"}),
    ((1, 2, 4, 5), {"size": (2, 7), "mode": "area"}),
    ((1, 2, 4, 5), {"size": (9, 3), "mode": "bicubic"}),
    ((1, 2, 4, 5), {"size": 7, "mode": "bicubic", "align_corners": True}),
    ((1, 2, 4, 5), {"scale_factor": 1.3, "mode": "bicubic"}),
    ((1, 2, 1, 5), {"size": (4, 5), "mode": "bicubic"}),
    ((1, 1, 2, 3, 4), {"size": (3, 2, 2), "mode": "area"}),
    ((1, 1, 2, 3, 4), {"scale_factor": 1.6, "mode": "area"}),
    ((1, 2, 4, 5), {"scale_factor": 1.6, "mode": "bicubic", "recompute_scale_factor": True}),
    ((1, 2, 4, 5), {"scale_factor": (0.7, 1.6), "recompute_scale_factor": True}),
]
SMALLER = [
    {"size": (3, 2)}, {"size": (12, 3)}, {"size": 1}, {"scale_factor": 0.4}, {"size": (9, 11)},
    {"scale_factor": (0.3, 1.7)}, {"scale_factor": 0.55, "recompute_scale_factor": True},
]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("number", range(len(RESIZES)))
def test_interpolate(number, dtype):
    shape, options = RESIZES[number]
    compare(
        lambda lib, x: lib.nn.functional.interpolate(x, **options), draw(shape, dtype),
        layout=("contiguous", "transposed", "sliced")[number % 3],
    )  # fmt: skip
    if len(options) == 1 or "mode" in options:
        compare(lambda lib, x: lib.nn.Upsample(**options)(x), draw(shape, dtype))


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "area"])
def test_sizes_may_be_tensors(mode):
    """As where an image is resized at random."""

    def resized(lib, x):
        drawn = [lib.tensor([3], dtype=lib.int32), lib.tensor(2)]
        interpolate = lib.nn.functional.interpolate
        return interpolate(x, size=drawn, mode=mode) + interpolate(x, drawn[0], mode=mode).mean()

    compare(resized, draw((1, 2, 4, 5), torch.float64))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", SMALLER, ids=str)
@pytest.mark.parametrize("mode", ["bilinear", "bicubic", *LANCZOS.only("lanczos")])
def test_antialiased(mode, options, dtype):
    for corners in (None, False, True)[: 2 if mode == "lanczos" else 3]:
        compare(
            lambda lib, x, corners=corners: lib.nn.functional.interpolate(
                x, **options, mode=mode, align_corners=corners, antialias=True
            ),
            draw((2, 1, 9, 11), dtype), twice=False,
        )  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [0.3, 1.15, 1.85, 2.3, 3.88])
def test_nearest_places_of_many_sizes(scale, dtype):
    """Which element is nearest may depend on rounding, which is PyTorch's."""

    def resized(lib, size, mode):
        x = lib.arange(size, dtype=getattr(lib, dtype))[None, None]
        return lib.nn.functional.interpolate(x, scale_factor=scale, mode=mode).tolist()

    for size in (4, 7, 10, 29, 100):
        both(lambda lib, size=size: resized(lib, size, "nearest"))
        both(lambda lib, size=size: resized(lib, size, "nearest-exact"))


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_scale_that_leaves_the_size(mode, dtype):
    """Some of PyTorch's modes then copy, and others look between the elements all the same."""

    def resized(lib, x, scale, **options):
        return lib.nn.functional.interpolate(x, scale_factor=scale, mode=mode, **options)

    compare(lambda lib, x: resized(lib, x, (1.1, 1.6)), draw((1, 2, 5, 6), dtype))
    compare(lambda lib, x: resized(lib, x, (2.0, 1.1)), draw((2, 1, 3, 8), dtype))
    compare(lambda lib, x: resized(lib, x, (2.15, 2.1)), draw((1, 1, 6, 5), dtype))
    if mode.startswith("bi"):
        compare(lambda lib, x: resized(lib, x, 1.1, align_corners=True), draw((1, 1, 5, 8), dtype))
    for shape in ((1, 2, 5, 7), (2, 1, 8, 8)):
        # Without gradients: PyTorch's derivative of these copies, also where the image was not.
        compare(lambda lib, x: resized(lib, x, 1.1), draw(shape, dtype, grad=False))
    compare(lambda lib, x: resized(lib, x, 1.0), draw((1, 2, 3, 4), dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_shuffles(dtype):
    for shape, r in (((2, 8, 3, 2), 2), ((9, 1, 2), 3), ((1, 2, 4, 2, 3), 1)):
        compare(lambda lib, x, r=r: lib.nn.PixelShuffle(r)(x), draw(shape, dtype))
    for shape, r in (((2, 3, 4, 6), 2), ((1, 3, 6), 3)):
        compare(lambda lib, x, r=r: lib.nn.PixelUnshuffle(r)(x), draw(shape, dtype))
    compare(lambda lib, x: lib.nn.ChannelShuffle(3)(x) * 1, draw((2, 6, 3), dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", [(), (5,), (2, 3), (0,)])
def test_bilinear(batch, dtype):
    tensors = [draw((*batch, 3), dtype, 1), draw((*batch, 4), dtype, 2), draw((2, 3, 4), dtype, 3)]
    compare(lambda lib, *t: lib.nn.functional.bilinear(*t), *tensors)
    compare(lambda lib, *t: lib.nn.functional.bilinear(*t), *tensors, draw((2,), dtype, 4))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [1, 2, 3.0, math.inf])
def test_normalize(p, dtype):
    for shape, dim in (((4, 3), 1), ((2, 3, 4), 0), ((3,), -1), ((2, 3, 4), (0, -1))):
        compare(lambda lib, x, d=dim: lib.nn.functional.normalize(x, p, d), draw(shape, dtype))
    both(lambda lib: lib.nn.functional.normalize(lib.zeros(2, 3)).tolist())
    both_raise(lambda lib: lib.nn.functional.normalize(lib.tensor([1, 2]), dim=0))


def test_one_seed_gives_one_set_of_weights():
    for options in ({}, {"bias": False}):
        layers = []
        for lib in BOTH:
            lib.manual_seed(3)
            layers.append(lib.nn.Bilinear(3, 4, 2, **options))
        for mine, theirs in zip(*(m.parameters() for m in layers[::-1]), strict=True):
            assert mine.tolist() == theirs.tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_patterned_weights(dtype):
    for shape, groups in (((4, 2, 3), 1), ((4, 3, 2, 5), 2), ((2, 3, 1, 2, 3), 1)):
        both(lambda lib, s=shape, g=groups: lib.nn.init.dirac_(
            lib.ones(s, dtype=getattr(lib, dtype)), g).tolist())  # fmt: skip
    for shape, sparsity in (((5, 3), 0.3), ((20, 4), 0.9), ((3, 2), 0.0)):
        results = []
        for lib in BOTH:
            lib.manual_seed(5)
            tensor = lib.nn.Parameter(lib.zeros(shape, dtype=getattr(lib, dtype)))
            assert lib.nn.init.sparse_(tensor, sparsity, std=0.5) is tensor
            results.append((tensor.detach().numpy(), lib.rand(3).numpy()))
        for mine, theirs in zip(results[1], results[0], strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_fans():
    for shape in ((3, 4), (3, 4, 2), (5, 0, 3, 2), (2, 3, 1, 2, 3)):
        both(lambda lib, s=shape: lib.nn.init._calculate_fan_in_and_fan_out(lib.empty(s)))
        for mode in ("fan_in", "fan_out", "FAN_OUT"):
            both(lambda lib, s=shape, m=mode: lib.nn.init._calculate_correct_fan(lib.empty(s), m))


def test_texts():
    for layer in (
        "Upsample(scale_factor=2)", "Upsample(size=(2, 3), mode='bilinear', align_corners=True)",
        "Upsample(scale_factor=(2, 3.5))", "UpsamplingNearest2d(scale_factor=2)",
        "UpsamplingBilinear2d(size=3)", "PixelShuffle(2)", "PixelUnshuffle(2)", "ChannelShuffle(2)",
        "Unflatten(1, (2, 3))", "Unflatten(1, [2, 3])", "Bilinear(3, 4, 2)",
        "Bilinear(3, 4, 2, bias=False)",
    ):  # fmt: skip
        both(lambda lib, layer=layer: repr(eval(f"lib.nn.{layer}", {"lib": lib})))
    both(lambda lib: lib.nn.Unflatten(1, (2, 3))(lib.arange(12).reshape(2, 6)).tolist())
    both(lambda lib: lib.nn.UpsamplingBilinear2d(size=3)(lib.eye(2)[None, None]).tolist())
    both(lambda lib: lib.nn.UpsamplingNearest2d(scale_factor=2)(lib.eye(2)[None, None]).tolist())


X = "lib.ones(2, 4, 3, 3)"
ERRORS = [
    f"functional.pixel_shuffle({X}, 0)", f"functional.pixel_shuffle({X}, 3)",
    f"functional.pixel_shuffle({X}[0, 0], 1)", f"functional.pixel_unshuffle({X}, 0)",
    f"functional.pixel_unshuffle({X}, 2)", f"functional.channel_shuffle({X}, 3)",
    f"functional.channel_shuffle({X}, 0)", f"functional.channel_shuffle({X}[0, 0], 1)",
    f"functional.interpolate({X})", f"functional.interpolate({X}, size=2, scale_factor=2)",
    f"functional.interpolate({X}, size=(2,))", f"functional.interpolate({X}, size=0)",
    f"functional.interpolate({X}, scale_factor=0.1)", f"functional.interpolate({X}, size=(2.5, 2))",
    f"functional.interpolate({X}, size=[lib.tensor(2.0), 2])",
    f"functional.interpolate({X}[0], 2, mode='bilinear')",
    f"functional.interpolate({X}[0, 0], 2)", f"functional.interpolate({X}, 2, mode='cubic')",
    f"functional.interpolate({X}[:, :0], 2)", f"functional.interpolate({X}[:, :, :0], 2)",
    f"functional.interpolate({X}, 2, align_corners=True)",
    f"functional.interpolate({X}, size=2, recompute_scale_factor=True)",
    f"functional.interpolate({X}.long(), 2)",
    f"functional.interpolate({X}, 2, mode='nearest', antialias=True)",
    f"functional.interpolate({X}[0], 2, mode='linear', antialias=True)",
    f"functional.interpolate({X}[:, :, None], 2, mode='trilinear', antialias=True)",
    *LANCZOS.only(
        f"functional.interpolate({X}, 2, mode='lanczos')",
        f"functional.interpolate({X}, 2, mode='lanczos', antialias=True, align_corners=True)",
        f"functional.interpolate({X}[0], 2, mode='lanczos', antialias=True)",
    ),
    f"functional.interpolate({X}.long(), 2, mode='bilinear', antialias=True)",
    f"functional.interpolate({X}, 0, mode='bilinear', antialias=True)",
    "init._calculate_fan_in_and_fan_out(lib.ones(3))",
    "init._calculate_correct_fan(lib.ones(3, 4), 'fan')",
    "Bilinear(3, 4, 2)(lib.ones(2, 3), lib.ones(3, 4))", "Bilinear(0, 4, 2)",
    "Bilinear(3, 4, 2)(lib.ones(2, 3), lib.ones(2, 3))", "Unflatten(1, 2)",
    "Bilinear(3, 4, 2)(lib.ones(2, 3), lib.ones(5, 2, 4))", "Unflatten(1, (2, 'a'))",
    "Unflatten(1, (2, 2))(lib.ones(2, 3))", "init.dirac_(lib.ones(2, 3))",
    "init.dirac_(lib.ones(3, 3, 2), groups=2)", "init.sparse_(lib.ones(3), 0.5)",
    "functional.normalize(lib.ones(3), dim=1)",
]  # fmt: skip


@pytest.mark.parametrize("expression", ERRORS)
def test_errors(expression):
    both_raise(lambda lib: eval(f"lib.nn.{expression}", {"lib": lib}))


def test_what_is_missing_is_named():
    x = tinygrad_edu.ones(1, 1, 2, 2)
    for shape in ((1, 1, 2), (1, 1, 2, 2, 2)):
        both_raise(
            lambda lib, s=shape: lib.nn.functional.interpolate(lib.ones(s), 3, mode="bicubic")
        )
    x = x.to(tinygrad_edu.uint8)
    with pytest.raises(NotImplementedError, match="antialias"):
        tinygrad_edu.nn.functional.interpolate(x, 3, mode="bilinear", antialias=True)
