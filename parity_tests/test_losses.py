"""Losses that compare numbers with numbers, against PyTorch: values, gradients, gradients of
gradients, special values."""

import itertools
import math
import warnings

import pytest
import torch

import tinygrad_edu
from tinygrad_edu import nn

from .compare import compare
from .loss_calls import DTYPES, REDUCTIONS, call, draw, ours, several, single
from .versions import MIXED_MSE

SHAPES = [(), (1,), (7,), (32, 1), (3, 4), (2, 3, 4), (0,), (0, 3)]
INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
def test_differences(name, shape, reduction, dtype):
    tensors = draw("score", shape, dtype, 1), draw("score", shape, dtype, 2)
    compare(call(name, reduction=reduction), *tensors)
    compare(call(name, reduction=reduction), tensors[0], tensors[1].detach(), layout="sliced")
    compare(call(name, reduction=reduction), tensors[0].detach(), tensors[1], layout="transposed")


def weighted_call(name, reduction):
    def function(library, x, t, w):
        return getattr(library.nn.functional, name)(x, t, reduction=reduction, weight=w)

    return several(function)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
def test_weighted_differences(name, reduction, dtype):
    tensors = [draw(kind, (5, 3), dtype, i) for i, kind in enumerate(("score", "score", "weight"))]
    compare(weighted_call(name, reduction), *tensors)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
@pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((3,), (2, 3)), ((2, 3), ())])
def test_differences_that_broadcast_warn(name, shapes):
    x, t = (draw("score", shape, torch.float64, i) for i, shape in enumerate(shapes))

    def quietly(library, *tensors):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return getattr(library.nn.functional, name)(*tensors)

    compare(several(quietly), x, t)
    x, t = x[0], t[0]
    texts = []
    for library, convert in ((torch, lambda v: v), (tinygrad_edu, ours)):
        with pytest.warns(UserWarning) as caught:
            getattr(library.nn.functional, name)(convert(x), convert(t))
        assert caught[0].filename == __file__
        texts.append(str(caught[0].message))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
def test_differences_of_mixed_dtypes(name):
    single, double = (draw("score", (), dtype, i) for i, dtype in enumerate(DTYPES))
    whole = torch.tensor([1, -2, 3, 4])
    for x, t in itertools.permutations((single, double, whole), 2):
        theirs = getattr(torch.nn.functional, name)(x, t)
        mine = getattr(nn.functional, name)(ours(x), ours(t))
        assert str(mine.dtype) == str(theirs.dtype)
        assert mine.item() == pytest.approx(theirs.item(), rel=1e-6)
        x.grad = t.grad = None
        if MIXED_MSE.missing and name == "mse_loss":
            theirs = torch.nn.functional.mse_loss(x.to(theirs.dtype), t.to(theirs.dtype))
        theirs.backward()
        tensors = ours(x), ours(t)
        getattr(nn.functional, name)(*tensors).backward()
        for given, copied in zip((x, t), tensors, strict=True):
            if given.requires_grad:
                assert str(copied.grad.dtype) == str(given.grad.dtype)
                assert copied.grad.tolist() == pytest.approx(given.grad.tolist(), rel=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
def test_differences_of_special_values(name, dtype):
    special = (0.0, -0.0, 1.0, -2.5, 1e30, -1e-30, INF, -INF, NAN)
    x, t = torch.tensor(list(itertools.product(special, special)), dtype=dtype).T.contiguous()
    for reduction in REDUCTIONS:
        x, t = (v.detach().requires_grad_() for v in (x, t))
        compare(single(name, reduction=reduction), x, t, each=True, twice=False)
        compare(single(name, reduction=reduction), x, t)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_binary_cross_entropy(shape, weighted, reduction, dtype):
    function = call("binary_cross_entropy", reduction=reduction)
    weight = [draw("weight", shape, dtype, 3, grad=False)] if weighted else []
    for target, layout in (("probability", "contiguous"), ("bit", "sliced"), ("bit", "transposed")):
        x, t = draw("probability", shape, dtype, 1), draw(target, shape, dtype, 2)
        compare(function, x, t, *weight, layout=layout)
        compare(function, x, t.detach(), *weight, layout=layout)
        compare(function, x.detach(), t, *weight, layout=layout)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_binary_cross_entropy_where_probabilities_saturate(reduction, dtype):
    inputs = (0.0, -0.0, 1.0, 0.5, 1e-40, 1e-20, 1e-7, 1 - 2**-24, 1 - 2**-20)
    targets = (0.0, 1.0, 0.5, 0.25)
    x, t = torch.tensor(list(itertools.product(inputs, targets)), dtype=dtype).T.contiguous()
    for wanted in ((True, True), (True, False), (False, True)):
        tensors = [v.detach().requires_grad_(w) for v, w in zip((x, t), wanted, strict=True)]
        function = single("binary_cross_entropy", reduction=reduction)
        compare(function, *tensors, each=True, twice=False)
        compare(function, *tensors)


def logits_call(reduction, weights):
    """Tensors after the first two are `weights`, by their names."""

    def function(library, x, t, *given):
        named = dict(zip(weights, given, strict=True))
        loss = library.nn.functional.binary_cross_entropy_with_logits
        return loss(x, t, reduction=reduction, **named)

    return function


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weights", [(), ("weight",), ("pos_weight",), ("weight", "pos_weight")])
@pytest.mark.parametrize("shape", SHAPES)
def test_binary_cross_entropy_with_logits(shape, weights, reduction, dtype):
    function = several(logits_call(reduction, weights))
    given = [draw("weight", shape[-1:], dtype, 3 + i, grad=False) for i in range(len(weights))]
    for target, layout in (("probability", "contiguous"), ("bit", "sliced"), ("bit", "transposed")):
        x, t = draw("score", shape, dtype, 1), draw(target, shape, dtype, 2)
        compare(function, x, t, *given, layout=layout)
        compare(function, x, t.detach(), *given, layout=layout)
        compare(function, x.detach(), t, *given, layout=layout)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weights", [(), ("pos_weight",)])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_binary_cross_entropy_with_logits_of_special_values(reduction, weights, dtype):
    inputs = (0.0, -0.0, 1.0, -1.0, 20.0, -20.0, 100.0, -100.0, 1e4, -1e4, INF, -INF, NAN)
    targets = (0.0, 1.0, 0.25, 2.0, -1.0)
    x, t = torch.tensor(list(itertools.product(inputs, targets)), dtype=dtype).T.contiguous()
    given = [torch.full_like(x, 2.5)] * len(weights)
    for wanted in ((True, True), (True, False), (False, True)):
        tensors = [v.detach().requires_grad_(w) for v, w in zip((x, t), wanted, strict=True)]
        compare(logits_call(reduction, weights), *tensors, *given)
