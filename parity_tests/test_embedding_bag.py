"""`embedding_bag` and `EmbeddingBag` against PyTorch's, which has no second-order gradients."""

import itertools

import numpy as np
import pytest
import torch

import tinygrad_edu

from .bridge import LAYOUTS
from .compare import compare
from .modules import DTYPES, SIDES, check_made_alike, check_raises_alike, draw

ROWS = torch.tensor([0, 1, 2, 1, 4, 5, 1])
STARTS = [[0, 2, 2], [0], [0, 0, 7, 7], [0, 3, 5, 6]]
MODES = ("sum", "mean", "max")


def bag(library, *args, **options):
    return library.nn.functional.embedding_bag(*args, **options)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mode", MODES)
def test_bags(mode, dtype):
    weight = draw((6, 3), dtype)
    for starts, padding in itertools.product(STARTS, (None, 1, -2)):
        for last in (False, True) if starts[-1] == 7 else (False,):
            options = {"mode": mode, "padding_idx": padding, "include_last_offset": last}
            compare(
                lambda lib, w, i, s, o=options: bag(lib, i, w, s, **o),
                weight, ROWS, torch.tensor(starts), twice=False,
            )  # fmt: skip
    for layout in LAYOUTS:
        square = torch.tensor([[0, 1, 1], [5, 4, 2]], dtype=torch.int32)
        compare(
            lambda lib, w, i: bag(lib, i, w, mode=mode), weight, square, twice=False, layout=layout
        )


@pytest.mark.parametrize("dtype", DTYPES)
def test_factors(dtype):
    weight, factors = draw((6, 3), dtype), draw((7,), dtype, 1)
    for starts, padding in itertools.product(STARTS, (None, 1)):
        compare(
            lambda lib, w, f, i, s, p=padding: bag(
                lib, i, w, s, mode="sum", per_sample_weights=f, padding_idx=p
            ),
            weight, factors, ROWS, torch.tensor(starts), twice=False,
        )  # fmt: skip
    compare(
        lambda lib, w, f, i: bag(lib, i, w, mode="sum", per_sample_weights=f),
        weight, draw((2, 3), dtype), torch.tensor([[0, 1, 1], [5, 4, 2]]), twice=False,
    )  # fmt: skip


