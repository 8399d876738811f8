"""`ctc_loss` against PyTorch's, which has no second-order gradient of it, and its definition."""

import itertools

import pytest
import torch

import tinygrad_edu

from .bridge import LAYOUTS
from .compare import compare
from .modules import DTYPES, check_made_alike, check_raises_alike, draw

TARGETS = torch.tensor([[1, 3, 3], [3, 1, 1], [4, 4, 4]])
TIMES = [[8, 7, 6], [8, 2, 4], [0, 8, 1]]  # some too few for their labels
LENGTHS = [[3, 2, 3], [0, 2, 1]]


def loss(library, x, targets, *options, **more):
    return library.nn.functional.ctc_loss(library.log_softmax(x, -1), targets, *options, **more)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_and_gradients(reduction, dtype):
    x = draw((8, 3, 5), dtype)
    for times, lengths, blank, zero in itertools.product(TIMES, LENGTHS, (0, 2), (True, False)):
        compare(
            lambda lib, x, t, o=(times, lengths, blank, reduction, zero): loss(lib, x, t, *o),
            x, TARGETS, twice=False,
        )  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory(layout):
    options = [8, 7, 6], [3, 2, 1], 0, "none"
    for dtype in DTYPES:
        compare(
            lambda lib, x, t: loss(lib, x, t, *options),
            draw((8, 3, 5), dtype), TARGETS, twice=False, layout=layout,
        )  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
def test_other_forms_of_the_arguments(dtype):
    x = draw((8, 3, 5), dtype)
    joined = torch.tensor([1, 3, 3, 3, 1, 4])

    def tensors(library, x, targets):
        lengths = library.tensor([8, 7, 6]), library.tensor([3, 2, 1], dtype=library.int32)
        return loss(library, x, targets, *lengths)

    compare(tensors, x, joined, twice=False)
    compare(tensors, x, TARGETS.int(), twice=False)
    compare(lambda lib, x, t: loss(lib, x, t, (8, 7, 6), (3, 2, 1)), x, joined, twice=False)
    for reduction in ("mean", "none"):
        compare(
            lambda lib, x, t, r=reduction: loss(lib, x[:, 0], t[0], [8], [3], reduction=r),
            x, TARGETS, twice=False,
        )  # fmt: skip
        compare(
            lambda lib, x, t, r=reduction: loss(
                lib, x[:, 0], t[0], lib.tensor(8), lib.tensor(3), reduction=r
            ),
            x, TARGETS, twice=False,
        )  # fmt: skip


def test_of_what_is_impossible_the_gradient_is_pytorchs():
    x = torch.full((3, 1, 3), -float("inf"), dtype=torch.float64)
    x[:, :, 0] = 0  # only blanks are possible
    x.requires_grad_()
    for zero in (True, False):
        compare(
            lambda lib, x, z=zero: lib.nn.functional.ctc_loss(
                x, lib.tensor([[1]]), [3], [1], zero_infinity=z
            ),
            x, twice=False,
        )  # fmt: skip


def test_the_gradient_has_no_gradient():
    def twice(library):
        x = library.ones(4, 1, 3, requires_grad=True)
        value = loss(library, x, library.tensor([[1, 2]]), [4], [2])
        (gradient,) = library.autograd.grad(value, x, create_graph=True)
        return library.autograd.grad(gradient.sum(), x)

    check_raises_alike(twice)


def test_the_module():
    check_made_alike(lambda lib: lib.nn.CTCLoss())
    check_made_alike(lambda lib: lib.nn.CTCLoss(1, "none", True))
    compare(
        lambda lib, x, t: lib.nn.CTCLoss(2, "sum", True)(x.log_softmax(2), t, [8, 2, 6], [3, 2, 3]),
        draw((8, 3, 5), torch.float64), TARGETS, twice=False,
    )  # fmt: skip


WRONG = [
    {"input_lengths": [9, 7, 6]}, {"input_lengths": [8, 7]}, {"input_lengths": [8, 7, -1]},
    {"input_lengths": 8}, {"input_lengths": "tensor"}, {"target_lengths": [4, 2, 1]},
    {"target_lengths": [3, 2]},
    {"target_lengths": [3, -2, 1]}, {"blank": 5}, {"blank": -1}, {"reduction": "x"},
    {"target": (2, 3)}, {"target": (1, 3, 3)}, {"target": (5,)}, {"input": (8,)},
    {"input": (0, 3, 5)}, {"input": (8, 3, 0)}, {"dtype": "int64"}, {"dtype": "float16"},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_errors(wrong):
    def call(library):
        given = {"input": (8, 3, 5), "target": (3, 3), "dtype": "float32"} | wrong
        x = library.zeros(given.pop("input"), dtype=getattr(library, given.pop("dtype")))
        t = library.ones(given.pop("target"), dtype=library.int64)
        options = {"input_lengths": [8, 7, 6], "target_lengths": [3, 2, 3]} | given
        if options["input_lengths"] == "tensor":  # and the others in a list
            options["input_lengths"] = library.tensor([8, 7, 6])
        return library.nn.functional.ctc_loss(x, t, **options)

    check_raises_alike(call)


def test_lengths_must_be_integers():
    for name in ("input_lengths", "target_lengths"):

        def call(library, name=name):
            lengths = {"input_lengths": library.tensor([2]), "target_lengths": library.tensor([1])}
            lengths[name] = lengths[name].float()
            targets = library.ones(1, 1, dtype=library.int64)
            return library.nn.functional.ctc_loss(library.zeros(2, 1, 3), targets, **lengths)

        check_raises_alike(call)


def test_the_loss_is_the_sum_over_all_paths():
    """By its definition: every path of five times that spells the two labels."""
    x = tinygrad_edu.randn(5, 1, 3).log_softmax(2)
    likely = 0.0
    for path in itertools.product(range(3), repeat=5):
        spelt = [label for label, _ in itertools.groupby(path) if label != 0]
        if spelt == [2, 1]:
            likely += sum(x[t, 0, label] for t, label in enumerate(path)).exp().item()
    value = tinygrad_edu.nn.functional.ctc_loss(
        x, tinygrad_edu.tensor([[2, 1]]), [5], [2], reduction="sum"
    )
    assert value.exp().item() * likely == pytest.approx(1, rel=1e-5)
