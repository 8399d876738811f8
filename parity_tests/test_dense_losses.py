"""Losses for numbers, for distributions and with margins, against PyTorch."""

import functools
import itertools
import math
import warnings

import numpy as np
import pytest
import torch

from .both import BOTH, both, both_raise
from .compare import compare
from .loss_calls import DTYPES, REDUCTIONS, SEVERAL, draw, ours, several
from .versions import CHECKED_DELTA

SIGNS = torch.tensor([1.0, -1.0, 1.0, -1.0, 0.0])


def signs(shape, dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return SIGNS[torch.randint(5, (SEVERAL, *shape), generator=generator)].to(dtype)


def labels(shape, high, low=0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(low, high, (SEVERAL, *shape), generator=generator)


def scores(shape):
    return lambda dtype: (draw("score", shape, dtype, 1), draw("score", shape, dtype, 2))


def shares(shape, log=False):
    def make(dtype):
        x, t = scores(shape)(dtype)
        t = t.detach().softmax(-1)
        return x, (t.log() if log else t).detach().requires_grad_()

    return make


def three(shape, positive=False):
    def make(dtype):
        kind = "weight" if positive else "score"
        return *scores(shape)(dtype), draw(kind, shape, dtype, 3)

    return make


def signed(shapes, target):
    def make(dtype):
        tensors = [draw("score", shape, dtype, i) for i, shape in enumerate(shapes)]
        return *tensors, signs(target, dtype)

    return make


def labelled(shape, target, high, low=0, weight=False):
    def make(dtype):
        given = [draw("weight", shape[-1:], dtype, 3, grad=False)] if weight else []
        return draw("score", shape, dtype, 1), labels(target, high, low), *given

    return make


# The loss's name, its options, and a function from a dtype to its arguments.
LOSSES = [
    ("smooth_l1_loss", {}, scores((3, 4))), ("smooth_l1_loss", {"beta": 0.5}, scores((7,))),
    ("smooth_l1_loss", {"beta": 0.0}, scores((3, 2))), ("smooth_l1_loss", {}, scores((0, 3))),
    ("huber_loss", {}, scores((3, 4))), ("huber_loss", {"delta": 2.5}, scores(())),
    ("huber_loss", {"delta": 2}, three((3, 4))),
    ("kl_div", {}, shares((3, 4))), ("kl_div", {"log_target": True}, shares((5,), log=True)),
    ("poisson_nll_loss", {}, scores((3, 4))),
    ("poisson_nll_loss", {"full": True}, three((3, 4), positive=True)),
    ("poisson_nll_loss", {"log_input": False, "eps": 0.1}, three((5,), positive=True)),
    ("gaussian_nll_loss", {}, three((3, 4), positive=True)),
    ("gaussian_nll_loss", {"full": True, "eps": 0.8}, three((5,), positive=True)),
    ("hinge_embedding_loss", {}, signed([(3, 4)], (3, 4))),
    ("hinge_embedding_loss", {"margin": 2.5}, signed([(3, 4)], (4,))),
    ("margin_ranking_loss", {}, signed([(5,), (5,)], (5,))),
    ("margin_ranking_loss", {"margin": 1.5}, signed([(3, 4), (3, 4)], (3, 1))),
    ("soft_margin_loss", {}, signed([(3, 4)], (3, 4))),
    ("multilabel_soft_margin_loss", {}, signed([(3, 4)], (3, 4))),
    ("multilabel_soft_margin_loss", {}, signed([(2, 3, 4)], (2, 3, 4))),
    ("multilabel_soft_margin_loss", {}, signed([(4,)], (4,))),
    ("multilabel_soft_margin_loss", {}, three((3, 4))),
    ("cosine_embedding_loss", {"margin": 0.2}, signed([(5, 3), (5, 3)], (5,))),
    ("cosine_embedding_loss", {}, signed([(3,), (3,)], ())),
    ("triplet_margin_loss", {}, three((5, 3))), ("triplet_margin_loss", {"p": 1}, three((3,))),
    ("triplet_margin_loss", {"p": 3.0, "margin": 2.5, "swap": True}, three((5, 3))),
    ("triplet_margin_with_distance_loss", {"swap": True, "margin": 3}, three((5, 3))),
    ("multi_margin_loss", {}, labelled((5, 4), (5,), 4)),
    ("multi_margin_loss", {"p": 2, "margin": 2.0}, labelled((4,), (), 4)),
    ("multi_margin_loss", {"p": 2}, labelled((5, 4), (5,), 4, weight=True)),
    ("multilabel_margin_loss", {}, labelled((5, 4), (5, 4), 4, -1)),
    ("multilabel_margin_loss", {}, labelled((4,), (4,), 4, -1)),
]  # fmt: skip
ONCE = ("multi_margin_loss", "multilabel_margin_loss")  # PyTorch has no second-order gradients
EXTRA = {"huber_loss": "weight", "poisson_nll_loss": "", "multi_margin_loss": "weight"}
WITHOUT_LEGACY = {"huber_loss", "gaussian_nll_loss", "triplet_margin_with_distance_loss"}


def call(name, reduction, options, count):
    def function(library, *tensors):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of kl_div
            loss = getattr(library.nn.functional, name)
            given = dict(options, reduction=reduction)
            if name in EXTRA and count == 3:
                *tensors, weight = tensors
                given |= {EXTRA[name]: weight} if EXTRA[name] else {}
            elif name == "multilabel_soft_margin_loss" and count == 3:
                given["weight"] = tensors[2]
                tensors = tensors[:2]
            return loss(*tensors, **given)

    return several(function)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("number", range(len(LOSSES)))
def test_losses(number, reduction, dtype):
    name, options, make = LOSSES[number]
    tensors = make(dtype)
    function = call(name, reduction, options, len(tensors))
    for layout in ("contiguous", "sliced", "transposed")[: 3 if reduction == "mean" else 1]:
        compare(function, *tensors, layout=layout, twice=name not in ONCE)
    if name == "kl_div":
        compare(call(name, "batchmean", options, 2), *tensors)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["smooth_l1_loss", "huber_loss"])
def test_at_the_kinks(name, dtype):
    errors = (0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 1e30, -1e30, 1e-30, math.inf, -math.inf, math.nan)
    x = torch.tensor(errors, dtype=dtype, requires_grad=True)
    compare(call(name, "none", {}, 2), *(torch.stack([t] * SEVERAL).detach().requires_grad_()
            for t in (x, torch.zeros_like(x))))  # fmt: skip


def test_terms_at_their_margin_have_a_gradient():
    ones = torch.ones(SEVERAL, 3, dtype=torch.float64)
    x = ones.clone().requires_grad_()
    compare(call("hinge_embedding_loss", "none", {}, 2), x, -ones)
    compare(call("margin_ranking_loss", "none", {}, 3), x, x.detach(), ones)
    compare(call("kl_div", "none", {}, 2), x, ones * torch.tensor([0.0, 1.0, -1.0]))


def test_variances_of_other_shapes():
    x, t = (draw("score", (3, 4), torch.float64, seed) for seed in (1, 2))
    for shape in ((3,), (3, 1), (1, 4)):
        var = draw("weight", shape, torch.float64, 3)
        compare(call("gaussian_nll_loss", "sum", {}, 3), x, t, var)
    both(lambda lib: lib.nn.GaussianNLLLoss()(lib.ones(2), lib.zeros(2), 0.5).item())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [1, 2, 3.5, 0.5, math.inf])
