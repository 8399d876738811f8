"""Around the losses: PyTorch's names in the graph, its errors, its old arguments, its modules."""

import functools
import math

import pytest
import torch

import tinygrad_edu
from tinygrad_edu import nn

from .compare import compare
from .loss_calls import DTYPES, draw, ours

NAN = math.nan


def test_graph_has_pytorchs_names():
    x = torch.rand(4, 3, requires_grad=True)
    image = draw("score", (3, 2, 5), torch.float32)
    bits, labels = torch.ones(4, 3), torch.tensor([1, 0, 2, 1])
    pixels = torch.ones(4, 2, 5, dtype=torch.int64)
    for name, tensors in [
        ("mse_loss", (x, bits)), ("l1_loss", (x, bits)), ("binary_cross_entropy", (x, bits)),
        ("binary_cross_entropy_with_logits", (x, bits)), ("nll_loss", (x, labels)),
        ("cross_entropy", (x, labels)), ("nll_loss", (image, pixels)),
        ("cross_entropy", (image, pixels)),
    ]:  # fmt: skip
        theirs = getattr(torch.nn.functional, name)(*tensors).grad_fn
        mine = getattr(nn.functional, name)(*map(ours, tensors)).grad_fn
        assert mine.name() == theirs.name()
        assert [n and n.name() for n, _ in mine.next_functions[:1]] == [
            n and n.name() for n, _ in theirs.next_functions[:1]
        ]


X = torch.tensor([[0.2, 0.7, 0.1], [0.3, 0.6, 0.9]])
GRADS = torch.ones(3, requires_grad=True)
LABELS = torch.tensor([0, 2])
F64 = torch.float64

