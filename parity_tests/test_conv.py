"""Convolution, padding and pooling as layers, what they refuse, and how they use the machine.

Their numbers and gradients are compared in test_ops.py.
"""

import tracemalloc

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.nn import functional as F
from tinygrad_edu.ops import conv_products

from .both import BOTH, both, both_raise
from .compare import compare

LAYERS = (
    "Conv1d(4, 6, 3)", "Conv1d(4, 6, 4, padding='same')", "Conv1d(4, 6, (3,), 2, 1, 2, 2)",
    "Conv1d(4, 6, 3, padding=2, padding_mode='replicate', bias=False)",
    "Conv2d(4, 6, 3, padding=1)", "Conv2d(4, 6, (3, 2), stride=2, groups=2, bias=False)",
    "Conv2d(4, 6, 2, padding='valid', dilation=(1, 2))", "Conv2d(4, 4, 3, 1, (1, 0), groups=4)",
    "Conv2d(4, 6, (4, 3), padding='same', padding_mode='circular')",
    "Conv2d(4, 6, 3, padding=(1, 2), padding_mode='reflect')",
    "Conv2d(4, 6, 3, padding='valid', padding_mode='reflect')",
    "ConvTranspose1d(4, 6, 3, 2, 1, 1, 2)", "ConvTranspose1d(4, 6, 3, bias=False)",
    "ConvTranspose2d(4, 6, 3, 2, 1, (1, 0))", "ConvTranspose2d(4, 6, (2, 3), 1, 1, 0, 2, True, 2)",
    "Conv3d(4, 6, 3, padding=1)", "Conv3d(4, 6, (3, 2, 1), 2, (1, 0, 1), (1, 2, 1), 2, False)",
    "Conv3d(4, 6, (4, 3, 2), padding='same', padding_mode='circular')",
    "Conv3d(4, 6, 3, padding=(1, 2, 1), padding_mode='replicate')",
    "ConvTranspose3d(4, 6, 3, 2, 1, (1, 0, 1))",
    "ConvTranspose3d(4, 6, (2, 3, 1), 1, 1, 0, 2, False, 2)",
    "MaxPool3d(2)", "MaxPool3d((3, 2, 1), 2, (1, 0, 0), (1, 2, 1), True, True)", "AvgPool3d(2)",
    "AvgPool3d((3, 2, 1), (2, 1, 2), (1, 1, 0), True, False, 5)", "AdaptiveAvgPool3d((None, 3, 2))",
    "AdaptiveMaxPool3d((2, 3, 1), return_indices=True)",
    "MaxPool1d(2)", "MaxPool1d((3,), 1, 1, ceil_mode=True)", "MaxPool2d(2)",
    "MaxPool2d((3, 2), 2, 1, dilation=(1, 2))", "MaxPool2d(3, return_indices=True)",
    "AvgPool1d(2)", "AvgPool1d((3,), 2, 1, True, False)", "AvgPool2d(2)",
    "AvgPool2d((3, 2), (2, 1), 1, ceil_mode=True, count_include_pad=False, divisor_override=5)",
    "AdaptiveAvgPool1d(3)", "AdaptiveAvgPool2d((None, 3))", "AdaptiveAvgPool2d(1)",
    "AdaptiveMaxPool1d(3)", "AdaptiveMaxPool2d((2, 3), return_indices=True)",
)  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS)
def test_layers(layer):
    """Text, initial weights to the bit, results and gradients, with a batch and without."""

    def made(library):
        library.manual_seed(3)
        return eval(f"nn.{layer}", {"nn": library.nn})

    both(lambda library: repr(made(library)))
    weights = [[p.detach().numpy().tolist() for p in made(lib).parameters()] for lib in BOTH]
    assert weights[0] == weights[1]
    shape = {"1d": (4, 7), "2d": (4, 7, 6), "3d": (4, 5, 4, 6)}[layer.split("(")[0][-2:]]
    for batch in ((2,), ()):
        x = torch.randn(*batch, *shape, generator=torch.Generator().manual_seed(1))
        compare(lambda library, x: made(library)(x), x.requires_grad_(), twice=False)
    initial = torch.randn(3, *shape)
    for number, _ in enumerate(weights[0]):

        def gradient(library, x, number=number):
            model = made(library)
            out = model(x)
            out.sum().backward()
            return list(model.parameters())[number].grad * x.sum()

        compare(gradient, initial.requires_grad_(), twice=False)