def test_distances(p, dtype):
    tensors = draw("score", (5, 3), dtype, 1), draw("score", (5, 3), dtype, 2)
    for keepdim in (False, True):
        compare(
            several(lambda lib, *t, k=keepdim: lib.nn.PairwiseDistance(p, keepdim=k)(*t)), *tensors
        )
    both(lambda lib: lib.pairwise_distance(lib.ones(3), lib.zeros(2, 3)).shape)
    both(lambda lib: lib.pairwise_distance(lib.ones(3), lib.eye(3), p=0, eps=0.0).tolist())


@pytest.mark.parametrize("dtype", DTYPES)
def test_cosine_similarity(dtype):
    for shapes, dim in ((((5, 3), (5, 3)), 1), (((2, 3, 4), (3, 1)), -2), (((4,), (4,)), 0)):
        tensors = [draw("score", shape, dtype, i) for i, shape in enumerate(shapes)]
        compare(several(lambda lib, *t, d=dim: lib.nn.CosineSimilarity(d)(*t)), *tensors)
    for shapes, dim in ((((3, 4), (3, 1)), 1), (((1, 2), (4, 2)), 0), (((3,), (2, 1)), 1)):
        tensors = [draw("score", shape, dtype, i) for i, shape in enumerate(shapes)]
        compare(lambda lib, *t, d=dim: lib.cosine_similarity(*t, dim=d), *tensors)
    zero = torch.zeros(SEVERAL, 2, 3, dtype=dtype).requires_grad_()
    given = zero, draw("score", (2, 3), dtype)
    # The second-order gradient of PyTorch's is nan here.
    compare(several(lambda lib, *t: lib.cosine_similarity(*t)), *given, twice=False)