# name, arguments, options, part of the message
ERRORS = [
    ("mse_loss", (X, X[:, :2]), {}, "3.*2"),
    ("mse_loss", (X, X), {"reduction": "average"}, "average is not a valid value"),
    ("mse_loss", (X, X), {"reduction": "average", "weight": X}, "average"),
    ("mse_loss", (X, X), {"weight": X[:1]}, "same size"),
    ("mse_loss", (LABELS, LABELS), {}, "Long"),
    ("l1_loss", (X, X[:, :2]), {}, "3.*2"),
    ("l1_loss", (X, X), {"reduction": "average"}, "average is not a valid value"),
    ("l1_loss", (X, X), {"weight": X[:1]}, "same size"),
    ("l1_loss", (LABELS, LABELS), {}, "Long"),
    ("binary_cross_entropy", (X, X + 0.2), {}, "all elements of target should be between 0 and 1"),
    ("binary_cross_entropy", (X, X - 0.2), {}, "all elements of target should be between 0 and 1"),
    ("binary_cross_entropy", (X + 0.2, X), {}, "all elements of input should be between 0 and 1"),
    ("binary_cross_entropy", (X - 0.2, X), {}, "all elements of input should be between 0 and 1"),
    ("binary_cross_entropy", (X * NAN, X), {}, "all elements of input should be between 0 and 1"),
    ("binary_cross_entropy", (X, X * NAN), {}, "all elements of target should be between 0 and 1"),
    ("binary_cross_entropy", (X, X[:1]), {}, r"\[1, 3\]\).*different to.*\[2, 3\]"),
    ("binary_cross_entropy", (X, X.T), {}, r"\[3, 2\]\).*different to.*\[2, 3\]"),
    ("binary_cross_entropy", (X, X.to(F64)), {}, "Found dtype Double but expected Float"),
    ("binary_cross_entropy", (X, LABELS.expand(3, 2).T), {}, "Found dtype Long but expected Float"),
    ("binary_cross_entropy", (LABELS, LABELS), {}, "not implemented for .*int64"),
    ("binary_cross_entropy", (X, X, X[:, :2]), {}, r"\[2, 2\]"),
    ("binary_cross_entropy", (X, X, X.expand(4, 2, 3)), {}, r"\[4, 2, 3\]"),
    ("binary_cross_entropy", (X, X, GRADS), {}, "not differentiable.*'weight'"),
    ("binary_cross_entropy", (X, X), {"reduction": "max"}, "max is not a valid value"),
    ("binary_cross_entropy_with_logits", (X, X[0]), {}, r"\[3\]\)\) must be .*\[2, 3\]"),
    ("binary_cross_entropy_with_logits", (X, X[:, :1]), {}, r"\[2, 1\]\)\) must be .*\[2, 3\]"),
    ("binary_cross_entropy_with_logits", (X, LABELS.expand(3, 2).T), {}, "int64"),
    ("binary_cross_entropy_with_logits", (LABELS, LABELS), {}, "not implemented for .*int64"),
    ("binary_cross_entropy_with_logits", (X, X, X[:, :2]), {}, r"weight.*\[2, 2\]"),
    ("binary_cross_entropy_with_logits", (X, X, GRADS), {}, "not differentiable.*'weight'"),
    ("binary_cross_entropy_with_logits", (X, X), {"pos_weight": GRADS}, "'pos_weight'"),
    ("binary_cross_entropy_with_logits", (X, X), {"pos_weight": X[:, :2]}, "pos_weight"),
    ("binary_cross_entropy_with_logits", (X, X), {"reduction": ""}, "is not a valid value"),
    ("nll_loss", (X, LABELS + 3), {}, r"^Target 3 is out of bounds\.$"),
    ("nll_loss", (X, LABELS - 2), {}, r"^Target -2 is out of bounds\.$"),
    ("nll_loss", (X[..., None], LABELS[:, None] + 1), {}, r"^Target 3 is out of bounds\.$"),
    ("nll_loss", (torch.ones(3, 4), LABELS), {}, "batch_size .3. to match target batch_size .2."),
    ("nll_loss", (X[..., None], LABELS[:1, None]), {}, "batch_size .2. to match .* .1."),
    ("nll_loss", (X, LABELS[0]), {}, "Expected"),
    ("nll_loss", (X, LABELS.float()), {}, "Float"),
    ("nll_loss", (X, LABELS.int()), {}, "Int"),
    ("nll_loss", (X, LABELS.bool()), {}, "Bool"),
    ("nll_loss", (X, LABELS[:, None]), {}, "multi-target not supported"),
    ("nll_loss", (X[..., None], LABELS[:, None].expand(2, 2)), {}, r"target size \[2, 1\]"),
    ("nll_loss", (X[0], LABELS), {}, "1D target must have size 1"),
    ("nll_loss", (X[0, 0], LABELS), {}, "1 or more dimensions"),
    ("nll_loss", (LABELS.expand(2, 2), LABELS), {}, "not implemented for .*int64"),
    ("nll_loss", (X, LABELS, X[0, :2]), {}, r"weight.*3 classes.*\[2\]"),
    ("nll_loss", (X, LABELS, X), {}, r"weight.*3 classes.*\[2, 3\]"),
    ("nll_loss", (X, LABELS, X[0].to(F64)), {}, "float32.*float64"),
    ("nll_loss", (X, LABELS, GRADS), {}, "not differentiable.*'weight'"),
    ("nll_loss", (X, LABELS), {"reduction": "max"}, "max is not a valid value"),
    ("cross_entropy", (X, LABELS + 3), {}, r"^Target 3 is out of bounds\.$"),
    ("cross_entropy", (torch.ones(3, 4), LABELS), {}, "batch_size .3. to match .*batch_size .2."),
    ("cross_entropy", (X, LABELS.float()), {}, "Float"),
    ("cross_entropy", (X, LABELS.expand(3, 2).T), {}, "int64"),
    ("cross_entropy", (X, X > 0), {}, "bool"),
    ("cross_entropy", (X, X), {"ignore_index": 1}, "ignore_index is not supported"),
    ("cross_entropy", (X, X, X[0, :2]), {}, r"3 classes.*\[2\]"),
    ("cross_entropy", (X, LABELS, X[0, :2]), {"label_smoothing": 0.1}, r"3 classes.*\[2\]"),
    ("cross_entropy", (X, LABELS), {"label_smoothing": 1.5}, "between 0.0 and 1.0. Got: 1.5"),
    ("cross_entropy", (X, X), {"label_smoothing": 1.5}, "between 0.0 and 1.0. Got: 1.5"),
    ("cross_entropy", (LABELS.expand(2, 2), LABELS), {}, "int64"),
    ("cross_entropy", (X, LABELS), {"reduction": "max"}, "max is not a valid value"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "options", "message"), ERRORS)