@pytest.mark.parametrize("options", [{}, {"padding": 1}, {"groups": 2}, {"stride": 2}], ids=str)
@pytest.mark.parametrize("layout", ["contiguous", "transposed"])
def test_many_small_images(layout, options):
    """They are computed side by side, in another order in memory."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(12, 4, 7, 6, generator=generator, dtype=torch.float64)
    w = torch.randn(6, 4 // options.get("groups", 1), 3, 2, generator=generator).double()

    def convolved(library, x, w):
        return library.nn.functional.conv2d(x, w, **options)

    compare(convolved, x.requires_grad_(), w.requires_grad_(), layout=layout)


def test_transposed_convolutions_take_an_output_size():
    for size in ((10, 9), (4, 10, 9), (1, 4, 10, 9)):
        both(
            lambda lib, size=size: (
                tuple(lib.nn.ConvTranspose2d(3, 4, 3, 2)(lib.ones(1, 3, 4, 4), size).shape)
                if len(size) != 3
                else tuple(lib.nn.ConvTranspose2d(3, 4, 3, 2)(lib.ones(3, 4, 4), size).shape)
            )
        )


X, V = "lib.ones(2, 3, 4, 4)", "lib.ones(2, 3, 4, 4, 4)"
ERRORS = (
    *(f"F.conv2d({X}, {w})" for w in (
        "lib.ones(2, 3, 5, 5)", "lib.ones(2, 2, 3, 3)", "lib.ones(2, 3, 3)", "[1]",
        "lib.ones(2, 3, 3, 3).double()", "lib.ones(2, 3, 3, 3), lib.ones(3)",
        "lib.ones(2, 3, 3, 3), lib.ones(2, 1)", "lib.ones(2, 3, 3, 3), lib.ones(2).double()",
    )),
    *(f"F.conv2d({X}, lib.ones(2, 3, 3, 3), {o})" for o in (
        "stride=0", "padding=-1", "dilation=0", "groups=0", "groups=2", "padding='foo'",
        "padding='same', stride=2", "stride=(1, 2, 3)", "stride=1.5", "dilation=2",
    )),
    "F.conv2d([1], lib.ones(2, 3, 3, 3))", "F.conv2d(lib.ones(3, 4), lib.ones(2, 3, 3, 3))",
    "F.conv2d(lib.ones(2, 3, 0, 4), lib.ones(2, 3, 1, 1))",
    "F.conv1d(lib.ones(4), lib.ones(2, 3, 3))",
    f"F.conv2d({X}.bool(), lib.ones(2, 3, 3, 3).bool())",
    *(f"F.conv_transpose2d({X}, {w})" for w in (
        "lib.ones(2, 3, 3, 3)", "lib.ones(3, 2, 3, 3), padding=4",
        "lib.ones(3, 2, 3, 3), output_padding=1", "lib.ones(3, 2, 3, 3), groups=2",
        "lib.ones(3, 2, 3, 3), stride=2, output_padding=-1", "lib.ones(3, 2, 3, 3), lib.ones(3)",
    )),
    "nn.Conv2d(3, 4, 3, groups=2)", "nn.Conv2d(4, 3, 3, groups=2)", "nn.Conv2d(3, 4, 3, groups=0)",
    "nn.Conv2d(3, 4, 3, padding='foo')", "nn.Conv2d(3, 4, 3, padding='same', stride=2)",
    "nn.Conv2d(3, 4, 3, padding_mode='foo')", "nn.ConvTranspose2d(3, 4, 3, padding_mode='reflect')",
    "nn.Conv2d(3, 4, 3.5)", "nn.Conv2d(3, 4, -1)", "nn.Conv2d(3, 4, 3)(lib.ones(3, 4))",
    "nn.Conv2d(3, 4, 5)(lib.ones(3, 4, 4))", "nn.Conv2d(3, 4, 3)(lib.ones(1, 2, 4, 4))",
    "nn.ConvTranspose2d(3, 4, 3, 2)(lib.ones(1, 3, 4, 4), output_size=(12, 12))",
    "nn.ConvTranspose2d(3, 4, 3, 2)(lib.ones(1, 3, 4, 4), output_size=(4, 10, 9))",
    *(f"F.max_pool2d({X}, {o})" for o in (
        "(2, 2, 2)", "2, 0", "0", "2, padding=2", "2, padding=-1", "2, dilation=0", "5", "2.0",
    )),
    "F.max_pool2d(lib.ones(4, 4), 2)", "F.max_pool2d(lib.ones(2, 3, 0, 4), 2)",
    f"F.max_pool2d({X}.bool(), 2)", "F.max_pool1d(lib.ones(2, 3, 4), (2, 2))",
    "F.max_pool1d(lib.ones(2, 3, 4).long(), 2)", f"F.avg_pool2d({X}, 2, divisor_override=0)",
    f"F.avg_pool2d({X}, 2, padding=2)", f"F.avg_pool2d({X}, 5)", f"F.avg_pool2d({X}.int(), 2)",
    "F.avg_pool1d(lib.ones(4), 2)", f"F.adaptive_avg_pool2d({X}, (2, 2, 2))",
    "F.adaptive_avg_pool2d(lib.ones(4, 4), 2)", f"F.adaptive_avg_pool2d({X}, -1)",
    f"F.adaptive_avg_pool2d({X}, 1.5)", f"F.adaptive_max_pool2d({X}, (2,))",
    *(f"F.conv3d({V}, lib.ones(2, 3, 3, 3, 3), {o})" for o in (
        "stride=0", "padding=-1", "dilation=0", "groups=2", "padding='foo'", "stride=(1, 2)",
        "dilation=2",
    )),
    f"F.conv3d({V}, lib.ones(2, 3, 3, 3))", f"F.conv3d({X}, lib.ones(2, 3, 3, 3))",
    "F.conv3d(lib.ones(3, 4), lib.ones(2, 3, 3, 3, 3))", f"F.conv3d({V}, lib.ones(2, 3, 5, 1, 1))",
    f"F.conv_transpose3d({V}, lib.ones(3, 2, 3, 3, 3), output_padding=1)",
    f"F.conv_transpose3d({V}, lib.ones(2, 3, 3, 3, 3))", f"F.max_pool3d({V}, 5)",
    f"F.max_pool3d({V}, 2, padding=2)", f"F.max_pool3d({V}, (2, 2))", f"F.max_pool3d({V}, 0)",
    f"F.max_pool3d({V}.bool(), 2)", "F.max_pool3d(lib.ones(4, 4, 4), 2)",
    f"F.avg_pool3d({V}, 2, divisor_override=0)", f"F.avg_pool3d({V}, 2, padding=2)",
    f"F.avg_pool3d({V}.int(), 2)", f"F.adaptive_avg_pool3d({V}, (2, 2))",
    f"F.adaptive_avg_pool3d({V}, -1)", f"F.adaptive_max_pool3d({V}, (2, 2))",
    f"F.lp_pool3d({V}, 2, (2, 2))", f"F.lp_pool3d({V}, 0, 2)",
    *(f"F.fractional_max_pool2d({X}, {o})" for o in (
        "2", "2, 4", "2, -1", "2, (2,)", "2, 2.5", "'a', 2", "(2, 2, 2), 2", "2, (2, 2, 2)",
        "2, output_ratio=0.5", "2, output_ratio=(0.5,)", "2, output_ratio=(0.5, 0.5, 0.5)",
        "2, 2, _random_samples=lib.ones(2, 3, 2).double()", "2, 2, None, True, lib.ones(2, 3)",
        "2, 2, _random_samples=lib.ones(2, 3, 3)", "2, 2, _random_samples=lib.ones(2, 4, 2)",
    )),
    "F.fractional_max_pool2d(lib.ones(4, 4), 2, 2)", f"F.fractional_max_pool2d({X}[:, :0], 2, 2)",
    f"F.fractional_max_pool2d({X}.long(), 2, 2)",
    f"F.fractional_max_pool3d({V}, 2, 3)", f"F.fractional_max_pool3d({V}, 2)",
    f"F.fractional_max_pool3d({V}, 2, output_ratio=(0.5, 0.5))",
    *(f"nn.FractionalMaxPool2d({o})" for o in (
        "2", "2, 2, 0.5", "2, output_ratio=1.5", "2, output_ratio=(0.5, 0)", "",
    )),
    "nn.FractionalMaxPool3d(0, 2)", "nn.FractionalMaxPool3d((2, 2, -1), 2)",
    "nn.FractionalMaxPool3d(2, output_ratio=(0.5, 0.5, 2))",
    *(f"F.conv_tbc({o})" for o in (
        "lib.ones(4, 2, 3), lib.ones(2, 3, 4)", "lib.ones(4, 2, 3), lib.ones(2, 3, 4), lib.ones(3)",
        "lib.ones(4, 2, 3), lib.ones(2, 2, 4), lib.ones(4)",
        "lib.ones(4, 2), lib.ones(2, 3, 4), lib.ones(4)",
        "lib.ones(4, 2, 3), lib.ones(3, 4), lib.ones(4)",
        "lib.ones(4, 2, 3), lib.ones(2, 3, 4), lib.ones(1, 4)",
        "lib.ones(4, 2, 3), lib.ones(2, 3, 4).double(), lib.ones(4)",
        "lib.ones(4, 2, 3), lib.ones(2, 3, 4), lib.ones(4), (1,)",
        "lib.ones(1, 2, 3), lib.ones(3, 3, 4), lib.ones(4)",
    )),
    "nn.SyncBatchNorm(3)(lib.ones(3))", "nn.SyncBatchNorm(3)(lib.ones(2, 0, 3))",
    "nn.SyncBatchNorm(3)(lib.ones(2, 4, 3))", "nn.SyncBatchNorm(3)(lib.ones(1, 3))",
    "nn.Conv3d(3, 4, 3, groups=2)", "nn.Conv3d(3, 4, 3, padding='same', stride=2)",
    "nn.ConvTranspose3d(3, 4, 3, padding_mode='reflect')", "nn.BatchNorm3d(3)(lib.ones(2, 3, 4))",
    f"nn.BatchNorm3d(4)({V})", f"nn.InstanceNorm3d(4, affine=True)({V})",
    "nn.InstanceNorm3d(3)(lib.ones(2, 3, 4))", "nn.LazyConv3d(4, 3)(lib.ones(3, 4, 4))",
    "nn.LazyBatchNorm3d()(lib.ones(3, 4))", f"nn.MaxPool3d(2, 0)({V})",
    f"nn.MaxUnpool3d(2)(*F.max_pool3d({V}, 2, return_indices=True), output_size=(1, 2))",
    f"nn.MaxUnpool3d(2)({V}, {V})", f"nn.MaxUnpool3d(2)({V}, {V}.long() * 9999)",
    "F.pad(lib.ones(3), (1, 1), 'foo')", "F.pad(lib.ones(3), 1)", "F.pad(lib.ones(3), (1.5, 1))",
    "F.pad(lib.ones(3), (1,))", "F.pad(lib.ones(3), (1, 1, 1, 1))", "F.pad(lib.ones(3), (-2, -2))",
    "F.pad(lib.ones(3, 3), (1, 1), 'reflect', 1.0)", "F.pad(lib.ones(2, 3), (3, 0), 'reflect')",
    "F.pad(lib.ones(2, 3), (4, 0), 'circular')", "F.pad(lib.ones(3), (1, 1), 'replicate')",
    "F.pad(lib.ones(3).long(), (1, 1), value=float('nan'))", "F.pad([1], (1, 1))",
)  # fmt: skip


@pytest.mark.parametrize("call", ERRORS)
def test_errors(call):
    both_raise(lambda lib: eval(call, {"lib": lib, "F": lib.nn.functional, "nn": lib.nn}))


@pytest.mark.parametrize("special", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("stride", [1, 2, (3, 1)])
@pytest.mark.parametrize("outputs", [2, 3])
def test_where_windows_wrap_infinity_does_not_spread(special, stride, outputs):
    """Without padding every element that PyTorch multiplies is one of the window's."""
    for which in (0, 1):
        tensors = [torch.ones(2, 2, 5, 6), torch.ones(outputs, 2, 2, 3)]
        tensors[which][1, 0, 1, 2] = special
        for tensor in tensors:
            tensor.requires_grad_()
        compare(
            lambda lib, x, w: lib.nn.functional.conv2d(x, w, stride=stride), *tensors, twice=False
        )