@pytest.mark.parametrize(
    "name", sorted({name for name, *_ in LOSSES} - WITHOUT_LEGACY)
)  # fmt: skip
@pytest.mark.parametrize(("size_average", "reduce"), [(True, None), (False, True), (None, False)])
def test_old_names_of_reductions(name, size_average, reduce):
    _, options, make = next(row for row in LOSSES if row[0] == name)
    results = []
    tensors = [t[0].detach() for t in make(torch.float64)]
    for library, convert in ((torch, lambda v: v), (BOTH[1], ours)):
        function = functools.partial(getattr(library.nn.functional, name), **options)
        with pytest.warns(UserWarning, match="size_average and reduce args") as caught:
            value = function(*map(convert, tensors), size_average=size_average, reduce=reduce)
        assert len(caught) == 1
        results.append((str(caught[0].message), value.tolist()))
    assert results[0][0] == results[1][0]
    assert torch.allclose(torch.tensor(results[0][1]), torch.tensor(results[1][1]))


MODULES = {
    "SmoothL1Loss": {"beta": 0.5}, "HuberLoss": {"delta": 2}, "KLDivLoss": {"log_target": True},
    "PoissonNLLLoss": {"log_input": False, "full": True, "eps": 0.1},
    "GaussianNLLLoss": {"full": True, "eps": 0.1}, "HingeEmbeddingLoss": {"margin": 2.0},
    "MarginRankingLoss": {"margin": 0.5}, "SoftMarginLoss": {}, "MultiLabelSoftMarginLoss": {},
    "CosineEmbeddingLoss": {"margin": 0.5}, "TripletMarginLoss": {"margin": 2.0, "p": 1.0},
    "TripletMarginWithDistanceLoss": {"margin": 2.0, "swap": True},
    "MultiMarginLoss": {"p": 2, "margin": 0.5}, "MultiLabelMarginLoss": {},
}  # fmt: skip
FUNCTIONS = {
    "SmoothL1Loss": "smooth_l1_loss", "KLDivLoss": "kl_div", "PoissonNLLLoss": "poisson_nll_loss",
    "GaussianNLLLoss": "gaussian_nll_loss", "MultiLabelSoftMarginLoss":
    "multilabel_soft_margin_loss", "MultiLabelMarginLoss": "multilabel_margin_loss",
}  # fmt: skip


@pytest.mark.parametrize("name", list(MODULES))
def test_modules(name):
    spelled = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)[1:]
    function = FUNCTIONS.get(name, spelled)
    make = next(make for n, _, make in LOSSES if n == function)
    tensors = make(torch.float64)
    if function == "poisson_nll_loss":
        tensors = tensors[0].detach().abs().requires_grad_(), tensors[1].detach().abs()

    def compute(library, *given):
        return getattr(library.nn, name)(**MODULES[name], reduction="sum")(*given)

    compare(several(compute), *tensors, twice=function not in ONCE)
    both(lambda lib: repr(getattr(lib.nn, name)(**MODULES[name])))
    both(lambda lib: list(getattr(lib.nn, name)(**MODULES[name]).state_dict()))


F = "lib.nn.functional."
X, T = "lib.ones(3, 4)", "lib.tensor([0, 1, 2])"
ERRORS = [
    f"smooth_l1_loss({X}, {X}, beta=-1.0)", f"huber_loss({X}, {X}, delta=0.0)",
    f"huber_loss({X}, {X}, weight=lib.ones(4))", f"huber_loss({X}.long(), {X}.long())",
    f"smooth_l1_loss({X}.long(), {X}.long())", f"huber_loss({X}, {X}, reduction='max')",
    f"kl_div({X}, {X}, reduction='max')", f"kl_div({X}, {X}.long(), reduction='sum')",
    f"poisson_nll_loss({X}, {X}, reduction='max')", f"gaussian_nll_loss({X}, {X}, -1.0)",
    f"gaussian_nll_loss({X}, {X}, lib.ones(2))", f"gaussian_nll_loss({X}, {X}, lib.ones(3, 2))",
    f"gaussian_nll_loss({X}, {X}, {X}, reduction='max')",
    f"hinge_embedding_loss({X}, {X}, reduction='max')", f"hinge_embedding_loss({X}, {T})",
    f"margin_ranking_loss({X}, {X}, {T})", f"soft_margin_loss({X}, {T})",
    f"soft_margin_loss({X}, lib.ones(3, 4, requires_grad=True))",
    f"multilabel_soft_margin_loss({X}, {X}, reduction='max')",
    f"cosine_embedding_loss({X}, {X}, lib.ones(()))", f"cosine_embedding_loss({X}, {X}, {X})",
    "cosine_embedding_loss(lib.ones(4), lib.ones(4), lib.ones(1))",
    f"cosine_embedding_loss({X}, {X}, lib.ones(2))", f"triplet_margin_loss({X}, {X}, {X}[0])",
    f"triplet_margin_loss({X}, {X}, {X}, margin=0)", f"multi_margin_loss({X}, {T} + 2)",
    f"multi_margin_loss({X}, {T} - 1)", f"multi_margin_loss({X}, {T}[:2])",
    f"multi_margin_loss({X}, {T}.int())", f"multi_margin_loss({X}[None], {T})",
    f"multi_margin_loss({X}[:, :0], {T})", f"multi_margin_loss({X}.long(), {T})",
    f"multi_margin_loss({X}, {T}, weight=lib.ones(3))", f"multi_margin_loss({X}, {T}, p=3)",
    f"multi_margin_loss({X}, {T}, weight=lib.ones(4, 1))",
    f"multi_margin_loss({X}, {T}, weight=lib.ones(4, requires_grad=True))",
    f"multi_margin_loss({X}, {T}, weight=lib.ones(4).double())",
    f"multilabel_margin_loss({X}, {T})", f"multilabel_margin_loss({X}, {X})",
    f"multilabel_margin_loss({X}, {X}.long() + 3)", f"multilabel_margin_loss({X}, {X}.long() - 3)",
    f"multilabel_margin_loss({X}[None], {X}[None].long())",
    f"cosine_similarity({X}, {X}, dim=2)", f"cosine_similarity({X}.long(), {X}.long())",
    f"pairwise_distance({X}, {X}[:, :2])",
]  # fmt: skip