@pytest.mark.parametrize("mode", ["sum", "mean"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_gradients_scaled_by_frequency(mode, dtype):
    """Each row named twice: PyTorch takes a wrong row's count where they differ."""
    rows = torch.tensor([0, 2, 4, 2, 0, 4])
    compare(
        lambda lib, w, i, s: bag(lib, i, w, s, scale_grad_by_freq=True, mode=mode),
        draw((6, 3), dtype), rows, torch.tensor([0, 4]), twice=False,
    )  # fmt: skip


def test_frequencies_that_differ():
    """As the documentation has it, and as `embedding` does: each row by its own count."""
    weight = tinygrad_edu.ones(6, 2, requires_grad=True)
    rows = tinygrad_edu.tensor(ROWS.tolist())
    bag(
        tinygrad_edu, rows, weight, tinygrad_edu.tensor([0]), mode="sum", scale_grad_by_freq=True
    ).sum().backward()
    assert weight.grad[:, 0].tolist() == pytest.approx([1, 1, 1, 0, 1, 1])


@pytest.mark.parametrize("mode", MODES)
def test_second_order(mode):
    """PyTorch has none; ours is checked numerically."""
    tinygrad_edu.manual_seed(0)
    weight = tinygrad_edu.randn(6, 3, dtype=tinygrad_edu.float64, requires_grad=True)
    rows, starts = tinygrad_edu.tensor(ROWS.tolist()), tinygrad_edu.tensor([0, 2, 2])
    assert tinygrad_edu.autograd.gradgradcheck(
        lambda w: bag(tinygrad_edu, rows, w, starts, mode=mode) ** 2, (weight,)
    )


def test_rows_are_shortened():
    start = draw((6, 4), torch.float64).detach()
    tables = []
    for library in SIDES:
        module = library.nn.EmbeddingBag(6, 4, max_norm=1.0)
        module.weight = library.nn.Parameter(library.tensor(start.numpy()))
        module(library.tensor([[1, 1], [4, 2]]))
        tables.append(module.weight.detach().numpy())
    np.testing.assert_allclose(tables[1], tables[0], rtol=1e-15)


def test_modules():
    for arguments in ((10, 3), (4, 7, None, 2.0, False, "sum"), (5, 3, 2.0, 1.0, True, "max")):
        check_made_alike(lambda lib, a=arguments: lib.nn.EmbeddingBag(*a))
    for padding in (2, -1, 0):
        check_made_alike(lambda lib, p=padding: lib.nn.EmbeddingBag(4, 3, padding_idx=p))
    for library in SIDES:
        table = library.tensor([[1.0, 2.0], [3.0, 4.0]])
        module = library.nn.EmbeddingBag.from_pretrained(table, mode="sum")
        assert not module.weight.requires_grad
        table[0, 0] = 2  # their memory is the same
        assert module(library.tensor([[0, 1], [1, 1]])).tolist() == [[5.0, 6.0], [6.0, 8.0]]
        assert library.nn.EmbeddingBag.from_pretrained(table, False).weight.requires_grad
    for wrong in ({"padding_idx": 5}, {"padding_idx": -6}, {"_weight": 1}):

        def make(library, wrong=wrong):
            given = {"_weight": library.ones(2, 2)} if "_weight" in wrong else wrong
            return library.nn.EmbeddingBag(5, 3, **given)

        check_raises_alike(make)
    check_raises_alike(lambda lib: lib.nn.EmbeddingBag.from_pretrained(lib.ones(3)))


WRONG = [
    {"offsets": None}, {"input": [[1, 2]]}, {"input": [[[1, 2]]]}, {"input": [6]},
    {"input": [-1]}, {"input": [1.5]}, {"offsets": [1]}, {"offsets": [0, 3]}, {"offsets": [[0]]},
    {"offsets": [], "include_last_offset": True}, {"padding_idx": 6}, {"padding_idx": -7},
    {"mode": "x"}, {"mode": "max", "scale_grad_by_freq": True}, {"mode": "max", "sparse": True},
    {"mode": "mean", "per_sample_weights": [1.0, 1.0]}, {"per_sample_weights": [1.0]},
    {"mode": "sum", "per_sample_weights": "double"}, {"weight": (6,)}, {"weight": "long"},
    {"input": "empty rows", "offsets": None},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_errors(wrong):
    def call(library):
        given = {"input": [1, 2], "offsets": [0], "weight": (6, 3)} | wrong
        numbers, shape = given.pop("input"), given.pop("weight")
        weight = library.ones((6, 3) if shape == "long" else shape)
        weight = weight.long() if shape == "long" else weight
        empty = library.ones(2, 0).long()
        rows = empty if numbers == "empty rows" else library.tensor(numbers)
        for name in ("offsets", "per_sample_weights"):
            if given.get(name) == "double":
                given[name] = library.ones(2).double()
            elif given.get(name) is not None:
                given[name] = library.tensor(given[name])
        if given["offsets"] is not None:
            given["offsets"] = given["offsets"].long()
        return bag(library, rows, weight, **given)

    check_raises_alike(call)
    with pytest.raises(NotImplementedError, match="sparse"):
        bag(tinygrad_edu, tinygrad_edu.tensor([[1]]), tinygrad_edu.ones(2, 2), sparse=True)


def test_the_old_order_of_arguments_warns():
    for library in SIDES:
        with pytest.warns(UserWarning, match="rgument order"):
            result = bag(library, library.ones(3, 2), library.tensor([[0, 1]]))
        assert result.tolist() == [[1.0, 1.0]]