def gradients(x, weight, stride):
    x, weight = (tinygrad_edu.from_numpy(a).requires_grad_() for a in (x, weight))
    out = F.conv2d(x, weight, padding=1, stride=stride)
    upstream = tinygrad_edu.from_numpy(np.cos(np.arange(out.numel())).reshape(out.shape))
    return [out.detach(), *tinygrad_edu.autograd.grad(out, (x, weight), upstream)]


@pytest.mark.parametrize("stride", [1, 2, (3, 1), 4])
@pytest.mark.parametrize("size", [(5, 8, 40, 31), (37, 8, 7, 6)])
@pytest.mark.parametrize("outputs", [32, 8])
def test_slices_for_threads_and_blocks_make_no_difference(monkeypatch, size, stride, outputs):
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=size), rng.normal(size=(outputs, 8, 5, 5))
    before = tinygrad_edu.get_num_threads()
    results = []
    try:
        for threads, workspace in ((1, 1 << 24), (1, 1 << 16), (3, 1 << 20), (2, 1)):
            monkeypatch.setattr(conv_products, "WORKSPACE", workspace)
            tinygrad_edu.set_num_threads(threads)
            assert tinygrad_edu.get_num_threads() == threads
            results.append(gradients(x, weight, stride))
    finally:
        tinygrad_edu.set_num_threads(before)
    for other in results[1:]:
        for mine, first in zip(other, results[0], strict=True):
            np.testing.assert_allclose(mine.numpy(), first.numpy(), rtol=0, atol=1e-11)