@pytest.mark.parametrize("expression", [F + e for e in ERRORS] + [
    pytest.param("lib.nn.HuberLoss(delta='1')", marks=CHECKED_DELTA.skip),
    "lib.nn.TripletMarginLoss(margin=0)",
    "lib.nn.TripletMarginWithDistanceLoss(margin=-1)", "lib.nn.MultiMarginLoss(p=3)",
    "lib.nn.MultiMarginLoss(weight=lib.ones(2, 2))",
])  # fmt: skip
def test_errors(expression):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        both_raise(lambda lib: eval(expression, {"lib": lib}))


def test_warnings():
    for lib in BOTH:
        with pytest.warns(UserWarning, match="batchmean"):
            lib.nn.KLDivLoss()(lib.zeros(2), lib.ones(2))
        for name in ("smooth_l1_loss", "huber_loss"):
            with pytest.warns(UserWarning, match="Using a target size") as caught:
                getattr(lib.nn.functional, name)(lib.ones(2, 3), lib.ones(3))
            assert caught[0].filename == __file__


SPECIAL = (1.0, math.inf, -math.inf, math.nan)
ROWS = list(itertools.product(SPECIAL, (1.0, *SPECIAL[1:]), (2.0, *SPECIAL[1:])))
LISTS = [[0, -1, -1], [0, 1, -1], [1, 1, -1], [-1, 0, 1], [2, 1, 0]]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_losses_by_class_of_infinite_and_nan_scores(reduction, dtype):
    count, tolerance = len(ROWS), 4 * torch.finfo(getattr(torch, dtype)).eps

    def agree(name, target, upstream, weight=None, **options):
        def run(lib):
            kind = getattr(lib, dtype)
            x = lib.tensor(ROWS, dtype=kind, requires_grad=True)
            if weight is not None:
                options["weight"] = lib.tensor(weight, dtype=kind)
            loss = getattr(lib.nn.functional, name)(
                x, lib.tensor(target), reduction=reduction, **options
            )
            (grad,) = lib.autograd.grad(loss, x, lib.full_like(loss.detach(), upstream))
            return loss.detach().numpy(), grad.numpy()

        for theirs, mine in zip(*map(run, BOTH), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=tolerance)

    for upstream in (0.7, math.inf):
        for label, p in itertools.product(range(3), (1, 2)):
            for options in ({}, {"margin": 0.5}, {"weight": [0.5, 2.0, math.inf]}):
                agree("multi_margin_loss", [label] * count, upstream, p=p, **options)
        for row in LISTS:
            agree("multilabel_margin_loss", [row] * count, upstream)


@pytest.mark.parametrize("name", ONCE)
def test_losses_by_class_have_no_second_derivative(name):
    def first(lib):
        x = lib.tensor([[0.3, -0.4, 0.9], [1.2, 0.2, -0.7]], requires_grad=True)
        target = lib.tensor([2, 1] if name == "multi_margin_loss" else [[2, 0, -1], [1, -1, 0]])
        upstream = lib.tensor(0.5, requires_grad=True)
        loss = getattr(lib.nn.functional, name)(x, target)
        (grad,) = lib.autograd.grad(loss, x, upstream, create_graph=True)
        return x, upstream, grad

    def made_by(lib):
        _, _, grad = first(lib)
        return grad.requires_grad, grad.grad_fn.name(), (grad * 12).round().tolist()

    assert both(made_by)[:2] == (True, "torch::autograd::NotImplemented")
    for number in (0, 1):

        def second(lib, number=number):
            *inputs, grad = first(lib)
            lib.autograd.grad(grad.sum(), inputs[number])

        text = both_raise(second, text=True)
        assert text == f"derivative for aten::{name}_backward is not implemented"
