"""Losses that compare scores with classes, against PyTorch: values, gradients, gradients of
gradients, special values; and `one_hot`."""

import itertools
import math

import pytest
import torch

from tinygrad_edu import nn

from .compare import compare
from .loss_calls import DTYPES, REDUCTIONS, SEVERAL, draw, ours, several

INF, NAN = math.inf, math.nan
LABELS = torch.tensor([0, 2])

CLASS_SHAPES = [
    ((4,), ()), ((1, 1), (1,)), ((6, 4), (6,)), ((0, 4), (0,)), ((3, 4, 2), (3, 2)),
    ((2, 5, 3, 4), (2, 3, 4)), ((2, 3, 2, 1, 3), (2, 2, 1, 3)), ((0, 3, 2), (0, 2)),
    ((2, 3, 0), (2, 0)),
]  # fmt: skip


def class_count(shape):
    return shape[0] if len(shape) == 1 else shape[1]


def classes(shapes, ignored=False):
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(class_count(shapes[0]), (SEVERAL, *shapes[1]), generator=generator)
    if ignored:
        labels[torch.rand(labels.shape, generator=generator) < 0.4] = -100
    return labels


def class_call(name, **options):
    """A third tensor is the weights of the classes."""

    def function(library, x, t, weight=None):
        return getattr(library.nn.functional, name)(x, t, weight=weight, **options)

    return several(function)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shapes", CLASS_SHAPES)
@pytest.mark.parametrize("name", ["nll_loss", "cross_entropy"])
def test_classes(name, shapes, weighted, reduction, dtype):
    count = class_count(shapes[0])
    weight = [draw("weight", (count,), dtype, 3, grad=False)] if weighted else []
    x = draw("score", shapes[0], dtype, 1)
    layouts = ["contiguous", "sliced", "transposed"]
    if name == "nll_loss" and len(shapes[0]) > 2:
        layouts.remove("transposed")  # PyTorch's backward pass refuses it
    for layout, ignored in itertools.product(layouts, (False, True)):
        labels = classes(shapes, ignored=ignored)
        compare(class_call(name, reduction=reduction), x, labels, *weight, layout=layout)
    compare(class_call(name, reduction=reduction, ignore_index=0), x, classes(shapes), *weight)


def test_one_sample_with_its_class_in_one_dimension():
    # Values only: PyTorch's own backward pass refuses this form.
    x, labels = draw("score", (4,), torch.float64, grad=False), classes(((4,), (1,)))
    for name, reduction in itertools.product(("nll_loss", "cross_entropy"), REDUCTIONS):
        compare(class_call(name, reduction=reduction), x, labels)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.1, 1.0])
@pytest.mark.parametrize("shapes", CLASS_SHAPES)
def test_label_smoothing(shapes, smoothing, weighted, reduction, dtype):
    count = class_count(shapes[0])
    weight = [draw("weight", (count,), dtype, 3, grad=False)] if weighted else []
    x = draw("score", shapes[0], dtype, 1)
    function = class_call("cross_entropy", reduction=reduction, label_smoothing=smoothing)
    compare(function, x, classes(shapes), *weight)
    compare(function, x, classes(shapes, ignored=True), *weight)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("shape", [(4,), (6, 4), (0, 4), (3, 4, 2), (2, 5, 3, 4), (2, 3, 0)])
def test_class_probabilities(shape, smoothing, weighted, reduction, dtype):
    count = class_count(shape)
    weight = [draw("weight", (count,), dtype, 3)] if weighted else []
    x, t = draw("score", shape, dtype, 1), draw("probability", shape, dtype, 2)
    function = class_call("cross_entropy", reduction=reduction, label_smoothing=smoothing)
    # PyTorch's mean of nothing is a constant, which forgets the upstream gradient.
    twice = x.numel() > 0 or reduction != "mean"
    compare(function, x, t, *weight, twice=twice)
    compare(function, x, t.detach(), *weight, layout="transposed", twice=twice)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, (1.0, 2.0, 0.5), (0.0, 2.0, 0.0)])
def test_classes_of_special_values(weight, reduction, dtype):
    rows = [
        (0.0, 0.0, 0.0), (-INF, 0.0, -1.0), (-1.0, -INF, 0.0), (1e4, -1e4, 0.0), (NAN, 1.0, 2.0),
        (1.0, NAN, 2.0), (-INF, -1.0, -INF), (88.0, 89.0, -200.0),
    ]  # fmt: skip
    x = torch.tensor([rows] * SEVERAL, dtype=dtype, requires_grad=True)
    labels = torch.tensor([[label] * len(rows) for label in (0, 1, 2, -100)])
    weights = [] if weight is None else [torch.tensor([weight] * SEVERAL, dtype=dtype)]
    for name in ("nll_loss", "cross_entropy"):
        compare(class_call(name, reduction=reduction), x, labels, *weights)


def test_one_hot():
    for labels, options in [
        (LABELS, {}), (LABELS, {"num_classes": 5}), (LABELS.expand(3, 2), {}), (LABELS[0], {}),
        (LABELS[:0], {"num_classes": 3}),
    ]:  # fmt: skip
        theirs = torch.nn.functional.one_hot(labels, **options)
        mine = nn.functional.one_hot(ours(labels), **options)
        assert repr(mine) == repr(theirs)
    for labels, options in [
        (LABELS.float(), {}), (LABELS.int(), {}), (-LABELS, {}), (LABELS, {"num_classes": 2}),
        (LABELS, {"num_classes": 0}), (LABELS, {"num_classes": -2}), (LABELS[:0], {}),
        (LABELS[:0], {"num_classes": 0}),
    ]:  # fmt: skip
        with pytest.raises(Exception) as theirs:
            torch.nn.functional.one_hot(labels, **options)
        with pytest.raises(theirs.type):
            nn.functional.one_hot(ours(labels), **options)