def test_wrong_numbers_of_threads():
    both_raise(lambda library: library.set_num_threads(0))
    both_raise(lambda library: library.set_num_threads("2"))


def peak(batch, channels, size, outputs, kernel):
    """Bytes used above the results, which grow with the batch as they must."""
    x = np.ones((batch, channels, size, size), np.float32)
    weight = np.ones((outputs, channels, kernel, kernel), np.float32)
    out = F.conv2d(tinygrad_edu.from_numpy(x), tinygrad_edu.from_numpy(weight), padding=1).numpy()
    results = sum(a.nbytes for a in (x, weight, out))
    tracemalloc.start()
    a, b = (tinygrad_edu.from_numpy(v).requires_grad_() for v in (x, weight))
    y = F.conv2d(a, b, padding=1)
    tinygrad_edu.autograd.grad(y, (a, b), tinygrad_edu.from_numpy(out))
    used = tracemalloc.get_traced_memory()[1] - results
    tracemalloc.stop()
    return used


@pytest.mark.parametrize(
    "shape",
    [
        (8, 24, 24, 3),
        (16, 24, 8, 3),  # going back is a convolution
        (16, 4, 32, 3),  # rows are short
        (1, 6, 64, 1),  # there are more outputs than patches
        (64, 1, 256, 1),  # and more products than either
    ],
)
def test_the_workspace_does_not_grow_with_the_batch(monkeypatch, shape):
    monkeypatch.setattr(conv_products, "WORKSPACE", 1 << 18)
    monkeypatch.setattr(conv_products, "_memory", conv_products._Memory())
    before = tinygrad_edu.get_num_threads()
    tinygrad_edu.set_num_threads(1)
    try:
        small, large = peak(64, *shape), peak(1024, *shape)
    finally:
        tinygrad_edu.set_num_threads(before)
    assert large < 1.2 * small + 100_000