@pytest.mark.filterwarnings("ignore:Using a target size:UserWarning")
def test_errors(name, arguments, options, message):
    with pytest.raises(Exception) as theirs:
        getattr(torch.nn.functional, name)(*arguments, **options)
    converted = {key: ours(value) for key, value in options.items()}
    with pytest.raises(theirs.type, match=message):
        getattr(nn.functional, name)(*map(ours, arguments), **converted)


def test_weights_that_require_gradients_are_allowed_without_a_graph():
    for name, arguments in [
        ("binary_cross_entropy", (X, X, GRADS)),
        ("binary_cross_entropy_with_logits", (X, X, GRADS)),
        ("nll_loss", (X, LABELS, GRADS)),
    ]:
        with torch.no_grad(), tinygrad_edu.no_grad():
            theirs = getattr(torch.nn.functional, name)(*arguments)
            mine = getattr(nn.functional, name)(*map(ours, arguments))
        assert mine.item() == pytest.approx(theirs.item(), rel=1e-6)


@pytest.mark.parametrize("size_average", [None, True, False])
@pytest.mark.parametrize("reduce", [None, True, False])
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "binary_cross_entropy", "nll_loss"])
def test_old_names_of_reductions(name, size_average, reduce):
    if (size_average, reduce) == (None, None):
        return
    target = LABELS if name == "nll_loss" else X.flip(0)
    results = []
    for library, convert in ((torch, lambda v: v), (tinygrad_edu, ours)):
        function = getattr(library.nn.functional, name)
        with pytest.warns(UserWarning, match="size_average and reduce args") as caught:
            value = function(convert(X), convert(target), size_average=size_average, reduce=reduce)
        results.append((str(caught[0].message), value.tolist()))
    assert results[0][0] == results[1][0]
    assert torch.allclose(torch.tensor(results[0][1]), torch.tensor(results[1][1]))


MODULES = [
    ("MSELoss", {}, X.flip(0)),
    ("L1Loss", {"reduction": "sum"}, X.flip(0)),
    ("BCELoss", {"weight": torch.tensor([1.0, 2.0, 3.0])}, X.flip(0)),
    ("BCELoss", {"reduction": "none"}, X.flip(0)),
    (
        "BCEWithLogitsLoss",
        {"weight": torch.tensor([1.0, 2.0, 3.0]), "pos_weight": torch.tensor([2.0, 1.0, 1.0])},
        X.flip(0),
    ),
    ("NLLLoss", {"weight": torch.tensor([1.0, 2.0, 3.0]), "ignore_index": 0}, LABELS),
    ("CrossEntropyLoss", {"weight": torch.tensor([1.0, 2.0, 3.0]), "ignore_index": 0}, LABELS),
    ("CrossEntropyLoss", {"label_smoothing": 0.2, "reduction": "sum"}, LABELS),
    ("CrossEntropyLoss", {}, X.flip(0).softmax(1)),
]


@pytest.mark.parametrize(("name", "options", "target"), MODULES)
def test_modules(name, options, target):
    def function(library, x, t, *weights):
        given = dict(zip((k for k in options if k.endswith("weight")), weights, strict=True))
        module = getattr(library.nn, name)(**{**options, **given})
        assert list(module.state_dict()) == list(given)
        assert not list(module.parameters())
        assert repr(module) == f"{name}()"
        return module(x, t)

    weights = [value for key, value in options.items() if key.endswith("weight")]
    for dtype in DTYPES:
        convert = functools.partial(torch.Tensor.to, dtype=dtype)
        t = convert(target) if target.is_floating_point() else target
        compare(function, convert(X).detach().clone().requires_grad_(), t, *map(convert, weights))
